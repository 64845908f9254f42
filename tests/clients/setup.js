// What most checks start from: a mock, a gateway before it, and the official client on the gateway.

import { File } from 'node:buffer';
import OpenAI from 'openai';

import { closedAddress, startGateway, startMock } from './processes.js';

globalThis.File ??= File; // Node 18, which Debian 12 has, lacks it

/** Every answer is final: the client does not try again, so that a check sees what came first. */
export function clientOf(gateway, options = {}) {
  return new OpenAI({ apiKey: 'a-client-key', baseURL: `${gateway.url}/v1`, maxRetries: 0, ...options });
}

/** Routes by model where a request has one: mock-* to the mock, late-* to it with a short patience, down-* to nobody. */
export async function startAll(limits = {}) {
  const mock = await startMock('--model', 'mock-1', '--model', 'late-1');
  const retry = { attempts: 0 };
  const to = (backend) => [{ backend }];
  const gateway = await startGateway({
    limits,
    backends: {
      mock: { endpoints: [mock.url], cooldown: { on: [] } }, // its 429 are for one request each
      late: { endpoints: [mock.url], timeouts: { first_byte: '100ms', idle: '200ms' } },
      down: { endpoints: [await closedAddress()] },
    },
    routes: [
      { match: { path: '/v1/models' }, to: to('mock'), retry },
      { match: { path: '/v1/models/*' }, to: to('mock'), retry },
      { match: { path: '/v1/files' }, to: to('mock'), retry },
      { match: { path: '/v1/*', model: 'mock-*' }, to: to('mock'), retry },
      { match: { path: '/v1/*', model: 'late-*' }, to: to('late'), retry },
      { match: { path: '/v1/*', model: 'down-*' }, to: to('down'), retry },
    ],
  });
  const stop = async () => {
    await gateway.stop();
    await mock.stop();
  };
  return { mock, gateway, client: clientOf(gateway), stop };
}

/** A chat with one message. */
export function chat(prompt, more = {}) {
  return { model: 'mock-1', messages: [{ role: 'user', content: prompt }], ...more };
}

/** The request options that tell the mock how to behave for one request. */
export function behave(behaviour) {
  const named = Object.entries(behaviour).map(([name, value]) => [`x-mock-${name}`, String(value)]);
  return { headers: Object.fromEntries(named) };
}
