// What goes wrong reaches the client as the exception it should be.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';

import { eventually } from './processes.js';
import { behave, chat, clientOf, startAll } from './setup.js';

let all;
before(async () => (all = await startAll({ body_bytes: '64KiB' })));
after(() => all?.stop());

/** The exception of a call that has to fail. */
async function failureOf(call) {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'the call did not fail' });
}

describe("a backend's error passes as it is", () => {
  const rows = [
    [400, OpenAI.BadRequestError, null],
    [401, OpenAI.AuthenticationError, 'invalid_api_key'],
    [403, OpenAI.PermissionDeniedError, null],
    [404, OpenAI.NotFoundError, 'model_not_found'],
    [422, OpenAI.UnprocessableEntityError, null],
    [429, OpenAI.RateLimitError, 'rate_limit_exceeded'],
    [500, OpenAI.InternalServerError, null],
    [503, OpenAI.InternalServerError, 'slow_down'],
  ];
  for (const [status, type, code] of rows) {
    for (const stream of [false, true]) {
      test(`${status}${stream ? ' to a stream' : ''}`, async () => {
        const error = await failureOf(all.client.chat.completions.create(chat('x', { stream }), behave({ status })));
        assert.ok(error instanceof type, `${error}`);
        assert.equal(error.status, status);
        assert.equal(error.code, code);
        assert.match(error.message, /The mock was told to answer so/);
        assert.match(error.requestID, /^req_[0-9a-f]{16}$/);
        assert.equal(error.headers.get('x-inferway-error'), null);
      });
    }
  }
});

describe("the gateway's own error says what is wrong", () => {
  const rows = [
    ['an unknown model', chat('x', { model: 'nobody' }), 404, OpenAI.NotFoundError, 'model_not_found'],
    ['a backend that is down', chat('x', { model: 'down-1' }), 502, OpenAI.InternalServerError, 'connect_failed'],
    ['a body over the limit', chat('x'.repeat(70_000)), 413, OpenAI.APIError, 'body_too_large'],
  ];
  for (const [name, call, status, type, code] of rows) {
    test(name, async () => {
      const error = await failureOf(all.client.chat.completions.create(call));
      assert.ok(error instanceof type, `${error}`);
      assert.equal(error.status, status);
      assert.equal(error.code, code);
      assert.equal(error.headers.get('x-inferway-error'), code);
      assert.ok(error.requestID);
    });
  }

  test('a backend that does not answer in time', async () => {
    const call = all.client.chat.completions.create(chat('x', { model: 'late-1' }), behave({ 'first-token': '1440m' }));
    const error = await failureOf(call);
    assert.ok(error instanceof OpenAI.InternalServerError, `${error}`);
    assert.equal(error.status, 504);
    assert.equal(error.code, 'first_byte_timeout');
  });

  test('a gateway that is full', async () => {
    const full = await startAll({ connections: 1 });
    const first = connect({ host: '127.0.0.1', port: new URL(full.gateway.url).port });
    await eventually(async () => {
      const metrics = await (await fetch(`${full.gateway.adminUrl}/metrics`)).text();
      return /^inferway_client_connections 1$/m.test(metrics);
    });
    const error = await failureOf(full.client.chat.completions.create(chat('x')));
    first.destroy();
    await full.stop();
    assert.ok(error instanceof OpenAI.InternalServerError, `${error}`);
    assert.equal(error.status, 503);
    assert.equal(error.code, 'overloaded');
    assert.ok(Number(error.headers.get('retry-after')) >= 1);
  });

  test('a path that no route has', async () => {
    const error = await failureOf(clientOf(all.gateway, { baseURL: `${all.gateway.url}/v2` }).models.list());
    assert.ok(error instanceof OpenAI.NotFoundError, `${error}`);
    assert.equal(error.code, 'route_not_found');
  });

  test('a body that is no JSON', async () => {
    const answer = await fetch(`${all.gateway.url}/v1/chat/completions`, { method: 'POST', body: '{"model":"mock-1"' });
    const error = OpenAI.APIError.generate(answer.status, await answer.json(), undefined, answer.headers);
    assert.ok(error instanceof OpenAI.BadRequestError, `${error}`);
    assert.equal(error.code, 'invalid_json');
  });
});

describe('a stream that breaks is an exception, never a short answer', () => {
  /** The pieces that came before the exception, and the exception. */
  async function brokenStream(call, behaviour) {
    const stream = await all.client.chat.completions.create({ ...call, stream: true }, behave(behaviour));
    const pieces = [];
    const error = await failureOf(
      (async () => {
        for await (const chunk of stream) pieces.push(chunk.choices[0].delta.content ?? '');
      })(),
    );
    return { pieces: pieces.filter((piece) => piece !== ''), error };
  }

  test('cut by the backend', async () => {
    const { pieces, error } = await brokenStream(chat('x'), { 'cut-after': 3 });
    assert.equal(pieces.length, 3);
    assert.ok(error instanceof OpenAI.APIError, `${error}`);
    assert.equal(error.code, 'upstream_closed');
  });

  test('stalled', async () => {
    const { pieces, error } = await brokenStream(chat('x', { model: 'late-1' }), { 'token-interval': '1440m' });
    assert.equal(pieces.length, 1);
    assert.ok(error instanceof OpenAI.APIError, `${error}`);
    assert.equal(error.code, 'idle_timeout');
  });

  test('a whole answer that is cut', async () => {
    const error = await failureOf(all.client.chat.completions.create(chat('x'), behave({ 'cut-after': 1 })));
    assert.ok(error instanceof Error);
  });
});
