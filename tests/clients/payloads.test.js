// Bodies that are no chat: vectors, files, lists.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';

import { startAll } from './setup.js';

let all;
before(async () => (all = await startAll()));
after(() => all?.stop());

test('embeddings arrive in base64, as the client asks by itself, and mean the same numbers', async () => {
  const call = { model: 'mock-1', input: ['one', 'two words'], dimensions: 8 };
  const packed = await all.client.embeddings.create(call);
  const plain = await all.client.embeddings.create({ ...call, encoding_format: 'float' });
  assert.equal(packed.data.length, 2);
  assert.equal(packed.usage.prompt_tokens, 3);
  for (const i of [0, 1]) {
    assert.equal(packed.data[i].embedding.length, 8);
    assert.deepEqual(Array.from(new Float32Array(plain.data[i].embedding)), Array.from(packed.data[i].embedding));
  }
});

test('a transcription brings its file to the backend that its model names', async () => {
  const file = await OpenAI.toFile(Buffer.alloc(300_000, 7), 'speech.wav');
  const answer = await all.client.audio.transcriptions.create({ file, model: 'mock-1' });
  assert.match(answer.text, /^speech\.wav, 300000 bytes: /);
});

test('a transcription may answer as plain text', async () => {
  const file = await OpenAI.toFile(Buffer.from('abc'), 'a.mp3');
  const answer = await all.client.audio.transcriptions.create({ file, model: 'mock-1', response_format: 'text' });
  assert.match(answer, /^a\.mp3, 3 bytes: /);
});

test('a file is uploaded whole', async () => {
  const file = await OpenAI.toFile(Buffer.alloc(5_000_000, 'x'), 'input.jsonl');
  const answer = await all.client.files.create({ file, purpose: 'batch' });
  assert.equal(answer.bytes, 5_000_000);
  assert.equal(answer.filename, 'input.jsonl');
  assert.equal(answer.purpose, 'batch');
});

test('models are listed and found', async () => {
  const names = [];
  for await (const model of all.client.models.list()) names.push(model.id);
  assert.deepEqual(names, ['mock-1', 'late-1']);
  assert.equal((await all.client.models.retrieve('mock-1')).id, 'mock-1');
});
