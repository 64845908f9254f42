// Callers' keys and the list of models, as the official clients of two providers see them.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

import { startGateway, startMock } from './processes.js';
import { chat } from './setup.js';

const key = (name, secret, more = {}) => ({
  name,
  sha256: createHash('sha256').update(secret).digest('hex'),
  ...more,
});
const names = ['org/chat:1.5', 'mock-1', ...Array.from({ length: 30 }, (_, i) => `more-${i}`)];

let mock, gateway;
before(async () => {
  mock = await startMock('--model', 'mock-1');
  const route = (path, model) => ({ match: { path, model }, to: [{ backend: 'mock' }], retry: { attempts: 0 } });
  gateway = await startGateway({
    backends: { mock: { endpoints: [mock.url] } },
    routes: [
      ...names.map((name) => route('/v1/chat/completions', name)),
      route('/v1/chat/completions', 'any-*'),
      route('/v1/messages', 'mock-1'),
    ],
    keys: {
      required: true,
      static: [
        key('all', 'sk-all'),
        key('one', 'sk-one', { models: ['org/*'] }),
        key('slow', 'sk-slow', { rpm: 1 }),
      ],
    },
  });
});
after(async () => {
  await gateway?.stop();
  await mock?.stop();
});

const openai = (apiKey) => new OpenAI({ apiKey, baseURL: `${gateway.url}/v1`, maxRetries: 0 });
const anthropic = (apiKey, more = {}) => new Anthropic({ apiKey, authToken: null, baseURL: gateway.url, maxRetries: 0, ...more });
const message = { model: 'mock-1', max_tokens: 5, messages: [{ role: 'user', content: 'x' }] };

/** The names that a client's list has, page by page. */
async function listed(client) {
  const found = [];
  for await (const model of client.models.list()) found.push(model.id);
  return found;
}

/** The exception of a call that has to fail. */
async function failureOf(call) {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'the call did not fail' });
}

describe('the list of models', () => {
  test('openai', async () => {
    assert.deepEqual(await listed(openai('sk-all')), names);
    assert.deepEqual(await listed(openai('sk-one')), ['org/chat:1.5']);
    const model = await openai('sk-all').models.retrieve('org/chat:1.5');
    assert.deepEqual({ ...model, created: 0 }, { id: 'org/chat:1.5', object: 'model', created: 0, owned_by: 'inferway' });
  });

  test('anthropic, in pages', async () => {
    assert.deepEqual(await listed(anthropic('sk-all')), names);
    assert.deepEqual(await listed(anthropic('sk-one')), ['org/chat:1.5']);
    const last = await anthropic('sk-all').models.list({ limit: 2, before_id: 'more-2' });
    assert.deepEqual(last.data.map((model) => model.id), ['more-0', 'more-1']);
    const model = await anthropic('sk-all').models.retrieve('org/chat:1.5');
    assert.deepEqual([model.type, model.id, model.display_name], ['model', 'org/chat:1.5', 'org/chat:1.5']);
    assert.ok(!Number.isNaN(Date.parse(model.created_at)));
  });

  test('anthropic with a bearer token', async () => {
    assert.deepEqual(await listed(anthropic(null, { authToken: 'sk-one' })), ['org/chat:1.5']);
  });
});

describe('a refusal is the exception it should be', () => {
  test('a key that is not known', async () => {
    const rows = [
      [OpenAI.AuthenticationError, () => openai('sk-other').chat.completions.create(chat('x'))],
      [OpenAI.AuthenticationError, () => openai('sk-other').models.list()],
      [Anthropic.AuthenticationError, () => anthropic('sk-other').messages.create(message)],
      [Anthropic.AuthenticationError, () => anthropic('sk-other').models.list()],
    ];
    for (const [type, call] of rows) {
      const error = await failureOf(call());
      assert.ok(error instanceof type, `${error}`);
      assert.equal(error.headers.get('x-inferway-error'), 'invalid_api_key');
    }
  });

  test('a model that the key may not use', async () => {
    const asOpenAi = await failureOf(openai('sk-one').chat.completions.create(chat('x')));
    assert.ok(asOpenAi instanceof OpenAI.PermissionDeniedError, `${asOpenAi}`);
    assert.deepEqual([asOpenAi.code, asOpenAi.param], ['model_not_allowed', 'model']);
    const asAnthropic = await failureOf(anthropic('sk-one').messages.create(message));
    assert.ok(asAnthropic instanceof Anthropic.PermissionDeniedError, `${asAnthropic}`);
    assert.equal(asAnthropic.error.error.type, 'permission_error');
  });

  test('a model that is not there, or not for this key', async () => {
    for (const [client, type] of [[openai, OpenAI.NotFoundError], [anthropic, Anthropic.NotFoundError]]) {
      for (const [secret, name] of [['sk-all', 'nobody'], ['sk-one', 'mock-1']]) {
        const error = await failureOf(client(secret).models.retrieve(name));
        assert.ok(error instanceof type, `${error}`);
      }
    }
  });

  test('too many requests', async () => {
    assert.equal((await openai('sk-slow').chat.completions.create(chat('x'))).object, 'chat.completion');
    const rows = [
      [OpenAI.RateLimitError, () => openai('sk-slow').chat.completions.create(chat('x'))],
      [OpenAI.RateLimitError, () => openai('sk-slow').chat.completions.create(chat('x', { stream: true }))],
      [Anthropic.RateLimitError, () => anthropic('sk-slow').messages.create(message)],
    ];
    for (const [type, call] of rows) {
      const error = await failureOf(call());
      assert.ok(error instanceof type, `${error}`);
      assert.ok(Number(error.headers.get('retry-after')) >= 1);
      assert.equal(error.headers.get('x-ratelimit-limit-requests'), '1');
    }
  });

  test('what never reached a backend never asked it', async () => {
    const log = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    assert.match(log, /inferway_errors_total\{code="rate_limit_exceeded"\} 3\n/);
  });
});
