// WebSockets between the `ws` package's client and its server, through the gateway.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';

import { startGateway } from './processes.js';

const options = { timeout: 30_000 };
let server, gateway;

before(async () => {
  server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    maxPayload: 64 << 20,
    perMessageDeflate: { threshold: 0 },
    handleProtocols: (offered) => (offered.has('realtime') ? 'realtime' : false),
  });
  await once(server, 'listening');
  gateway = await startGateway({
    backends: { main: { endpoints: [`http://127.0.0.1:${server.address().port}`] } },
    routes: [{ match: { path: '/*' }, to: [{ backend: 'main' }] }],
  });
});

after(async () => {
  await gateway?.stop();
  server?.close();
});

/** A client's socket and the server's, open, and the request that the server saw. */
async function connect({ protocols = [], ...more } = {}) {
  const accepted = once(server, 'connection');
  const client = new WebSocket(`${gateway.url.replace('http', 'ws')}/v1/realtime?model=m`, protocols, more);
  const [[backend, request]] = await Promise.all([accepted, once(client, 'open')]);
  return { client, backend, request };
}

/** What `socket` receives next. */
async function message(socket) {
  const [data, binary] = await once(socket, 'message');
  return binary ? data : data.toString();
}

async function closed(socket) {
  const [code, reason] = await once(socket, 'close');
  return [code, reason.toString()];
}

test('messages pass both ways, of every kind', options, async () => {
  const { client, backend } = await connect();
  client.send('héllo');
  assert.equal(await message(backend), 'héllo');
  backend.send(Buffer.from([0, 255, 1]));
  assert.deepEqual(await message(client), Buffer.from([0, 255, 1]));
  client.send('');
  assert.equal(await message(backend), '');
  backend.send('frag', { fin: false });
  backend.ping('between'); // a control frame between two fragments
  backend.send('ments', { fin: true });
  const [[said], [pong]] = await Promise.all([once(client, 'message'), once(backend, 'pong')]);
  assert.deepEqual([said.toString(), pong.toString()], ['fragments', 'between']);
  client.close();
  await closed(client);
});

test('large messages pass both ways at once, compressed or not', options, async () => {
  for (const perMessageDeflate of [true, false]) {
    const { client, backend } = await connect({ perMessageDeflate, maxPayload: 64 << 20 });
    assert.equal(client.extensions.startsWith('permessage-deflate'), perMessageDeflate);
    assert.equal(backend.extensions, client.extensions);
    const text = 'the same again. '.repeat(1 << 19); // 8 MiB
    const bytes = randomBytes(15 << 20);
    client.send(text);
    backend.send(bytes);
    client.send(bytes);
    backend.send(text);
    const digest = (data) => createHash('sha256').update(data).digest('hex');
    const received = (socket) =>
      new Promise((resolve) => {
        const all = [];
        socket.on('message', (data) => all.push(digest(data)) === 2 && resolve(all));
      });
    const [down, up] = await Promise.all([received(client), received(backend)]);
    assert.deepEqual(up, [digest(text), digest(bytes)]);
    assert.deepEqual(down, [digest(bytes), digest(text)]);
    client.terminate();
    await closed(backend);
  }
});

test('close codes and reasons pass both ways', options, async () => {
  for (const [code, reason] of [
    [1000, ''],
    [1011, 'broken'],
    [3000, 'session expired'],
    [4999, 'ü'],
  ]) {
    let { client, backend } = await connect();
    client.close(code, reason);
    assert.deepEqual(await Promise.all([closed(backend), closed(client)]), Array(2).fill([code, reason]));
    ({ client, backend } = await connect());
    backend.close(code, reason);
    assert.deepEqual(await Promise.all([closed(backend), closed(client)]), Array(2).fill([code, reason]));
  }
});

test('a side that breaks off breaks the other one off', options, async () => {
  let { client, backend } = await connect();
  client.terminate();
  assert.deepEqual(await closed(backend), [1006, '']);
  ({ client, backend } = await connect());
  client.on('error', () => {}); // a reset
  backend.terminate();
  assert.deepEqual(await closed(client), [1006, '']);
});

test("subprotocols pass in order, without the caller's key", options, async () => {
  const { client, request } = await connect({
    protocols: ['other', 'realtime', 'openai-insecure-api-key.sk-callers', 'openai-project.p'],
  });
  assert.equal(request.headers['sec-websocket-protocol'], 'other, realtime, openai-project.p');
  assert.equal(client.protocol, 'realtime');
  client.close();
  await closed(client);
});

test('a refusal is seen as one', options, async () => {
  const refusing = new WebSocket(`${gateway.url.replace('http', 'ws')}/x`, { protocolVersion: 8 });
  refusing.on('error', () => {});
  const [, response] = await once(refusing, 'unexpected-response');
  assert.equal(response.statusCode, 426);
  assert.equal(response.headers['sec-websocket-version'], '13');
  response.resume();
});

test('the end of the gateway is said to both sides', options, async () => {
  const ending = await startGateway({
    timeouts: { drain: '200ms' },
    backends: { main: { endpoints: [`http://127.0.0.1:${server.address().port}`] } },
    routes: [{ match: { path: '/*' }, to: [{ backend: 'main' }] }],
  });
  const accepted = once(server, 'connection');
  const client = new WebSocket(ending.url.replace('http', 'ws'));
  const [[backend]] = await Promise.all([accepted, once(client, 'open')]);
  const ends = Promise.all([closed(client), closed(backend)]);
  await ending.stop();
  assert.deepEqual(await ends, [
    [1001, ''],
    [1001, ''],
  ]);
});
