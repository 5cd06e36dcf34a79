import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as state from '../../../server/domain/sessionState.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { idle, locked, newMachine, queued, START, wrapped } from './leaseMachine.ts';

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
