import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Lease } from '../../../server/domain/lease.ts';
import type { ProcessFacts } from '../../../server/domain/lockVerdict.ts';
import * as state from '../../../server/domain/sessionState.ts';
import { Leases, type AcquireParams } from '../../../server/locks/leases.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../server/platform/fileSystem.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import type { LeaseStore } from '../../../server/store/leaseStore.ts';
import { SqliteLeaseStore } from '../../../server/store/sqliteLeaseStore.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../server/store/storeFile.ts';
import { tempFolder } from '../../support/tempFolder.ts';

const START = Date.UTC(2026, 0, 1);

/** A machine of our own making: its clock and its processes are what a test says. The store is a real one. */
async function newMachine(t: TestContext) {
  const path = join(await tempFolder(t), 'lockstep.db');
  const machine = {
    now: START,
    /** Processes by pid, with their start. */
    running: new Map<number, string>([[1, 'first']]),
    /** Called before a process is looked at. */
    onLook: (_pid: number): Promise<void> | void => undefined,
  };
  const clock = { now: () => machine.now };

  /** A process of that machine, with its own connection to the store. */
  function open(pid: number, host = 'here', wrap: (store: LeaseStore) => LeaseStore = (store) => store) {
    machine.running.set(pid, 'first');
    const counters = new Counters();
    const file = new StoreFile({ path, fileSystem: systemFileSystem, counters });
    t.after(() => file.close());
    const owners = new Owners({
      pid,
      machine: () => Promise.resolve({ host, bootId: 'this boot', pidNamespace: 'this one' }),
      look: async (looked): Promise<ProcessFacts> => {
        await machine.onLook(looked);
        const start = machine.running.get(looked);
        if (start === undefined) return { state: 'gone' };
        return { state: 'running', start, startedAt: undefined, isForeign: false };
      },
    });
    const sessions = new SqliteSessionStore(file, clock);
    const store = wrap(new SqliteLeaseStore(file, clock));
    const leases = new Leases({ sessions, leases: store, owners, clock, counters });
    return {
      leases,
      sessions,
      store,
      owners,
      counters,
      acquire: (session: string, params: Partial<AcquireParams> = {}) =>
        leases.acquire({ session, ttlMs: 1000, waitMs: 0, name: `agent-${pid}`, ...params }),
      write: (id: string, lease?: string) => leases.write({ id, lease }, state.iterate({ id, data: {} })),
    };
  }

  const first = open(1);
  const begun = state.start(sessionsStart.params.parse({ task: 't', mode: 'm' }), 'the-session', START);
  const { id } = await first.sessions.create(begun);
  return { machine, open, first, id };
}

const locked = { code: 'SESSION_LOCKED' };

describe('a lease that ran out and was not taken over', () => {
  it('still lets its holder write and renew, and others write without one', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    const { token } = await first.acquire(id);
    machine.now += 1000;
    assert.equal((await first.write(id, token)).iterations, 1);
    assert.equal((await open(2).write(id)).iterations, 2);
    assert.equal((await first.write(id, token)).iterations, 3, 'that somebody wrote took nothing away');
    const renewed = await first.leases.renew(token);
    assert.equal(renewed.expiresAt, machine.now + 1000);
    await assert.rejects(open(2).write(id), locked);
  });

  it('may be taken over by anybody, and its token is refused from then on', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    const old = await first.acquire(id);
    machine.now += 1000;
    const second = open(2);
    const taken = await second.acquire(id);
    assert.ok(taken.fence > old.fence);
    await assert.rejects(first.write(id, old.token), locked);
    await assert.rejects(first.leases.renew(old.token), locked);
    assert.equal(await first.leases.release(old.token), false);
    assert.equal((await second.write(id, taken.token)).iterations, 1);
    assert.equal(await second.leases.release(taken.token), true);
    await assert.rejects(first.write(id, old.token), locked, 'also when nobody holds the session');
    assert.equal((await first.write(id)).iterations, 2);
  });
});

describe('a holder that is proved dead', () => {
  it('keeps nobody from writing without a lease, and its lease ends with that write', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    const { token } = await first.acquire(id);
    const second = open(2);
    await assert.rejects(second.write(id), locked);
    machine.running.delete(1);
    assert.equal((await second.write(id)).iterations, 1);
    assert.deepEqual(await second.store.leases(), []);
    await assert.rejects(second.write(id, token), locked);
    assert.deepEqual([second.counters.values.leaseConflicts, second.counters.values.takeOvers], [2, 1]);
  });

  it('makes no old token good again', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    const second = open(2);
    const old = await second.acquire(id);
    await second.leases.release(old.token);
    const lease = await first.acquire(id);
    machine.running.delete(1);
    await assert.rejects(second.write(id, old.token), { ...locked, message: /is gone/ });
    assert.equal((await second.store.leaseState(id)).lease?.fence, lease.fence);
  });

  it('is dead also when another process has its pid now', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    await first.acquire(id);
    machine.running.set(1, 'a later process');
    assert.equal((await open(2).write(id)).iterations, 1);
  });

  it('keeps its lease where the write is refused for another reason', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    await first.acquire(id);
    machine.running.delete(1);
    const second = open(2);
    await assert.rejects(second.leases.write({ id }, state.endIteration({ id, data: {} })), {
      code: 'ILLEGAL_TRANSITION',
    });
    assert.equal((await second.store.leases()).length, 1);
    assert.equal(second.counters.values.takeOvers, 0);
  });

  it('is paused at once, and its lease ends', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    await first.acquire(id);
    const second = open(2);
    machine.running.delete(1);
    const paused = await second.leases.control(id, state.pause({ id, reason: 'lunch' }));
    assert.deepEqual([paused.status, paused.pausing], ['paused', false]);
    assert.deepEqual(await second.store.leases(), []);
    assert.equal(second.counters.values.takeOvers, 1);
  });

  it('leaves no pause undone: whoever writes in its place carries it out', async (t) => {
    for (const inItsPlace of ['write', 'control'] as const) {
      const { machine, open, first, id } = await newMachine(t);
      await first.acquire(id);
      const second = open(2);
      assert.equal((await second.leases.control(id, state.pause({ id, reason: 'lunch' }))).pausing, true);
      machine.running.delete(1);
      const note = state.addEvent({ id, type: 'note', data: {} });
      const after =
        inItsPlace === 'write'
          ? await second.leases.write({ id }, note)
          : await second.leases.control(id, state.update({ id, title: 'Other' }));
      assert.deepEqual([after.status, after.pausing], ['paused', false], inItsPlace);
      const events = await second.sessions.lastEvents(id, 1);
      assert.deepEqual(events[0]?.data, { reason: 'lunch' });
    }
  });

  it('is taken over at once, whatever its lease says; one that cannot be judged is not', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    const old = await first.acquire(id, { ttlMs: 600_000 });
    const [second, elsewhere] = [open(2), open(3, 'another host')];
    machine.running.delete(1);
    await assert.rejects(elsewhere.acquire(id), locked);
    const taken = await second.acquire(id);
    assert.ok(taken.fence > old.fence);
    assert.equal(second.counters.values.takeOvers, 1);
    machine.running.delete(2);
    await assert.rejects(elsewhere.acquire(id, { waitMs: 1 }), locked);
    await assert.rejects(elsewhere.write(id), locked);
  });

  it('is not confused with the next holder, who came while its death was being proved', async (t) => {
    for (const act of ['write', 'control', 'acquire'] as const) {
      const { machine, open, first, id } = await newMachine(t);
      await first.acquire(id, { ttlMs: 600_000 });
      const [second, third] = [open(2), open(3)];
      machine.running.delete(1);
      let taken: Lease | undefined;
      machine.onLook = async (pid) => {
        if (pid !== 1) return;
        machine.onLook = () => undefined;
        taken = await third.acquire(id, { ttlMs: 600_000 });
      };
      if (act === 'control') {
        const asked = await second.leases.control(id, state.pause({ id }));
        assert.deepEqual([asked.status, asked.pausing], ['active', true], 'it is asked of the next holder');
      } else {
        await assert.rejects(act === 'write' ? second.write(id) : second.acquire(id), locked, act);
      }
      assert.ok(taken);
      assert.equal((await second.store.leaseState(id)).lease?.fence, taken.fence, act);
      const driven = await third.leases.write(
        { id, lease: taken.token },
        state.addEvent({ id, type: 'note', data: {} }),
      );
      assert.equal(driven.status, 'active');
    }
  });
});

describe('an acquire', () => {
  it('names the process that it is for, which has to exist', async (t) => {
    const { machine, first, id } = await newMachine(t);
    machine.running.set(77, 'its start');
    const { owner } = await first.acquire(id, { ownerPid: 77, name: 'agent' });
    assert.deepEqual(owner, {
      pid: 77,
      processStart: 'its start',
      bootId: 'this boot',
      pidNamespace: 'this one',
      host: 'here',
      name: 'agent',
    });
    await assert.rejects(first.acquire(id, { ownerPid: 78 }), {
      code: 'INVALID_PARAMS',
      message: /ownerPid.*78/,
    });
  });

  it('without waiting is refused at once, and never overtakes who waits', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    const { token } = await first.acquire(id);
    const second = open(2);
    await assert.rejects(second.acquire(id), { ...locked, message: /held by agent-1/ });
    // Somebody who waits, and does not look just now.
    const waiter = await open(3).store.acquire({
      session: id,
      owner: await open(3).owners.self('agent-3'),
      waiter: await open(3).owners.self('agent-3'),
      ttlMs: 1000,
      ticket: undefined,
      until: machine.now + 60_000,
      deaths: {},
    });
    assert.ok(waiter.ticket !== undefined);
    await first.leases.release(token);
    await assert.rejects(second.acquire(id), { ...locked, message: /goes to agent-3 .*next/ });
    assert.equal((await second.write(id)).iterations, 1, 'a queue keeps nobody from writing');
    machine.running.delete(3);
    const { fence } = await second.acquire(id);
    assert.ok(fence > 0);
    assert.deepEqual((await second.store.leaseState(id)).queue, [], 'the dead waiter was dropped');
  });

  it('is dropped with the process that waits, also when the lease was to be for one that lives', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    const { token } = await first.acquire(id, { ttlMs: 600_000 });
    const third = open(3);
    await third.store.acquire({
      session: id,
      owner: await first.owners.self(undefined),
      waiter: await third.owners.self(undefined),
      ttlMs: 1000,
      ticket: undefined,
      until: machine.now + 60_000,
      deaths: {},
    });
    await first.leases.release(token);
    machine.running.delete(3);
    assert.ok((await open(2).acquire(id)).fence > 0);
  });

  it('does not count a waiter whose time is over', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    const { token } = await first.acquire(id);
    const third = open(3);
    await third.store.acquire({
      session: id,
      owner: await third.owners.self(undefined),
      waiter: await third.owners.self(undefined),
      ttlMs: 1000,
      ticket: undefined,
      until: machine.now + 10,
      deaths: {},
    });
    await first.leases.release(token);
    machine.now += 10;
    assert.ok((await open(2).acquire(id)).fence > 0);
  });

  it('that waited in vain names who holds the session by then, and leaves no ticket', async (t) => {
    const { open, first, id } = await newMachine(t);
    const [second, third] = [open(2), open(3)];
    const { token } = await first.acquire(id, { ttlMs: 600_000 });
    const turn = second.acquire(id, { ttlMs: 600_000, waitMs: 60_000 });
    await queued(third.store, id, 1);
    const inVain = third.acquire(id, { waitMs: 400 });
    const refused = assert.rejects(inVain, { ...locked, message: /held by agent-2/ });
    await first.leases.release(token);
    await turn;
    await refused;
    assert.deepEqual((await third.store.leaseState(id)).queue, []);
    assert.deepEqual([third.counters.values.leaseWaits, third.counters.values.leaseConflicts], [1, 1]);
  });

  it('is served in the order of the calls, also where some give up or die on the way', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    const { token } = await first.acquire(id, { ttlMs: 600_000 });
    const second = open(2);
    const dead = open(9);
    await dead.store.acquire({
      session: id,
      owner: await dead.owners.self(undefined),
      waiter: await dead.owners.self(undefined),
      ttlMs: 1000,
      ticket: undefined,
      until: machine.now + 600_000,
      deaths: {},
    });
    machine.running.delete(9);
    const served: number[] = [];
    const waiting = Array.from({ length: 20 }, async (_, n) => {
      // Every third one is impatient.
      const waitMs = n % 3 === 2 ? 30 : 60_000;
      try {
        const lease = await second.acquire(id, { ttlMs: 600_000, waitMs });
        served.push(n);
        await second.leases.release(lease.token);
      } catch {
        assert.equal(n % 3, 2);
      }
    });
    await Promise.all(waiting.filter((_, n) => n % 3 === 2));
    await first.leases.release(token);
    await Promise.all(waiting);
    assert.deepEqual(
      served,
      Array.from({ length: 20 }, (_, n) => n).filter((n) => n % 3 !== 2),
    );
    assert.deepEqual((await second.store.leaseState(id)).queue, []);
  });

  it('asks the store once a look, however many of one process wait', async (t) => {
    const { open, first, id } = await newMachine(t);
    const { fence } = await first.acquire(id, { ttlMs: 600_000 });
    let looks = 0;
    const second = open(2, 'here', (store) =>
      wrapped(store, {
        leaseState: (session) => {
          looks++;
          return store.leaseState(session);
        },
      }),
    );
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const waiting = Array.from({ length: 50 }, () =>
      second.acquire(id, { waitMs: 10_000 }).catch(() => false),
    );
    await queued(first.store, id, 50);
    await idle();
    looks = 0;
    for (let time = 0; time < 4; time++) {
      t.mock.timers.tick(50);
      await idle();
    }
    assert.equal(looks, 4);
    await first.sessions.remove(id, { deaths: { fence } });
    t.mock.timers.tick(50);
    await Promise.all(waiting);
  });

  it('that waits for the store holds up no other', async (t) => {
    const { open, first, id } = await newMachine(t);
    const other = state.start(sessionsStart.params.parse({ task: 't', mode: 'm' }), 'another', START);
    await first.sessions.create(other);
    const stuck = Promise.withResolvers<never>();
    const second = open(2, 'here', (store) =>
      wrapped(store, {
        acquire: (request) => (request.session === id ? stuck.promise : store.acquire(request)),
      }),
    );
    const never = second.acquire(id);
    assert.equal((await second.acquire('another')).session, 'another');
    stuck.reject(new Error('the end'));
    await assert.rejects(never, /the end/);
    assert.equal((await first.acquire(id)).session, id);
  });

  it('says why it was refused, also where its ticket cannot be given back', async (t) => {
    const { open, first, id } = await newMachine(t);
    await first.acquire(id);
    const second = open(2, 'here', (store) =>
      wrapped(store, { leaveQueue: () => Promise.reject(new Error('busy')) }),
    );
    await assert.rejects(second.acquire(id, { waitMs: 1 }), { ...locked, message: /held by agent-1/ });
  });

  it('fails where its session goes while it waits, or never was', async (t) => {
    const { open, first, id } = await newMachine(t);
    const { fence } = await first.acquire(id);
    const waiting = open(2).acquire(id, { waitMs: 60_000 });
    const refused = assert.rejects(waiting, { code: 'SESSION_NOT_FOUND' });
    await queued(first.store, id, 1);
    await first.sessions.remove(id, { deaths: { fence } });
    await refused;
    await assert.rejects(first.acquire('no-such'), { code: 'SESSION_NOT_FOUND' });
    await assert.rejects(first.write('no-such', 'any-token'), { code: 'SESSION_NOT_FOUND' });
  });
});

describe('a clock that is set', () => {
  it('back: leases stay with the living, the dead are still taken over, and waiting takes no longer', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    const { token } = await first.acquire(id);
    machine.now -= 3_600_000;
    const second = open(2);
    await assert.rejects(second.acquire(id, { waitMs: 20 }), locked);
    assert.deepEqual((await second.store.leaseState(id)).queue, []);
    assert.equal((await first.write(id, token)).iterations, 1);
    const renewed = await first.leases.renew(token);
    assert.equal(renewed.expiresAt, machine.now + 1000, 'a renewal goes by the clock as it is now');
    machine.running.delete(1);
    const taken = await second.acquire(id);
    assert.equal(taken.acquiredAt, machine.now);
    const { events } = await second.sessions.events({ id, afterSeq: 0, limit: 10 });
    assert.deepEqual(
      events.map(({ timestamp }) => timestamp),
      Array.from({ length: events.length }, () => new Date(START).toISOString()),
      'histories do not run backwards',
    );
  });

  it('forward: what seems to have run out may be taken over, once', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    const old = await first.acquire(id);
    machine.now += 3_600_000;
    await open(2).acquire(id);
    await assert.rejects(open(3).acquire(id), locked);
    await assert.rejects(first.write(id, old.token), locked);
  });
});

describe('a pause that was left for the holder', () => {
  it('is carried out when the lease is released or cleaned, and by whoever takes over', async (t) => {
    for (const end of ['release', 'clean', 'take over'] as const) {
      const { machine, open, first, id } = await newMachine(t);
      const lease = await first.acquire(id);
      const second = open(2);
      const asked = await second.leases.control(id, state.pause({ id, reason: 'lunch' }));
      assert.deepEqual([asked.status, asked.pausing], ['active', true]);
      if (end === 'release') await first.leases.release(lease.token);
      if (end === 'clean') assert.equal(await second.leases.end(lease), true);
      if (end === 'take over') {
        machine.now += 1000;
        const { token } = await second.acquire(id);
        assert.equal((await second.sessions.get(id)).pausing, true, 'the next holder finds the request');
        await second.write(id, token);
      }
      const session = await second.sessions.get(id);
      assert.deepEqual([session.status, session.pausing, session.iterations], ['paused', false, 0], end);
      assert.deepEqual((await second.sessions.lastEvents(id, 1))[0]?.data, { reason: 'lunch' }, end);
    }
  });

  it('stays where a lease was renewed before it could be cleaned', async (t) => {
    const { machine, first, id } = await newMachine(t);
    const lease = await first.acquire(id);
    machine.now += 500;
    await first.leases.renew(lease.token);
    assert.equal(await first.leases.end(lease), false);
    assert.equal((await first.store.leases()).length, 1);
  });
});

/** A store of which some methods are others. */
function wrapped(store: LeaseStore, methods: Partial<LeaseStore>): LeaseStore {
  return {
    leaseState: (session) => store.leaseState(session),
    acquire: (request) => store.acquire(request),
    leaveQueue: (ticket) => store.leaveQueue(ticket),
    renew: (token, ttlMs) => store.renew(token, ttlMs),
    release: (token) => store.release(token),
    end: (lease) => store.end(lease),
    leases: () => store.leases(),
    ...methods,
  };
}

/** Until all that can go on without time passing has gone on: nothing here waits for a disk or a socket. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Until so many wait for a session. */
async function queued(store: LeaseStore, session: string, count: number): Promise<void> {
  while ((await store.leaseState(session)).queue.length < count) await idle();
}
