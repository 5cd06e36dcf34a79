import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { LockstepError } from '../../../server/domain/errors.ts';
import { Registry } from '../../../server/methods/registry.ts';
import type { LogLevel } from '../../../server/platform/logger.ts';
import { defineMethod } from '../../../server/protocol/method.ts';
import { methods } from '../../../server/protocol/methods.ts';
import { wireError } from '../../../server/protocol/error.ts';
import { createServer } from '../../../server/server.ts';
import { tempFolder } from '../../support/tempFolder.ts';

const echo = defineMethod({
  name: 'test.echo',
  summary: 'Gives back what it gets',
  mutates: false,
  params: z.strictObject({ text: z.string(), times: z.int().default(1) }),
  result: z.string(),
});

function newRegistry() {
  const log: { level: LogLevel; message: string; facts: unknown }[] = [];
  return {
    registry: new Registry({ log: (level, message, facts) => log.push({ level, message, facts }) }),
    log,
  };
}

async function failure(registry: Registry, params: unknown) {
  const outcome = await registry.call(echo.name, params);
  assert.ok(!outcome.ok);
  return wireError.parse(outcome.error);
}

describe('registry', () => {
  it('gives handlers parsed params, defaults filled in', async () => {
    const { registry } = newRegistry();
    registry.register(echo, ({ text, times }) => Promise.resolve(text.repeat(times)));
    assert.deepEqual(await registry.call(echo.name, { text: 'ab' }), { ok: true, result: 'ab' });
    assert.deepEqual(await registry.call(echo.name, { text: 'ab', times: 2 }), { ok: true, result: 'abab' });
  });

  it('refuses unknown, missing and wrong params by name, before the handler runs', async () => {
    const { registry } = newRegistry();
    let ran = false;
    registry.register(echo, () => {
      ran = true;
      return Promise.resolve('');
    });
    for (const [params, word] of [
      [{ text: 'a', tiems: 2 }, 'tiems'],
      [{}, 'text'],
      [{ text: 1 }, 'text'],
      [{ text: 'a', times: 1.5 }, 'times'],
      [[], 'expected object'],
      ['text', 'expected object'],
      [null, 'expected object'],
    ] as const) {
      const error = await failure(registry, params);
      assert.equal(error.code, 'INVALID_PARAMS');
      assert.ok(error.message.includes(word), error.message);
    }
    assert.equal(ran, false);
  });

  it('keeps what a handler throws inside its call, in the words of the catalogue', async () => {
    const { registry, log } = newRegistry();
    const thrown: unknown[] = [
      new LockstepError('STORE_BUSY', 'It is busy.', { details: { path: '/p' } }),
      new Error('oops'),
      'a string',
    ];
    registry.register(echo, () => {
      throw thrown.shift();
    });
    const busy = await failure(registry, { text: 'a' });
    assert.deepEqual(
      [busy.code, busy.title, busy.message, busy.details, busy.actions.map(({ kind }) => kind)],
      ['STORE_BUSY', 'Store is busy', 'It is busy.', { path: '/p' }, ['retry']],
    );
    for (const message of ['oops', 'a string']) {
      const internal = await failure(registry, { text: 'a' });
      assert.deepEqual([internal.code, internal.message], ['INTERNAL', message]);
      assert.ok(internal.actions.some(({ kind }) => kind === 'report'));
    }
    assert.deepEqual(
      log.map(({ level }) => level),
      ['info', 'error', 'error'],
    );
  });

  it('gives every call a request id that is also in the log', async () => {
    const { registry, log } = newRegistry();
    registry.register(echo, () => Promise.reject(new Error('oops')));
    const [first, second] = [await failure(registry, { text: 'a' }), await failure(registry, { text: 'a' })];
    assert.notEqual(first.requestId, second.requestId);
    assert.ok(JSON.stringify(log[0]?.facts).includes(first.requestId));
  });

  it('ends a call at its deadline, and leaves the others alone', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { registry } = newRegistry();
    registry.register({ ...echo, deadlineMs: 1000 }, () => new Promise(() => undefined));
    const late = failure(registry, { text: 'a' });
    t.mock.timers.tick(1000);
    const error = await late;
    assert.deepEqual([error.code, error.details['deadlineMs']], ['TIMEOUT', 1000]);
  });

  it('refuses a second handler for a method', () => {
    const { registry } = newRegistry();
    registry.register(echo, () => Promise.resolve(''));
    assert.throws(() => registry.register(echo, () => Promise.resolve('')), /registered twice/);
  });

  it('has a handler for every method of the protocol, and for nothing besides', async (t) => {
    const home = await tempFolder(t);
    const server = createServer({
      env: { LOCKSTEP_HOME: home },
      userHome: home,
      logger: { log: () => undefined },
    });
    t.after(() => server.dispose());
    const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).sort();
    assert.deepEqual(names(server.registry.methods()), names(methods));
  });
});
