import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { folderIdentity, ownRecordPath } from '../../../server/locks/lockFiles.ts';
import type { LeaseOwner } from '../../../server/protocol/lock.ts';
import { deadPid } from './livingProcess.ts';
import { until } from '../../support/until.ts';
import { Holder, newLocks } from './heldFileLocks.ts';

const HOUR = 3_600_000;

describe('one who waits for a lock on a file', () => {
  it('is told who holds it when the time is over', async (t) => {
    const { folder, path, withWait, counters, lockPath } = await newLocks(t);
    const { child } = await Holder.holding(t, folder, path);
    for (const waitMs of [0, 150]) {
      await assert.rejects(
        withWait(waitMs).withFileLock(path, () => Promise.resolve()),
        {
          code: 'STORE_BUSY',
          message: `The lock on ${path} is held by process ${child.pid}.`,
        },
      );
    }
    assert.ok(counters.values.lockFileWaits > 0);
    const other = { pid: 7, processStart: '1', host: 'another-computer', pidNamespace: 'none' };
    const { record } = await recordOf(await lockPath());
    await writeRecord(await lockPath(), { ...record, owner: other });
    await assert.rejects(
      withWait(0).withFileLock(path, () => Promise.resolve()),
      {
        message: `The lock on ${path} is held by process 7 on another-computer. If that is gone for certain, remove the folder ${await lockPath()}.`,
      },
    );
  });

  it('gets it when it is given back', async (t) => {
    const { folder, path, withWait, counters } = await newLocks(t);
    const holder = await Holder.holding(t, folder, path);
    let isHeld = false;
    const waiting = withWait(60_000).withFileLock(path, () => Promise.resolve((isHeld = true)));
    await until(() => counters.values.lockFileWaits > 0);
    assert.equal(isHeld, false);
    assert.equal(await holder.tell('release'), 'released');
    assert.equal(await waiting, true);
  });

  it('gets it at once from a holder that was killed', async (t) => {
    const { folder, path, locks } = await newLocks(t);
    const holder = await Holder.holding(t, folder, path);
    await holder.kill();
    assert.equal(await locks.withFileLock(path, () => Promise.resolve('ours')), 'ours');
    assert.deepEqual(await readdir(folder), []);
  });

  it('gets it from a holder that is killed while it waits, and only one of several does', async (t) => {
    const { folder, path, withWait, counters } = await newLocks(t);
    const holder = await Holder.holding(t, folder, path);
    let inside = 0;
    const waiting = [1, 2, 3, 4].map(() =>
      withWait(60_000).withFileLock(path, async ({ check }) => {
        const count = ++inside;
        for (let steps = 0; steps < 20; steps++) await turn();
        check();
        inside--;
        return count;
      }),
    );
    await until(() => counters.values.lockFileWaits >= 4);
    await holder.kill();
    assert.deepEqual(await Promise.all(waiting), [1, 1, 1, 1]);
    assert.deepEqual(await readdir(folder), []);
  });

  it('does not get it from one that is stopped, for however long', async (t) => {
    const { folder, path, locks, lockPath } = await newLocks(t);
    const holder = await Holder.holding(t, folder, path);
    holder.child.kill('SIGSTOP');
    await until(async () => / T /.test(await readFile(`/proc/${holder.child.pid}/stat`, 'utf8')));
    for (const ageMs of [0, HOUR, 1000 * HOUR]) {
      const time = new Date(Date.now() - ageMs);
      await utimes(await lockPath(), time, time);
      await assert.rejects(
        locks.withFileLock(path, () => Promise.resolve()),
        {
          code: 'STORE_BUSY',
          message: `The lock on ${path} is held by process ${holder.child.pid}.`,
        },
      );
    }
    holder.child.kill('SIGCONT');
    assert.equal(await holder.tell('check'), 'ours');
    assert.equal(await holder.tell('release'), 'released');
    assert.equal(await locks.withFileLock(path, () => Promise.resolve('ours')), 'ours');
  });

  it('does not get it from one of whom nothing is recorded, unless that has not touched it for ten minutes', async (t) => {
    const { path, locks, lockPath, folder } = await newLocks(t);
    await locks.withFileLock(path, async () => {
      await rm(ownRecordPath(await lockPath()));
      const at = await lockPath();
      for (const ageMs of [0, 60_000, 9.9 * 60_000]) {
        const time = new Date(Date.now() - ageMs);
        await utimes(at, time, time);
        await assert.rejects(
          locks.withFileLock(path, () => Promise.resolve()),
          { code: 'STORE_BUSY', message: /held by another process/ },
        );
      }
      const time = new Date(Date.now() - 10.1 * 60_000);
      await utimes(at, time, time);
      assert.equal(await locks.withFileLock(path, () => Promise.resolve('ours')), 'ours');
    });
    assert.deepEqual(await readdir(folder), []);
  });

  it('does not take the record of an earlier holder for that of the present one', async (t) => {
    const { path, locks, lockPath, files, owners } = await newLocks(t);
    await locks.withFileLock(path, async () => {
      const at = await lockPath();
      // As one leaves it whose process ended while it held the lock.
      const { record } = await recordOf(at);
      await writeRecord(at, {
        ...record,
        owner: { ...(await owners.self(undefined)), pid: await deadPid() },
      });
      assert.equal((await files.look(at))?.verdict, 'dead');
      // Many file systems give the next folder the same inode.
      await rmdir(at);
      await mkdir(at);
      assert.equal((await files.look(at))?.verdict, 'unverifiable');
      await assert.rejects(
        locks.withFileLock(path, () => Promise.resolve()),
        { code: 'STORE_BUSY' },
      );
      await rmdir(at);
    });
  });
});

/** Our record of a lock's holder, as it is on disk. */
async function recordOf(lockPath: string): Promise<{ record: { path: string; folder: string } }> {
  const folder = folderIdentity(await stat(lockPath, { bigint: true }));
  return { record: { path: '/guarded', folder } };
}

async function writeRecord(
  lockPath: string,
  record: { path: string; folder: string; owner: LeaseOwner },
): Promise<void> {
  await writeFile(ownRecordPath(lockPath), JSON.stringify(record));
}
