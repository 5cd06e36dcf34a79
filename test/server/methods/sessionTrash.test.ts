import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { locksAcquire } from '../../../server/protocol/lockMethods.ts';
import * as lifecycle from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsFind, sessionsGet } from '../../../server/protocol/sessionQueryMethods.ts';
import * as trash from '../../../server/protocol/sessionTrashMethods.ts';
import { cleanUp } from '../../../server/methods/sessionCleanup.ts';
import { systemClock } from '../../../server/platform/clock.ts';
import { LivingProcess } from '../locks/livingProcess.ts';
import { caller } from './caller.ts';

const start = { task: 'Fix the tests', mode: 'developer' };

describe('removing a session', () => {
  it('is refused while somebody holds it, to the holder as well', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, start);
    const { pid } = new LivingProcess(t);
    const { token } = await call(locksAcquire, { session: id, ownerPid: pid });
    await assert.rejects(call(trash.sessionsRemove, { id }), { code: 'SESSION_LOCKED' });
    await assert.rejects(call(trash.sessionsRemove, { id, lease: token }), { code: 'SESSION_LOCKED' });
    assert.equal((await call(sessionsGet, { id })).id, id);
  });

  it('goes through when the holder is proved dead', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, start);
    const holder = new LivingProcess(t);
    await call(locksAcquire, { session: id, ownerPid: holder.pid, ttlMs: 600_000 });
    await holder.kill();
    await call(trash.sessionsRemove, { id });
    await assert.rejects(call(sessionsGet, { id }), { code: 'SESSION_NOT_FOUND' });
  });
});

describe('cleaning up', () => {
  it('plans without a change, then removes just what was chosen of the plan and is as it was', async (t) => {
    const call = await caller(t);
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) {
      const { id } = await call(lifecycle.sessionsStart, start);
      await call(lifecycle.sessionsComplete, { id });
      ids.push(id);
    }
    const [chosen = '', changed = '', left = ''] = ids;
    const plan = await call(trash.sessionsCleanup, { olderThanDays: 0 });
    assert.deepEqual(plan.sessions.map(({ id }) => id).sort(), ids.sort());
    assert.deepEqual([plan.total, plan.removed], [3, []]);
    await call(lifecycle.sessionsUpdate, { id: changed, title: 'Still needed' });
    const items = plan.sessions.filter(({ id }) => id !== left);
    // Of the age that the plan was made for, nothing is said again.
    const done = await call(trash.sessionsCleanup, { dryRun: false, items });
    assert.deepEqual(done.removed, [chosen]);
    assert.deepEqual(
      done.skipped.map(({ id, message }) => [id, /has changed/.test(message)]),
      [[changed, true]],
    );
    await call(sessionsGet, { id: left });
    const again = await call(trash.sessionsCleanup, { dryRun: false, items: [items[0]?.fingerprint ?? ''] });
    assert.equal(again.removed.length, 0);
  });

  it('removes all that is old enough, also where a plan has no room for them', async (t) => {
    const call = await caller(t);
    const count = trash.MAX_PLANNED + 5;
    const started = await Promise.all(
      Array.from({ length: count }, () => call(lifecycle.sessionsStart, start)),
    );
    await Promise.all(started.map(({ id }) => call(lifecycle.sessionsArchive, { id })));
    const live = await call(lifecycle.sessionsStart, start);
    const plan = await call(trash.sessionsCleanup, { olderThanDays: 0 });
    assert.deepEqual([plan.sessions.length, plan.total], [trash.MAX_PLANNED, count]);
    const { removed, skipped } = await call(trash.sessionsCleanup, { olderThanDays: 0, dryRun: false });
    assert.deepEqual([removed.length, skipped], [count, []]);
    const { sessions } = await call(sessionsFind, { archived: true });
    assert.deepEqual(
      sessions.map(({ id }) => id),
      [live.id],
    );
  });

  it('counts the days since a session ended, and leaves younger ones', async (t) => {
    const call = await caller(t);
    const { id } = await call(lifecycle.sessionsStart, start);
    await call(lifecycle.sessionsComplete, { id });
    assert.equal((await call(trash.sessionsCleanup, {})).total, 0);
    assert.equal((await call(trash.sessionsCleanup, { olderThanDays: 0.5 })).total, 0);
  });

  it('removes a family, parents before their children, also over several transactions', async (t) => {
    const call = await caller(t);
    const parent = await call(lifecycle.sessionsStart, start);
    const children = await Promise.all(
      Array.from({ length: 60 }, () => call(lifecycle.sessionsStart, { ...start, parentId: parent.id })),
    );
    await call(lifecycle.sessionsComplete, { id: parent.id });
    const changed = children.at(-1);
    assert.ok(changed);
    for (const { id } of children) await call(lifecycle.sessionsComplete, { id });
    const plan = await call(trash.sessionsCleanup, { olderThanDays: 0 });
    await call(lifecycle.sessionsUpdate, { id: changed.id, title: 'Still needed' });
    const items = plan.sessions.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    assert.equal(items[0]?.id, parent.id);
    const done = await call(trash.sessionsCleanup, { dryRun: false, items });
    assert.deepEqual(
      done.skipped.map(({ id }) => id),
      [changed.id],
    );
    assert.equal(done.removed.length, children.length);
  });

  it('of all removes a family as well', async (t) => {
    const call = await caller(t);
    const parent = await call(lifecycle.sessionsStart, start);
    const ids = [parent.id];
    for (let index = 0; index < 3; index++)
      ids.push((await call(lifecycle.sessionsStart, { ...start, parentId: parent.id })).id);
    for (const id of ids) await call(lifecycle.sessionsComplete, { id });
    const done = await call(trash.sessionsCleanup, { olderThanDays: 0, dryRun: false });
    assert.deepEqual([done.removed.sort(), done.skipped], [ids.sort(), []]);
  });

  it('goes on with the rest where something is skipped, and comes to an end', async () => {
    const ended = Array.from({ length: 60 }, (_, index) => ({ id: `s${index}`, revision: index + 1 }));
    const asked: string[] = [];
    // A store in which others are always a step ahead of every third.
    const store = {
      removable: () => Promise.resolve({ sessions: [], total: ended.length }),
      removableVersions: () => Promise.resolve(ended),
      removeUnchanged: (chosen: readonly { id: string; revision: number }[]) => {
        asked.push(...chosen.map(({ id }) => id));
        const isSkipped = ({ revision }: { revision: number }) => revision % 3 === 0;
        return Promise.resolve({
          removed: chosen.filter((one) => !isSkipped(one)).map(({ id }) => id),
          skipped: chosen.filter(isSkipped).map(({ id }) => ({ id, message: 'changed' })),
          released: [],
        });
      },
    };
    const params = trash.sessionsCleanup.params.parse({ olderThanDays: 0, dryRun: false });
    const { removed, skipped } = await cleanUp(params, store, systemClock);
    assert.deepEqual([removed.length, skipped.length, asked.length], [40, 20, 60]);
  });

  it('lets others have their turn while it removes many', async (t) => {
    const call = await caller(t);
    const started = await Promise.all(
      Array.from({ length: 120 }, () => call(lifecycle.sessionsStart, start)),
    );
    await Promise.all(started.map(({ id }) => call(lifecycle.sessionsArchive, { id })));
    let turns = 0;
    const counting = { isOn: true };
    const count = () => {
      turns++;
      if (counting.isOn) setImmediate(count);
    };
    setImmediate(count);
    const { removed } = await call(trash.sessionsCleanup, { olderThanDays: 0, dryRun: false });
    counting.isOn = false;
    assert.equal(removed.length, 120);
    assert.ok(turns >= 4, `${turns} turns`);
  });

  it('refuses items that no plan has given', async (t) => {
    const call = await caller(t);
    for (const item of ['', 'x', 'id@', '@1', 'id@x'])
      await assert.rejects(call(trash.sessionsCleanup, { dryRun: false, items: [item] }), {
        code: 'INVALID_PARAMS',
      });
  });
});
