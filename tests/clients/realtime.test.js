// The official client's Realtime session, through the gateway, to the mock.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { WebSocket } from 'ws';

import { eventually, statsOf } from './processes.js';
import { startAll } from './setup.js';

const options = { timeout: 30_000 };
let all;
before(async () => (all = await startAll()));
after(() => all?.stop());

/** A session; `next(type)` is its next event, which must be of that type. */
async function open({ model = 'mock-1', headers = {} } = {}) {
  // The client always wants TLS; without it on the gateway, its connection is replaced by a plain one.
  const plain = { createConnection: (to) => net.connect({ host: to.host, port: to.port }) };
  const connection = all.gateway.url.startsWith('https:') ? {} : plain;
  const session = new OpenAIRealtimeWS({ model, options: { ...connection, headers } }, all.client);
  const events = [];
  let arrived = () => {};
  session.on('event', (event) => {
    events.push(event);
    arrived();
  });
  session.errors = [];
  session.on('error', (error) => session.errors.push(error));
  session.next = async (type) => {
    while (events.length === 0) await new Promise((resolve) => (arrived = resolve));
    const event = events.shift();
    assert.equal(event.type, type);
    assert.ok(event.event_id);
    return event;
  };
  await once(session.socket, 'open');
  return session;
}

const hello = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Say hello' }] };

/** Has the session answer, and returns its text and the response. */
async function respond(session) {
  session.send({ type: 'response.create' });
  const { response } = await session.next('response.created');
  assert.equal(response.status, 'in_progress');
  await session.next('response.output_item.added');
  await session.next('response.content_part.added');
  let text = '';
  for (let i = 0; i < 16; ++i) text += (await session.next('response.output_text.delta')).delta;
  assert.equal((await session.next('response.output_text.done')).text, text);
  await session.next('response.content_part.done');
  await session.next('response.output_item.done');
  const done = await session.next('response.done');
  assert.equal(done.response.id, response.id);
  return { text, response: done.response };
}

test('a session is opened, changed, talked in and closed', options, async () => {
  const session = await open();
  const { session: created } = await session.next('session.created');
  assert.equal(created.model, 'mock-1');
  session.send({ type: 'session.update', session: { type: 'realtime', instructions: 'Be brief' } });
  assert.equal((await session.next('session.updated')).session.instructions, 'Be brief');
  session.send({ type: 'conversation.item.create', item: hello });
  const { item } = await session.next('conversation.item.added');
  await session.next('conversation.item.done');
  assert.deepEqual(item.content, hello.content);
  const first = await respond(session);
  assert.equal(first.response.status, 'completed');
  assert.equal(first.response.usage.output_tokens, 16);
  assert.equal(first.response.usage.input_tokens, 4);
  assert.notEqual((await respond(session)).text, first.text, 'the answer is a part of the conversation');
  session.close({ code: 4000, reason: 'bye' });
  assert.equal((await once(session.socket, 'close'))[0], 4000);
  assert.deepEqual(session.errors, []);
});

test('an error leaves the session open', options, async () => {
  const session = await open();
  await session.next('session.created');
  session.send({ type: 'no.such.event', event_id: 'mine' });
  const { error } = await session.next('error');
  assert.deepEqual([error.type, error.code, error.event_id], ['invalid_request_error', 'invalid_value', 'mine']);
  assert.equal(session.errors.length, 1);
  await respond(session);
  session.close();
});

test('audio of many MiB is taken', options, async () => {
  const session = await open();
  await session.next('session.created');
  session.send({ type: 'input_audio_buffer.append', audio: 'A'.repeat(15 << 20) });
  session.send({ type: 'input_audio_buffer.commit' });
  await session.next('input_audio_buffer.committed');
  const { item } = await session.next('conversation.item.added');
  assert.match(item.content[0].transcript, /^15728640 bytes/);
  session.close();
});

test('a session that is left in the middle of a response ends at the backend', options, async () => {
  const before = await statsOf(all.mock);
  const session = await open({ headers: { 'x-mock-token-interval': '1440m' } });
  await session.next('session.created');
  session.send({ type: 'response.create' });
  await session.next('response.created');
  session.socket.terminate();
  await eventually(async () => (await statsOf(all.mock)).cancelled === before.cancelled + 1);
});

test('a browser sends its key as a subprotocol', options, async () => {
  const browser = new WebSocket(`${all.gateway.url.replace('http', 'ws')}/v1/realtime?model=mock-1`, [
    'realtime',
    'openai-insecure-api-key.sk-callers',
    'openai-organization.o',
  ]);
  const [data] = await once(browser, 'message');
  assert.equal(JSON.parse(data).type, 'session.created');
  assert.equal(browser.protocol, 'realtime');
  browser.close();
  await once(browser, 'close');
});

test('what is refused is an ordinary answer', options, async () => {
  for (const [model, headers, status, code] of [
    ['nobody', {}, 404, 'model_not_found'], // by the gateway
    ['mock-2', {}, 404, 'model_not_found'], // by the mock
    ['mock-1', { 'x-mock-status': '429' }, 429, 'rate_limit_exceeded'],
    ['down-1', {}, 502, 'connect_failed'],
  ]) {
    const url = `${all.gateway.url.replace('http', 'ws')}/v1/realtime?model=${model}`;
    const refused = new WebSocket(url, { headers });
    refused.on('error', () => {});
    const [, response] = await once(refused, 'unexpected-response');
    const body = (await response.toArray()).join('');
    assert.deepEqual([response.statusCode, JSON.parse(body).error.code], [status, code]);
  }
});
