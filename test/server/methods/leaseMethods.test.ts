import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type * as z from 'zod';
import { ClientLeases } from '../../../server/locks/clientLeases.ts';
import { Leases } from '../../../server/locks/leases.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { Client } from '../../../server/methods/client.ts';
import { registerLeaseMethods } from '../../../server/methods/leaseMethods.ts';
import { Registry } from '../../../server/methods/registry.ts';
import { systemClock } from '../../../server/platform/clock.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../server/platform/fileSystem.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import { wireError, type WireError } from '../../../server/protocol/error.ts';
import { healthGet } from '../../../server/protocol/healthMethods.ts';
import {
  locksAcquire,
  locksClean,
  locksList,
  locksRelease,
  locksRenew,
  type Grant,
} from '../../../server/protocol/lockMethods.ts';
import type { Method } from '../../../server/protocol/method.ts';
import { methods } from '../../../server/protocol/methods.ts';
import { session, type Session } from '../../../server/protocol/session.ts';
import { sessionsContext, sessionsEvents } from '../../../server/protocol/sessionHistoryMethods.ts';
import * as lifecycle from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsChanges, sessionsFind, sessionsGet } from '../../../server/protocol/sessionQueryMethods.ts';
import { transcriptsPage } from '../../../server/protocol/transcriptMethods.ts';
import { createServer } from '../../../server/server.ts';
import { SqliteLeaseStore } from '../../../server/store/sqliteLeaseStore.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../server/store/storeFile.ts';
import { tempFolder } from '../../support/tempFolder.ts';

/** Control calls: let in whoever drives the session. By name, with the params beside the id. */
const CONTROL: Readonly<Record<string, object>> = {
  'sessions.pause': {},
  'sessions.resume': {},
  'sessions.update': { title: 'Other' },
  'sessions.archive': {},
  'sessions.unarchive': {},
};

/** Calls that are the holder's while somebody holds the session. */
const HOLDERS: Readonly<Record<string, object>> = {
  'sessions.iterate': {},
  'sessions.endIteration': {},
  'sessions.complete': {},
  'sessions.fail': { error: 'broken' },
  'sessions.updateContext': { patch: { a: 1 } },
  'sessions.recordToolCall': { name: 'bash', input: {}, output: 'ok' },
  'sessions.recordLearning': { insight: 'It rains' },
  'sessions.addEvent': { type: 'note' },
  'sessions.addMessage': { role: 'user', content: 'Hello' },
};

/** Calls that concern no session which could be held, read it only, or are refused to everybody while it is. */
const NO_LEASE: readonly string[] = [
  'sessions.start',
  'sessions.fork',
  'sessions.import',
  'sessions.restore',
  'sessions.remove',
  'sessions.cleanup',
];

/** Sessions of OpenClaw, which has locks of its own. */
const OPENCLAWS: readonly string[] = [
  'sessions.patch',
  'sessions.reset',
  'sessions.delete',
  'sessions.compact',
];

const NO_ID = '01890000-0000-7000-8000-000000000000';

async function newServer(t: TestContext) {
  const home = await tempFolder(t);
  const log: string[] = [];
  const server = createServer({
    env: { LOCKSTEP_HOME: home, CLAUDE_CONFIG_DIR: `${home}/claude`, PI_CODING_AGENT_DIR: `${home}/pi` },
    userHome: home,
    logger: { log: (level, message, facts) => log.push(`${level} ${message} ${JSON.stringify(facts)}`) },
  });
  t.after(() => server.dispose());
  const { registry } = server;
  /** What a call of nobody in particular answers. */
  const outcome = (name: string, params: object) => registry.call(name, params);
  async function call<P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    params: z.input<P>,
    by: Pick<Client, 'call'> = registry,
  ): Promise<z.output<R>> {
    const answer = await by.call(method.name, params);
    if (!answer.ok) throw Object.assign(new Error(answer.error.message), answer.error);
    return method.result.parse(JSON.parse(JSON.stringify(answer.result)));
  }
  const begin = (maxIterations = 50) =>
    call(lifecycle.sessionsStart, { task: 't', mode: 'm', maxIterations });
  const connect = () => {
    const client = server.connect();
    t.after(() => client.close());
    return client;
  };
  async function failure(name: string, params: object): Promise<WireError> {
    const answer = await outcome(name, params);
    assert.ok(!answer.ok, `${name} was let in`);
    return wireError.parse(answer.error);
  }
  async function success(name: string, params: object): Promise<Session> {
    const answer = await outcome(name, params);
    assert.ok(answer.ok, `${name}: ${answer.ok ? '' : answer.error.message}`);
    return session.parse(JSON.parse(JSON.stringify(answer.result)));
  }
  return { home, log, begin, call, connect, outcome, failure, success };
}

describe('every method that changes sessions', () => {
  it('is a control call, or for the holder alone, or neither: a new one has to choose', () => {
    const changing = methods
      .filter(({ name, mutates }) => mutates && name.startsWith('sessions.'))
      .map(({ name }) => name);
    const chosen = [...Object.keys(CONTROL), ...Object.keys(HOLDERS), ...NO_LEASE, ...OPENCLAWS];
    assert.deepEqual(changing.sort(), chosen.sort());
  });

  for (const [name, params] of Object.entries(CONTROL)) {
    it(`${name} needs no lease while another holds the session, and refuses the param by name`, async (t) => {
      const { begin, call, connect, failure, success } = await newServer(t);
      const { id } = await begin();
      const { token } = await call(locksAcquire, { session: id }, connect());
      // What resume and unarchive are made for.
      if (name === 'sessions.resume') await success('sessions.pause', { id });
      await success(name, { id, ...params });
      const refused = await failure(name, { id, ...params, lease: token });
      assert.equal(refused.code, 'INVALID_PARAMS');
      assert.match(refused.message, /lease: is not a parameter/);
      assert.equal((await failure(name, { ...params, id: NO_ID })).code, 'SESSION_NOT_FOUND');
    });
  }

  for (const [name, params] of Object.entries(HOLDERS)) {
    it(`${name} is the holder's while somebody holds the session`, async (t) => {
      const { begin, call, connect, failure, success } = await newServer(t);
      const { id } = await begin();
      const client = connect();
      const own = await call(locksAcquire, { session: id }, client);
      await success('sessions.iterate', { id, lease: own.token });
      const before = await call(sessionsGet, { id });

      const locked = await failure(name, { id, ...params });
      assert.deepEqual([locked.code, locked.details['fence']], ['SESSION_LOCKED', own.fence]);
      assert.deepEqual(await call(sessionsGet, { id }), before, 'nothing was changed');
      await success(name, { id, ...params, lease: own.token });

      const other = (await begin()).id;
      await success('sessions.iterate', { id: other });
      const old = await call(locksAcquire, { session: other }, client);
      await call(locksRelease, { token: old.token }, client);
      const refusedOld = async (when: string) => {
        const { code, message } = await failure(name, { id: other, ...params, lease: old.token });
        assert.equal(code, 'SESSION_LOCKED', when);
        assert.match(message, /is gone/, when);
      };
      await refusedOld('while nobody holds it');
      const next = await call(locksAcquire, { session: other }, client);
      await refusedOld('while another holds it');
      await call(locksRelease, { token: next.token }, client);
      await refusedOld('after another held it');
      const foreign = await failure(name, { id: other, ...params, lease: own.token });
      assert.equal(foreign.code, 'SESSION_LOCKED', 'the token of another session');
      await success(name, { id: other, ...params });
    });
  }

  it('is checked in this order: unknown id, lease, transition, budget', async (t) => {
    const { begin, call, connect, failure, success } = await newServer(t);
    for (const [name, params] of Object.entries(HOLDERS)) {
      const ended = (await begin()).id;
      await success('sessions.complete', { id: ended });
      const { token } = await call(locksAcquire, { session: ended }, connect());
      const code = async (more: object) => (await failure(name, { id: ended, ...params, ...more })).code;
      assert.equal(await code({ id: NO_ID, lease: token }), 'SESSION_NOT_FOUND', name);
      assert.equal(await code({}), 'SESSION_LOCKED', name);
      assert.equal(await code({ lease: 'old' }), 'SESSION_LOCKED', name);
      assert.equal(await code({ lease: token }), 'ILLEGAL_TRANSITION', name);
    }
    const { id } = await begin(1);
    await success('sessions.iterate', { id });
    await success('sessions.pause', { id });
    assert.equal((await failure('sessions.iterate', { id })).code, 'ILLEGAL_TRANSITION', 'before the budget');
    await success('sessions.resume', { id, addIterations: 1 });
    for (let time = 0; time < 2; time++) await success('sessions.iterate', { id });
    const { token } = await call(locksAcquire, { session: id }, connect());
    assert.equal((await failure('sessions.iterate', { id })).code, 'SESSION_LOCKED');
    assert.equal((await failure('sessions.iterate', { id, lease: token })).code, 'ITERATION_LIMIT');
    assert.equal((await failure('sessions.resume', { id })).code, 'ITERATION_LIMIT');
  });
});

describe('a pause while somebody holds the session', () => {
  it('is asked for, then carried out by the next iteration, which is charged nothing', async (t) => {
    const { begin, call, connect, success } = await newServer(t);
    const { id } = await begin();
    const { token } = await call(locksAcquire, { session: id }, connect());
    await success('sessions.iterate', { id, lease: token });
    const asked = await success('sessions.pause', { id, reason: 'lunch' });
    assert.deepEqual([asked.status, asked.pausing], ['active', true]);
    assert.deepEqual(
      await success('sessions.pause', { id, reason: 'lunch' }),
      asked,
      'again changes nothing',
    );
    const paused = await success('sessions.iterate', { id, lease: token });
    assert.deepEqual([paused.status, paused.pausing, paused.iterations], ['paused', false, 1]);
    const { events } = await call(sessionsEvents, { id, afterSeq: 2 });
    assert.deepEqual(
      events.map(({ type, data }) => [type, data]),
      [
        ['update', { pausing: true, reason: 'lunch' }],
        ['pause', { reason: 'lunch' }],
      ],
    );
  });

  it('is carried out by the end of the iteration, in this order', async (t) => {
    const { begin, call, connect, success } = await newServer(t);
    const { id } = await begin();
    const { token } = await call(locksAcquire, { session: id }, connect());
    await success('sessions.iterate', { id, lease: token });
    await success('sessions.pause', { id });
    const paused = await success('sessions.endIteration', { id, lease: token, outcome: 'ok' });
    assert.equal(paused.status, 'paused');
    const { events } = await call(sessionsEvents, { id, afterSeq: 3 });
    assert.deepEqual(
      events.map(({ type }) => type),
      ['iteration_end', 'pause'],
    );
  });

  it('is withdrawn by resume, carried out by release, and gone when the session ends', async (t) => {
    const { begin, call, connect, success } = await newServer(t);
    const client = connect();
    for (const [then, status] of [
      ['sessions.resume', 'active'],
      ['locks.release', 'paused'],
      ['sessions.complete', 'completed'],
    ] as const) {
      const { id } = await begin();
      const { token } = await call(locksAcquire, { session: id }, client);
      assert.equal((await success('sessions.pause', { id })).pausing, true);
      if (then === 'sessions.resume') await success(then, { id });
      if (then === 'sessions.complete') await success(then, { id, lease: token });
      if (then === 'locks.release') await call(locksRelease, { token }, client);
      const { status: after, pausing } = await call(sessionsGet, { id });
      assert.deepEqual([after, pausing], [status, false], then);
    }
  });

  it('at its limit is no request: it is paused at once', async (t) => {
    const { begin, call, connect, success } = await newServer(t);
    const { id } = await begin(1);
    for (let time = 0; time < 2; time++) await success('sessions.iterate', { id });
    await call(locksAcquire, { session: id }, connect());
    assert.equal((await success('sessions.pause', { id })).status, 'paused');
  });
});

describe('lease methods', () => {
  it('grant, renew and release, with fences that only grow', async (t) => {
    const { begin, call, connect } = await newServer(t);
    const client = connect();
    const [one, two] = [await begin(), await begin()];
    const fences: number[] = [];
    for (const { id } of [one, two, one, one, two]) {
      const lease = await call(locksAcquire, { session: id, name: 'agent' }, client);
      assert.deepEqual([lease.session, lease.owner.pid, lease.owner.name], [id, process.pid, 'agent']);
      const renewed = await call(locksRenew, { token: lease.token, ttlMs: 60_000 }, client);
      assert.deepEqual({ ...renewed, expiresAt: '' }, { ...lease, expiresAt: '' });
      assert.ok(renewed.expiresAt > lease.expiresAt);
      assert.deepEqual(await call(locksRelease, { token: lease.token }), { released: true });
      fences.push(lease.fence);
    }
    assert.ok(
      fences.every((fence, index) => index === 0 || fence > (fences[index - 1] ?? Infinity)),
      String(fences),
    );
  });

  it('say of a token that is gone, or never was, what can be said', async (t) => {
    const { begin, call, connect, failure } = await newServer(t);
    const { id } = await begin();
    const { token } = await call(locksAcquire, { session: id }, connect());
    await call(locksRelease, { token });
    for (const gone of [token, 'never was']) {
      assert.deepEqual(await call(locksRelease, { token: gone }), { released: false });
      const { code, message, actions } = await failure('locks.renew', { token: gone });
      assert.equal(code, 'SESSION_LOCKED');
      assert.match(message, /acquire a new one/);
      assert.equal(message.includes(gone), false, 'a token is never said');
      assert.deepEqual(actions, [], 'to try again is no help');
    }
  });

  it('need to know for whom a lease is when nobody stays connected', async (t) => {
    const { begin, call, failure } = await newServer(t);
    const { id } = await begin();
    const { code, message } = await failure('locks.acquire', { session: id });
    assert.equal(code, 'INVALID_PARAMS');
    assert.match(message, /ownerPid.*lockstep with-lease <session> -- <command>/);
    const lease = await call(locksAcquire, { session: id, ownerPid: process.pid });
    assert.equal(lease.owner.pid, process.pid);
  });

  it('refuse an owner that does not exist', async (t) => {
    const { begin, connect } = await newServer(t);
    const { id } = await begin();
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(child, 'exit');
    assert.ok(child.pid !== undefined);
    for (const ownerPid of [child.pid, 2 ** 31 - 1, 2 ** 31, 2 ** 52]) {
      const answer = await connect().call('locks.acquire', { session: id, ownerPid });
      assert.ok(!answer.ok && answer.error.code === 'INVALID_PARAMS', String(ownerPid));
      assert.match(answer.error.message, /ownerPid/);
    }
  });

  it('give back what was granted after its caller had been told that it took too long', async (t) => {
    const counters = new Counters();
    const path = join(await tempFolder(t), 'lockstep.db');
    const file = new StoreFile({ path, fileSystem: systemFileSystem, counters });
    t.after(() => file.close());
    const sessions = new SqliteSessionStore(file, systemClock);
    const store = new SqliteLeaseStore(file, systemClock);
    const granted = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const acquire = store.acquire.bind(store);
    store.acquire = async (request) => {
      asked.resolve();
      await granted.promise;
      return acquire(request);
    };
    const owners = new Owners(systemProcesses());
    const leases = new Leases({ sessions, leases: store, owners, clock: systemClock, counters });
    const logger = { log: () => undefined };
    const registry = new Registry(logger);
    registerLeaseMethods(registry, leases);
    const client = new Client(registry, new ClientLeases(leases, logger));
    const server = createServer({ env: { LOCKSTEP_HOME: join(path, '..') }, userHome: '/', logger });
    t.after(() => server.dispose());
    const begun = await server.registry.call('sessions.start', { task: 't', mode: 'm' });
    assert.ok(begun.ok);
    const { id } = session.parse(begun.result);

    t.mock.timers.enable({ apis: ['setTimeout'] });
    const call = client.call('locks.acquire', { session: id });
    await asked.promise;
    t.mock.timers.tick(locksAcquire.deadlineMs ?? NaN);
    const answer = await call;
    assert.ok(!answer.ok && answer.error.code === 'TIMEOUT');
    assert.deepEqual(await store.leases(), []);
    const released = Promise.withResolvers<void>();
    const release = store.release.bind(store);
    store.release = async (token) => {
      const result = await release(token);
      released.resolve();
      return result;
    };
    granted.resolve();
    await released.promise;
    assert.deepEqual(await store.leases(), []);
  });
});

describe('the token of a lease', () => {
  it('is shown to its holder, and in nothing else that anybody reads', async (t) => {
    const { begin, call, connect, outcome, success, log } = await newServer(t);
    const client = connect();
    const { id } = await begin();
    const grants: Grant[] = [];
    grants.push(await call(locksAcquire, { session: id, name: 'agent' }, client));
    const { token } = grants[0] ?? assert.fail();
    for (const [name, params] of Object.entries(HOLDERS)) {
      if (['sessions.complete', 'sessions.fail'].includes(name)) continue;
      await success(name, { id, ...params, lease: token });
    }
    await success('sessions.pause', { id });
    const read: unknown[] = [
      await call(sessionsGet, { id }),
      await call(sessionsFind, {}),
      await call(sessionsChanges, { since: 0 }),
      await call(sessionsEvents, { id }),
      await call(sessionsContext, { id, recent: 1000 }),
      await call(transcriptsPage, { ref: `lockstep:${id}` }),
      await call(locksList, {}),
      await call(locksClean, {}),
      await call(healthGet, {}),
      // Refusals of all kinds, to those who have a token and to those who have none.
      await outcome('locks.acquire', { session: id, waitMs: 0, ownerPid: process.pid }),
      await outcome('sessions.iterate', { id }),
      await outcome('sessions.iterate', { id, lease: token, other: 1 }),
      await outcome('sessions.iterate', { id, lease: [token] }),
      await outcome('sessions.iterate', { id, lease: token.repeat(9) }),
      await outcome('sessions.endIteration', { id, lease: token }),
      await outcome('sessions.update', { id, title: 'x', lease: token }),
      await outcome('locks.renew', { token, ttlMs: 0 }),
    ];
    await call(locksRelease, { token }, client);
    read.push(
      await outcome('sessions.iterate', { id, lease: token }),
      await outcome('locks.renew', { token }),
      await call(sessionsEvents, { id }),
      log,
    );
    assert.ok(log.length > 20, 'the log was looked at');
    assert.equal(JSON.stringify(read).includes(token), false);
  });
});
