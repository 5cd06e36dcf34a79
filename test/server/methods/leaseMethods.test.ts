import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
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
import { healthGet } from '../../../server/protocol/healthMethods.ts';
import {
  locksAcquire,
  locksClean,
  locksList,
  locksRelease,
  locksRenew,
  type Grant,
} from '../../../server/protocol/lockMethods.ts';
import { session } from '../../../server/protocol/session.ts';
import { sessionsContext, sessionsEvents } from '../../../server/protocol/sessionHistoryMethods.ts';
import { sessionsChanges, sessionsFind, sessionsGet } from '../../../server/protocol/sessionQueryMethods.ts';
import { transcriptsPage } from '../../../server/protocol/transcriptMethods.ts';
import { createServer } from '../../../server/server.ts';
import { SqliteLeaseStore } from '../../../server/store/sqliteLeaseStore.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../server/store/storeFile.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { HOLDERS, newServer } from './leaseServer.ts';

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
