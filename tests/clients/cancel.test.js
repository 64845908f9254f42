import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';

import { eventually, statsOf } from './processes.js';
import { behave, chat, startAll } from './setup.js';

const aDay = '1440m';
let all;
before(async () => (all = await startAll()));
after(() => all?.stop());

/** Runs what makes the client go, and waits until the backend has noticed one that went. */
async function cancelsOne(go) {
  const before = await statsOf(all.mock);
  await go();
  await eventually(async () => (await statsOf(all.mock)).cancelled === before.cancelled + 1);
}

test('a stream that is aborted ends at the backend', { timeout: 30_000 }, () =>
  cancelsOne(async () => {
    const controller = new AbortController();
    const stream = await all.client.chat.completions.create(chat('x', { stream: true }), {
      ...behave({ 'token-interval': aDay }),
      signal: controller.signal,
    });
    let chunks = 0;
    for await (const _ of stream) {
      chunks += 1;
      if (chunks === 2) controller.abort();
    }
    assert.equal(chunks, 2);
  }));

test('a stream that is left early ends at the backend', { timeout: 30_000 }, () =>
  cancelsOne(async () => {
    const stream = await all.client.chat.completions.create(
      chat('x', { stream: true }),
      behave({ 'token-interval': aDay }),
    );
    for await (const _ of stream) break;
  }));

test('a call that is aborted while the backend thinks ends there', { timeout: 30_000 }, () =>
  cancelsOne(async () => {
    const controller = new AbortController();
    const before = await statsOf(all.mock);
    const call = all.client.chat.completions.create(chat('x'), {
      ...behave({ 'first-token': aDay }),
      signal: controller.signal,
    });
    const aborted = assert.rejects(call, OpenAI.APIUserAbortError);
    // Two more: this question itself is one.
    let asked = 0;
    await eventually(async () => (await statsOf(all.mock)).requests > before.requests + (asked += 1));
    controller.abort();
    await aborted;
  }));
