import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, rmdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { FileLocks, type Held } from '../../../server/locks/fileLock.ts';
import { ownRecordPath } from '../../../server/locks/lockFiles.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { lockFilesIn } from './lockFilesIn.ts';
import { Holder, newLocks } from './heldFileLocks.ts';

const lost = { code: 'STORE_BUSY', message: /was lost while this process did not run/ };

describe('a lock on a file', () => {
  it('is held by one process at a time', async (t) => {
    const { folder, path } = await newLocks(t);
    const file = join(await tempFolder(t), 'count');
    await writeFile(file, '0');
    const holders = [1, 2, 3].map(() => Holder.counting(t, folder, path, file, 15));
    assert.deepEqual(await Promise.all(holders.map((holder) => holder.ended())), [0, 0, 0]);
    assert.equal(await readFile(file, 'utf8'), '45');
    assert.deepEqual(await readdir(folder), [], 'nothing is left');
  });

  it('is held by one call of a process at a time', async (t) => {
    const { folder, path, withWait } = await newLocks(t);
    const locks = withWait(60_000);
    let inside = 0;
    const most = await Promise.all(
      Array.from({ length: 8 }, () =>
        locks.withFileLock(path, async ({ check }) => {
          inside++;
          for (let steps = 0; steps < 5; steps++) await turn();
          check();
          return inside--;
        }),
      ),
    );
    assert.deepEqual(most, [1, 1, 1, 1, 1, 1, 1, 1]);
    assert.deepEqual(await readdir(folder), []);
  });

  it('is its own for each file, however its path is written', async (t) => {
    const { locks, path } = await newLocks(t);
    await locks.withFileLock(path, async () => {
      await locks.withFileLock(`${path}.other`, () => Promise.resolve());
      await assert.rejects(
        locks.withFileLock('/guarded/./x/../export.jsonl', () => Promise.resolve()),
        { code: 'STORE_BUSY' },
      );
    });
  });

  it('is given back when the work fails, and gives what the work gives', async (t) => {
    const { locks, path, folder } = await newLocks(t);
    await assert.rejects(
      locks.withFileLock(path, () => Promise.reject(new Error('the work'))),
      /the work/,
    );
    assert.equal(await locks.withFileLock(path, () => Promise.resolve(7)), 7);
    assert.deepEqual(await readdir(folder), []);
  });
});

describe('a holder whose lock is gone', () => {
  it('is told when it checks, at once, and nothing else happens', async (t) => {
    const { path, locks, lockPath, folder } = await newLocks(t);
    const result = await locks.withFileLock(path, async ({ check }) => {
      check();
      await rmdir(await lockPath());
      assert.throws(check, lost);
      return 'went on';
    });
    assert.equal(result, 'went on');
    assert.deepEqual(await readdir(folder), []);
  });

  it('sees nothing thrown from a timer when proper-lockfile finds out', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { path, locks, lockPath } = await newLocks(t);
    await locks.withFileLock(path, async ({ check }) => {
      await rmdir(await lockPath());
      for (let touches = 0; touches < 3; touches++) {
        t.mock.timers.tick(10_000);
        // What the timer began is through after some turns of the event loop.
        for (let turns = 0; turns < 50; turns++) await turn();
      }
      assert.throws(check, lost);
    });
  });

  it('still holds it where somebody else has touched the folder', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { path, locks, lockPath, folder } = await newLocks(t);
    await locks.withFileLock(path, async ({ check }) => {
      await utimes(await lockPath(), 1, 1);
      t.mock.timers.tick(10_000);
      for (let turns = 0; turns < 50; turns++) await turn();
      check();
    });
    assert.deepEqual(await readdir(folder), []);
  });

  it('neither removes nor unnames that of the next holder', async (t) => {
    const { path, locks, lockPath, folder, files } = await newLocks(t);
    const held = Promise.withResolvers<Held>();
    const done = Promise.withResolvers<void>();
    const first = locks.withFileLock(path, (one) => {
      held.resolve(one);
      return done.promise;
    });
    const { check } = await held.promise;
    const at = await lockPath();
    await rename(at, `${folder}-aside`);
    const next = await Holder.holding(t, folder, path);
    assert.throws(check, lost);
    done.resolve();
    await first;
    const lock = await files.look(at);
    assert.deepEqual([lock?.verdict, lock?.owner.pid], ['alive', next.child.pid]);
    assert.equal(await next.tell('check'), 'ours');
    assert.equal(await next.tell('release'), 'released');
    assert.deepEqual(await readdir(folder), []);
  });
});

describe('a process that exits while it holds a lock', () => {
  it('leaves no lock', async (t) => {
    const { folder, path, locks } = await newLocks(t);
    const holder = await Holder.holding(t, folder, path);
    assert.equal(await holder.tell('exit'), undefined);
    assert.equal(await holder.ended(), 0);
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.endsWith('.lock')),
      [],
    );
    await locks.withFileLock(path, () => Promise.resolve());
    assert.deepEqual(await readdir(folder), []);
  });

  it('does not remove that of the next holder', async (t) => {
    const { folder, path, files, lockPath } = await newLocks(t);
    const holder = await Holder.holding(t, folder, path);
    const at = await lockPath();
    await rename(at, `${folder}-aside`);
    const next = await Holder.holding(t, folder, path);
    assert.equal(await holder.tell('exit'), undefined);
    assert.equal(await holder.ended(), 0);
    assert.equal((await files.look(at))?.owner.pid, next.child.pid);
    assert.equal(await next.tell('check'), 'ours');
  });
});

describe('the folder of locks', () => {
  it('that cannot be used is told of in words', async (t) => {
    const folder = join(await tempFolder(t), 'a file');
    await writeFile(folder, '');
    const owners = new Owners(systemProcesses());
    const locks = new FileLocks({
      folder,
      owners,
      files: lockFilesIn(folder),
      counters: new Counters(),
      waitMs: 0,
    });
    await assert.rejects(
      locks.withFileLock('/guarded', () => Promise.resolve()),
      { code: 'STORE_UNAVAILABLE' },
    );
  });

  it('keeps no lock of one who could not say who it is', async (t) => {
    const { path, folder, locks, lockPath } = await newLocks(t);
    const at = await locks.withFileLock(path, lockPath);
    await mkdir(ownRecordPath(at));
    await assert.rejects(
      locks.withFileLock(path, () => Promise.resolve()),
      { code: 'STORE_UNAVAILABLE' },
    );
    await rmdir(ownRecordPath(at));
    assert.deepEqual(await readdir(folder), []);
    assert.equal(await locks.withFileLock(path, () => Promise.resolve('ours')), 'ours');
  });
});
