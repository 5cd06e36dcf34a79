import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FileLocks, type Held } from '../../../server/locks/fileLock.ts';
import { folderIdentity, ownRecordPath } from '../../../server/locks/lockFiles.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import type { LeaseOwner } from '../../../server/protocol/lock.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { lockFilesIn } from './house.ts';
import { deadPid } from './livingProcess.ts';
import { until } from '../../support/until.ts';

const HOLDER = fileURLToPath(new URL('./fileLockHolder.ts', import.meta.url));
const HOUR = 3_600_000;

async function newLocks(t: TestContext, waitMs = 0) {
  const folder = join(await tempFolder(t), 'locks');
  const owners = new Owners(systemProcesses());
  const counters = new Counters();
  const files = lockFilesIn(folder);
  const withWait = (waitMs: number) => new FileLocks({ folder, owners, files, counters, waitMs });
  const lockPath = async () => {
    const name = (await readdir(folder)).find((one) => one.endsWith('.lock'));
    assert.ok(name);
    return join(folder, name);
  };
  return {
    folder,
    files,
    owners,
    counters,
    lockPath,
    withWait,
    locks: withWait(waitMs),
    path: '/guarded/export.jsonl',
  };
}

/** Another process that holds a lock. Ends with the test, if not before. */
class Holder {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(t: TestContext, args: readonly string[]) {
    this.child = spawn(process.execPath, [HOLDER, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    t.after(() => this.kill());
  }

  static async holding(t: TestContext, folder: string, path: string): Promise<Holder> {
    const holder = new Holder(t, [folder, path]);
    assert.equal(await holder.line(), 'held');
    return holder;
  }

  /** One that adds to a number in a file and ends. */
  static counting(t: TestContext, folder: string, path: string, file: string, times: number): Holder {
    return new Holder(t, [folder, path, 'count', file, String(times)]);
  }

  async line(): Promise<string | undefined> {
    const next = await this.#lines.next();
    return next.done === true ? undefined : next.value;
  }

  async tell(words: string): Promise<string | undefined> {
    this.child.stdin.write(`${words}\n`);
    return this.line();
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended();
  }
}

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

const lost = { code: 'STORE_BUSY', message: /was lost while this process did not run/ };

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
