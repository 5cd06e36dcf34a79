import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type * as z from 'zod';
import { LockModel } from '../../../client/services/lockModel.ts';
import { groupOfLock, lockIdentity } from '../../../client/views/lockNode.ts';
import type { Lock } from '../../../server/protocol/lock.ts';
import type { Method } from '../../../server/protocol/method.ts';

const file: Lock = {
  kind: 'file',
  format: 'openclaw',
  path: '/a/x.jsonl.lock',
  guards: '/a/x.jsonl',
  owner: { pid: 7 },
  ageMs: 10,
  verdict: 'alive',
  reasons: [],
  fingerprint: 'f',
  removable: true,
};
const lease: Lock = { ...file, kind: 'lease', format: 'lockstep', session: 's', fence: 3 };

/** A server, as a stand-in, that answers with these locks, one answer for each call. */
function modelOf(...answers: readonly (readonly Lock[] | Error)[]) {
  const left = [...answers];
  let calls = 0;
  const model = new LockModel(<P extends z.ZodType, R extends z.ZodType>(method: Method<P, R>) => {
    calls++;
    const answer = left.shift() ?? [];
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve(method.result.parse({ locks: answer, problems: [] }));
  });
  return { model, calls: () => calls };
}

describe('the locks that a window knows', () => {
  it('are counted as stale only where they can be cleaned up', async () => {
    const { model } = modelOf([
      file,
      { ...file, path: '/b', verdict: 'dead' },
      { ...file, path: '/c', verdict: 'dead', removable: false },
      { ...lease, verdict: 'unverifiable', reasons: ['expired'] },
      { ...lease, session: 't', verdict: 'alive', reasons: ['expired'] },
    ]);
    assert.equal(model.isLoaded, false);
    await model.reload();
    assert.equal(model.staleCount, 1);
    assert.deepEqual(model.locks.map(groupOfLock), ['held', 'stale', 'leftBehind', 'unverifiable', 'held']);
  });

  it('stay as they were when they cannot be read, which is told', async () => {
    const { model } = modelOf([file], new Error('down'));
    let told = 0;
    model.onDidChange(() => told++);
    await model.reload();
    await model.reload();
    assert.deepEqual([model.locks.length, told], [1, 2]);
    assert.match(String(model.error), /down/);
  });

  it('are read once for calls that come together', async () => {
    const { model, calls } = modelOf([], []);
    await Promise.all([model.reload(), model.reload(), model.reload()]);
    assert.equal(calls(), 1);
  });

  it('are the same holding after a renewal, and another one after the next grant', () => {
    const renewed = { ...lease, fingerprint: 'g', expiresAt: new Date().toISOString() };
    assert.equal(lockIdentity(renewed), lockIdentity(lease));
    assert.notEqual(lockIdentity({ ...lease, fence: 4 }), lockIdentity(lease));
    assert.notEqual(lockIdentity({ ...file, owner: { pid: 8 } }), lockIdentity(file));
  });
});
