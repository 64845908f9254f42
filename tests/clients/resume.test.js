import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startGateway, startMock } from './processes.js';
import { chat, clientOf } from './setup.js';

const question = chat('tell me', { stream: true, stream_options: { include_usage: true } });
let mock;
let gateway;

// cut: as a server that breaks off in mid-stream; it is continued by whole.
before(async () => {
  mock = await startMock();
  const resume = 'continue_final_message';
  gateway = await startGateway({
    backends: {
      cut: { endpoints: [mock.url], resume, headers: { 'x-mock-cut-after': '5' } },
      stalled: { endpoints: [mock.url], resume, headers: { 'x-mock-stall-after': '5' }, timeouts: { idle: '200ms' } },
      whole: { endpoints: [mock.url], resume },
    },
    routes: ['cut', 'stalled', 'whole'].map((backend) => ({
      match: { path: '/v1/*', headers: { 'x-ask': backend } },
      to: [{ backend }],
      fallback: [{ backend: 'whole' }],
      retry: { attempts: 0 },
      resume: { attempts: 1 },
    })),
  });
});
after(async () => {
  await gateway?.stop();
  await mock?.stop();
});

/** What the client makes of the stream, as one answer. */
async function answerOf(backend) {
  const stream = clientOf(gateway).chat.completions.stream(question, { headers: { 'x-ask': backend } });
  const whole = await stream.finalChatCompletion();
  const { id, created, ...rest } = whole;
  return { ...rest, usage: await stream.totalUsage() };
}

for (const backend of ['cut', 'stalled']) {
  test(`a stream whose server is ${backend} is one answer`, { timeout: 30_000 }, async () => {
    assert.deepEqual(await answerOf(backend), await answerOf('whole'));
  });
}

test('every chunk of a continued stream is of one answer', { timeout: 30_000 }, async () => {
  const ids = new Set();
  const stream = await clientOf(gateway).chat.completions.create(question, { headers: { 'x-ask': 'cut' } });
  for await (const chunk of stream) ids.add(chunk.id);
  assert.equal(ids.size, 1);
});
