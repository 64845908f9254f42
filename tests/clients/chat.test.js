import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { statsOf } from './processes.js';
import { behave, chat, startAll } from './setup.js';

const aDay = '1440m';
let all;
before(async () => (all = await startAll()));
after(() => all?.stop());

const textOf = async (prompt) => (await all.client.chat.completions.create(chat(prompt))).choices[0].message.content;

test('a chat completion comes whole', async () => {
  const answer = await all.client.chat.completions.create(chat('say something'), behave({ tokens: 5 }));
  assert.equal(answer.object, 'chat.completion');
  assert.equal(answer.model, 'mock-1');
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.equal(answer.choices[0].message.content.split(' ').length, 5);
  assert.deepEqual(answer.usage, { prompt_tokens: 2, completion_tokens: 5, total_tokens: 7 });
});

test("the backend's request id reaches the client", async () => {
  const answer = await all.client.chat.completions.create(chat('x'));
  assert.match(answer._request_id, /^req_[0-9a-f]{16}$/);
});

test('a stream brings the same text in pieces, then its usage', async () => {
  const stream = await all.client.chat.completions.create(
    chat('tell a story', { stream: true, stream_options: { include_usage: true } }),
  );
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  assert.equal(chunks[0].choices[0].delta.role, 'assistant');
  const usage = chunks.pop();
  assert.deepEqual(usage.choices, []);
  assert.equal(usage.usage.completion_tokens, 16);
  assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
  const pieces = chunks.map((chunk) => chunk.choices[0].delta.content ?? '');
  assert.equal(pieces.filter((piece) => piece !== '').length, 16);
  assert.equal(pieces.join(''), await textOf('tell a story'));
});

test('a token arrives while the next one is still far away', { timeout: 30_000 }, async () => {
  const before = await statsOf(all.mock);
  const stream = await all.client.chat.completions.create(
    chat('slowly', { stream: true }),
    behave({ 'token-interval': aDay }),
  );
  let text = '';
  for await (const chunk of stream) {
    text += chunk.choices[0].delta.content ?? '';
    if (text === '') continue;
    const now = await statsOf(all.mock);
    assert.equal(now.tokens, before.tokens + 1, 'the backend has sent this token and no other');
    assert.equal(now.streams_completed, before.streams_completed);
    break;
  }
  assert.equal(text, (await textOf('slowly')).split(' ')[0]);
});

test('text completions stream, too', async () => {
  const call = { model: 'mock-1', prompt: 'once upon a time' };
  const whole = await all.client.completions.create(call);
  let text = '';
  for await (const chunk of await all.client.completions.create({ ...call, stream: true })) {
    text += chunk.choices[0].text;
  }
  assert.equal(text, whole.choices[0].text);
});

test('a response comes whole and as events', async () => {
  const call = { model: 'mock-1', input: 'hello' };
  const whole = await all.client.responses.create(call);
  assert.equal(whole.status, 'completed');
  const types = [];
  let text = '';
  for await (const event of await all.client.responses.create({ ...call, stream: true })) {
    types.push(event.type);
    if (event.type === 'response.output_text.delta') text += event.delta;
  }
  assert.equal(text, whole.output_text);
  assert.equal(types[0], 'response.created');
  assert.equal(types.at(-1), 'response.completed');
});

test('fifty streams at once each get their own text', { timeout: 60_000 }, async () => {
  const streamed = async (prompt) => {
    const stream = await all.client.chat.completions.create(
      chat(prompt, { stream: true }),
      behave({ 'token-interval': '5ms' }),
    );
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0].delta.content ?? '';
    return text;
  };
  const prompts = Array.from({ length: 50 }, (_, i) => `prompt ${i}`);
  const texts = await Promise.all(prompts.map(streamed));
  assert.equal(new Set(texts).size, 50);
  for (const [i, prompt] of prompts.entries()) assert.equal(texts[i], await textOf(prompt));
});
