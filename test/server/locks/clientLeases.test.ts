import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { LockstepError } from '../../../server/domain/errors.ts';
import type { Lease } from '../../../server/domain/lease.ts';
import * as state from '../../../server/domain/sessionState.ts';
import { ClientLeases } from '../../../server/locks/clientLeases.ts';
import { Leases } from '../../../server/locks/leases.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../server/platform/fileSystem.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { SqliteLeaseStore } from '../../../server/store/sqliteLeaseStore.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../server/store/storeFile.ts';
import { tempFolder } from '../../support/tempFolder.ts';

const START = Date.UTC(2026, 0, 1);

/** The leases of one client, on a real store whose renewals can be made to fail, and on a time of our own. */
async function newClient(t: TestContext) {
  let now = START;
  const clock = { now: () => now };
  const counters = new Counters();
  const path = join(await tempFolder(t), 'lockstep.db');
  const file = new StoreFile({ path, fileSystem: systemFileSystem, counters });
  t.after(() => file.close());
  const sessions = new SqliteSessionStore(file, clock);
  const begun = state.start(sessionsStart.params.parse({ task: 't', mode: 'm' }), 'the-session', START);
  await sessions.create(begun);

  const store = new SqliteLeaseStore(file, clock);
  /** What the next renewals reject with. */
  const failures: Error[] = [];
  const renew = store.renew.bind(store);
  let renewals = 0;
  store.renew = async (...args) => {
    renewals++;
    const failure = failures.shift();
    if (failure) throw failure;
    return renew(...args);
  };
  const leases = new Leases({
    sessions,
    leases: store,
    owners: new Owners(systemProcesses()),
    clock,
    counters,
  });
  const log: string[] = [];
  const lost: string[] = [];
  const client = new ClientLeases(
    leases,
    { log: (level, message, facts) => log.push(`${level} ${message} ${JSON.stringify(facts)}`) },
    (session) => lost.push(session),
  );
  t.mock.timers.enable({ apis: ['setTimeout'] });
  return {
    client,
    leases,
    store,
    failures,
    log,
    lost,
    renewals: () => renewals,
    acquire: (ttlMs: number) => leases.acquire({ session: 'the-session', ttlMs, waitMs: 0 }),
    current: async (): Promise<Lease | undefined> => (await store.leaseState('the-session')).lease,
    expiry: async () => ((await store.leaseState('the-session')).lease?.expiresAt ?? NaN) - START,
    pass: async (ms: number) => {
      now += ms;
      t.mock.timers.tick(ms);
      await settled();
    },
  };
}

/** Until all that can go on without time passing has gone on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('the leases of a client', () => {
  it('are renewed for their whole time when a third of it is over, again and again', async (t) => {
    const { client, acquire, pass, expiry } = await newClient(t);
    client.hold(await acquire(30_000));
    await pass(9999);
    assert.equal(await expiry(), 30_000);
    await pass(1);
    assert.equal(await expiry(), 40_000);
    for (let third = 2; third < 30; third++) await pass(10_000);
    assert.equal(await expiry(), 290_000 + 30_000);
  });

  it('are not renewed more often than once a second, and short ones still in time', async (t) => {
    const { client, acquire, pass, expiry, renewals } = await newClient(t);
    client.hold(await acquire(1500));
    await pass(999);
    assert.equal(renewals(), 0);
    await pass(1);
    assert.equal(await expiry(), 2500);
    await pass(1000);
    assert.equal(await expiry(), 3500);
  });

  it('are renewed from then on by the time that a renewal of the client named', async (t) => {
    const { client, leases, acquire, pass, expiry } = await newClient(t);
    const { token } = await acquire(3000);
    client.hold(await leases.renew(token, 60_000));
    await pass(19_999);
    assert.equal(await expiry(), 60_000);
    await pass(1);
    assert.equal(await expiry(), 80_000);
  });

  it('are left alone once the client gave them back', async (t) => {
    const { client, leases, acquire, pass, renewals, lost } = await newClient(t);
    const lease = await acquire(3000);
    client.hold(lease);
    assert.equal(client.isHeld(lease.token), true);
    client.forget(lease.token);
    await leases.release(lease.token);
    await pass(60_000);
    assert.deepEqual([client.isHeld(lease.token), renewals(), lost], [false, 0, []]);
  });

  it('are not lost when one is given back while it is being renewed', async (t) => {
    const { client, leases, acquire, pass, lost, renewals, log } = await newClient(t);
    const lease = await acquire(3000);
    client.hold(lease);
    t.mock.timers.tick(1000);
    client.forget(lease.token);
    await leases.release(lease.token);
    await pass(60_000);
    assert.deepEqual([renewals(), lost, log], [1, [], []]);
  });

  it('are not taken up again when one is given back while its renewal fails', async (t) => {
    const { client, leases, acquire, pass, failures, lost, renewals, log } = await newClient(t);
    for (const failure of [
      new Error('The disk is gone.'),
      new LockstepError('SESSION_LOCKED', 'It is gone.'),
    ]) {
      const lease = await acquire(3000);
      client.hold(lease);
      failures.push(failure);
      t.mock.timers.tick(1000);
      client.forget(lease.token);
      await leases.release(lease.token);
      await pass(60_000);
      assert.equal(client.isHeld(lease.token), false);
    }
    assert.deepEqual([renewals(), lost, log], [2, [], []]);
  });

  it('are tried again after a second when a renewal fails, and are not lost by it', async (t) => {
    const { client, acquire, pass, failures, lost, log, expiry } = await newClient(t);
    const lease = await acquire(30_000);
    client.hold(lease);
    failures.push(new LockstepError('STORE_BUSY', 'It is busy.'), new Error('The disk is gone.'));
    await pass(10_000);
    await pass(1000);
    assert.deepEqual([await expiry(), log.length, lost], [30_000, 2, []]);
    assert.match(log.join(), /warn A lease could not be renewed.*the-session.*It is busy/);
    assert.equal(log.join().includes(lease.token), false, 'the token is in the log');
    await pass(1000);
    assert.equal(await expiry(), 12_000 + 30_000);
  });

  it('are renewed also after they ran out, while nobody took over: a sleep alone loses nothing', async (t) => {
    const { client, acquire, pass, lost, expiry } = await newClient(t);
    client.hold(await acquire(30_000));
    await pass(3_600_000);
    assert.deepEqual([await expiry(), lost], [3_600_000 + 30_000, []]);
  });

  it('are lost when another took over, which is told once, and nothing is thrown', async (t) => {
    const { client, leases, acquire, pass, lost, renewals, current } = await newClient(t);
    const lease = await acquire(30_000);
    client.hold(lease);
    await leases.end(lease);
    const next = await acquire(600_000);
    await pass(10_000);
    await pass(600_000);
    assert.deepEqual([lost, client.isHeld(lease.token), renewals()], [['the-session'], false, 1]);
    assert.equal((await current())?.fence, next.fence);
  });

  it('are all given back when the client goes, and so is one that comes after', async (t) => {
    const { client, leases, acquire, pass, current, renewals } = await newClient(t);
    client.hold(await acquire(30_000));
    await client.close();
    assert.equal(await current(), undefined);
    const late = await acquire(30_000);
    client.hold(late);
    await settled();
    assert.equal(await current(), undefined);
    await pass(60_000);
    assert.deepEqual([client.isHeld(late.token), renewals()], [false, 0]);
    assert.equal(await leases.release(late.token), false);
  });

  it('are kept while a client that makes no more calls waits for answers, and nothing is added to them', async (t) => {
    const { client, store, leases, acquire, pass, expiry } = await newClient(t);
    const lease = await acquire(30_000);
    client.hold(lease);
    client.leave();
    for (let third = 0; third < 10; third++) await pass(10_000);
    assert.equal(await expiry(), 100_000 + 30_000);
    await leases.release(lease.token);
    client.forget(lease.token);
    const release = store.release.bind(store);
    const slow = Promise.withResolvers<void>();
    store.release = async (token) => {
      await slow.promise;
      return release(token);
    };
    client.hold(await acquire(30_000));
    let isGone = false;
    const going = client.close().then(() => (isGone = true));
    await settled();
    assert.equal(isGone, false, 'what it has yet to give back is waited for');
    slow.resolve();
    await going;
    assert.deepEqual(await store.leases(), []);
  });

  it('never keep the client from going, whatever the store says', async (t) => {
    const { client, store, acquire, log } = await newClient(t);
    const lease = await acquire(30_000);
    client.hold(lease);
    store.release = () => Promise.reject(new LockstepError('STORE_BUSY', 'It is busy.'));
    await client.close();
    assert.match(log.join(), /warn A lease could not be released.*It is busy/);
    assert.equal(log.join().includes(lease.token), false);
  });
});
