import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import * as state from '../../../server/domain/sessionState.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../server/platform/fileSystem.ts';
import type { AcquireRequest } from '../../../server/store/leaseStore.ts';
import { SqliteLeaseStore } from '../../../server/store/sqliteLeaseStore.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../server/store/storeFile.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { firstStep } from './conformance.ts';
import { leaseCommands, newModel, type RealStore } from './leaseCommands.ts';

const START = Date.UTC(2026, 0, 1);

/** A store on a real file, whose clock stands still until it is set. */
async function newStore(t: TestContext): Promise<RealStore & { id: string }> {
  const path = join(await tempFolder(t), 'lockstep.db');
  const file = new StoreFile({ path, fileSystem: systemFileSystem, counters: new Counters() });
  t.after(() => file.close());
  const clock = { time: START, now: () => clock.time };
  const sessions = new SqliteSessionStore(file, clock);
  const { id } = await sessions.create(firstStep({}, START));
  return { leases: new SqliteLeaseStore(file, clock), sessions, clock, id };
}

function ask(session: string, more: Partial<AcquireRequest> = {}): AcquireRequest {
  const owner = { pid: 1, host: 'here' };
  return {
    session,
    owner,
    waiter: owner,
    ttlMs: 100,
    ticket: undefined,
    until: undefined,
    deaths: {},
    ...more,
  };
}

const locked = { code: 'SESSION_LOCKED' };

describe('the lease store', () => {
  it('never gives a fence twice, also when the session that had it was removed', async (t) => {
    const { leases, sessions, id } = await newStore(t);
    const first = await leases.acquire(ask(id));
    await leases.release(first.granted?.token ?? '');
    await sessions.remove(id);
    const other = await sessions.create(firstStep());
    const second = await leases.acquire(ask(other.id));
    assert.ok((second.granted?.fence ?? 0) > (first.granted?.fence ?? Infinity));
  });

  it('leaves a lease that ran out to its holder until another takes over, and then refuses its token', async (t) => {
    const { leases, sessions, clock, id } = await newStore(t);
    const { granted } = await leases.acquire(ask(id));
    const token = granted?.token ?? '';
    const write = (access: { token?: string }) =>
      sessions.update(id, state.addEvent({ id, type: 'note', data: {} }), access);
    clock.time += 200;
    await write({ token });
    await write({});
    assert.equal((await leases.renew(token, undefined)).expiresAt, clock.time + 100);
    clock.time += 100;
    await leases.acquire(ask(id));
    await assert.rejects(write({ token }), locked);
    await assert.rejects(leases.renew(token, undefined), locked);
    assert.equal(await leases.release(token), false);
    clock.time += 1000;
    await assert.rejects(write({ token }), locked, 'for ever');
  });

  it('serves waiters in the order of their tickets; nobody who does not wait overtakes them', async (t) => {
    const { leases, id } = await newStore(t);
    const { granted } = await leases.acquire(ask(id));
    const until = START + 10_000;
    const first = await leases.acquire(ask(id, { until }));
    const second = await leases.acquire(ask(id, { until }));
    await leases.release(granted?.token ?? '');
    const tries = [
      ask(id),
      ask(id, { until, ticket: second.ticket }),
      ask(id, { until, ticket: first.ticket }),
    ];
    const served: boolean[] = [];
    for (const one of tries) served.push((await leases.acquire(one)).granted !== undefined);
    assert.deepEqual(served, [false, false, true]);
  });

  it("takes the proof of an earlier holder's death for no more than that", async (t) => {
    const { leases, id } = await newStore(t);
    const first = await leases.acquire(ask(id));
    const deaths = { fence: first.granted?.fence };
    const second = await leases.acquire(ask(id, { deaths }));
    assert.ok(second.granted);
    assert.equal((await leases.acquire(ask(id, { deaths }))).granted, undefined);
    assert.deepEqual((await leases.leaseState(id)).lease, second.granted);
  });

  it('carries out a pause that was left for the holder when its lease is released', async (t) => {
    const { leases, sessions, id } = await newStore(t);
    const { granted } = await leases.acquire(ask(id));
    await sessions.update(id, state.pause({ id, reason: 'lunch' }), { isControl: true });
    assert.equal((await sessions.get(id)).status, 'active');
    await leases.release(granted?.token ?? '');
    assert.equal((await sessions.get(id)).status, 'paused');
    const last = await sessions.lastEvents(id, 1);
    assert.deepEqual(
      last.map(({ type, data }) => [type, data['reason']]),
      [['pause', 'lunch']],
    );
  });

  it('does what its model does, whatever is called in whatever order', async (t) => {
    const real = await newStore(t);
    let fence = 0;
    await fc.assert(
      fc.asyncProperty(leaseCommands, async (commands) => {
        const model = await newModel(real, fence);
        await fc.asyncModelRun(() => ({ model, real }), commands);
        ({ fence } = model);
      }),
      { numRuns: 60 },
    );
  });
});
