import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Lease } from '../../../server/domain/lease.ts';
import * as state from '../../../server/domain/sessionState.ts';
import { locked, newMachine, START } from './leaseMachine.ts';

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

describe('a session that nobody can come back to', () => {
  it('has no lease, or that of an owner that is proved dead, whether it lasts still or has run out', async (t) => {
    const { machine, open, first, id } = await newMachine(t);
    const [second, elsewhere] = [open(2), open(3, 'another host')];
    const isAbandoned = () => Promise.all([second, elsewhere].map(({ leases }) => leases.isAbandoned(id)));
    assert.deepEqual(await isAbandoned(), [true, true]);
    const { token } = await first.acquire(id);
    assert.deepEqual(await isAbandoned(), [false, false]);
    machine.now += 1000;
    assert.deepEqual(await isAbandoned(), [false, false], 'who slept for longer than that comes back');
    machine.running.delete(1);
    assert.deepEqual(await isAbandoned(), [true, false], 'there is no proof from another host');
    machine.now -= 1000;
    assert.deepEqual(await isAbandoned(), [true, false]);
    await first.leases.release(token);
    assert.deepEqual(await isAbandoned(), [true, true]);
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
