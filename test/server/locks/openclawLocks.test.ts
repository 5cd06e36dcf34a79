import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { lstat, readdir, readFile, rename, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LockstepError } from '../../../server/domain/errors.ts';
import { OpenclawLocks, type HeldOpenclawLock } from '../../../server/locks/openclawLocks.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { systemClock, type Clock } from '../../../server/platform/clock.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import { isPlainObject } from '../../../server/protocol/json.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { until } from '../../support/until.ts';
import { put, setAge } from './house.ts';
import { lockFilesIn } from './lockFilesIn.ts';
import { deadPid, LivingProcess } from './livingProcess.ts';

const HOLDER = fileURLToPath(new URL('./openclawLockHolder.ts', import.meta.url));
const MINUTE = 60_000;

async function newLocks(t: TestContext, { clock = systemClock }: { readonly clock?: Clock } = {}) {
  const folder = await tempFolder(t);
  const processes = systemProcesses();
  const owners = new Owners(processes);
  const counters = new Counters();
  const files = lockFilesIn('/no/locks/of/our/own', processes);
  const store = join(folder, 'sessions.json');
  return {
    folder,
    counters,
    files,
    store,
    lock: `${store}.lock`,
    transcript: join(folder, 'a.jsonl'),
    names: () => readdir(folder),
    withWait: (waitMs: number) => new OpenclawLocks({ owners, files, clock, counters, waitMs }),
    locks: new OpenclawLocks({ owners, files, clock, counters, waitMs: 0 }),
  };
}

/** Another Lockstep that holds a lock. Ends with the test, if not before. */
class Holder {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(t: TestContext, path: string) {
    this.child = spawn(process.execPath, [HOLDER, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    t.after(() => this.kill());
  }

  static async holding(t: TestContext, path: string): Promise<Holder> {
    const holder = new Holder(t, path);
    assert.deepEqual(await once(createInterface({ input: holder.child.stdout }), 'line'), ['held']);
    return holder;
  }

  /** Gives the lock back, and ends. */
  release(): void {
    this.child.stdin.end();
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}

const nothing = () => Promise.resolve();

async function refusal(work: Promise<unknown>): Promise<LockstepError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof LockstepError, `no refusal: ${String(error)}`);
  return error;
}

describe("a lock on OpenClaw's files", () => {
  it('says who holds it in the forms that OpenClaw 2026.2 and 2026.7 read', async (t) => {
    const { locks, store, lock, transcript } = await newLocks(t);
    const before = Date.now();
    for (const path of [store, transcript]) {
      await locks.withLock(path, async () => {
        const said: unknown = JSON.parse(await readFile(`${path}.lock`, 'utf8'));
        assert.ok(isPlainObject(said));
        assert.equal(said['pid'], process.pid);
        const { startedAt, createdAt } = said;
        assert.ok(typeof startedAt === 'number' && startedAt >= before && startedAt <= Date.now());
        assert.equal(createdAt, new Date(startedAt).toISOString());
        if (process.platform === 'linux') {
          const stat = await readFile('/proc/self/stat', 'utf8');
          assert.equal(said['starttime'], Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]));
        }
        assert.equal((await lstat(`${path}.lock`)).mode & 0o777, 0o600);
      });
    }
    await assert.rejects(readFile(lock), { code: 'ENOENT' });
  });

  it('is never seen without its content', async (t) => {
    const { withWait, store, lock } = await newLocks(t);
    const locks = withWait(MINUTE);
    const over = new AbortController();
    const seen = new Set<boolean>();
    const looking = (async () => {
      while (!over.signal.aborted) {
        const content = await readFile(lock, 'utf8').catch(() => undefined);
        if (content !== undefined) seen.add(content.endsWith('}'));
      }
    })();
    await until(async () => {
      await locks.withLock(store, turn);
      return seen.size > 0;
    });
    for (let left = 30; left > 0; left--) await locks.withLock(store, turn);
    over.abort();
    await looking;
    assert.deepEqual([...seen], [true]);
  });

  it('is given back, also when the work fails, and leaves nothing', async (t) => {
    const { locks, store, names } = await newLocks(t);
    assert.equal(await locks.withLock(store, () => Promise.resolve(7)), 7);
    await assert.rejects(
      locks.withLock(store, () => Promise.reject(new Error('the work'))),
      /the work/,
    );
    assert.deepEqual(await names(), []);
  });

  it('is in the real folder, so that ways through links lead to one lock', async (t) => {
    const { locks, folder, store } = await newLocks(t);
    const link = join(await tempFolder(t), 'link');
    await symlink(folder, link);
    await locks.withLock(join(link, 'sessions.json'), async () => {
      assert.deepEqual(await readdir(folder), ['sessions.json.lock']);
      assert.equal((await refusal(locks.withLock(store, nothing))).code, 'STORE_BUSY');
    });
  });

  it('lets calls of one process take turns', async (t) => {
    const { withWait, store, names } = await newLocks(t);
    const locks = withWait(MINUTE);
    let inside = 0;
    const most = await Promise.all(
      Array.from({ length: 6 }, () =>
        locks.withLock(store, async ({ check }) => {
          inside++;
          for (let steps = 0; steps < 5; steps++) await turn();
          check();
          return inside--;
        }),
      ),
    );
    assert.deepEqual(most, [1, 1, 1, 1, 1, 1]);
    assert.deepEqual(await names(), []);
  });

  it('makes the folder of what it guards, and says why where it cannot', async (t) => {
    const { locks, folder } = await newLocks(t);
    await locks.withLock(join(folder, 'a', 'b', 'sessions.json'), nothing);
    assert.deepEqual(await readdir(join(folder, 'a', 'b')), []);
    await writeFile(join(folder, 'file'), '');
    const error = await refusal(locks.withLock(join(folder, 'file', 'sessions.json'), nothing));
    assert.equal(error.code, 'STORE_UNAVAILABLE');
  });
});

describe("one who waits for a lock on OpenClaw's files", () => {
  it('is told who holds it when the time is over', async (t) => {
    const { withWait, store, transcript, counters } = await newLocks(t);
    for (const [path, code, what] of [
      [store, 'STORE_BUSY', 'session store'],
      [transcript, 'SESSION_LOCKED', 'transcript'],
    ] as const) {
      const { child } = await Holder.holding(t, path);
      for (const waitMs of [0, 120]) {
        const error = await refusal(withWait(waitMs).withLock(path, nothing));
        assert.equal(error.code, code);
        assert.match(
          error.message,
          new RegExp(
            `^The ${what} ${path} is locked by process ${child.pid}, for \\d+ s; waited ${waitMs} ms\\.$`,
          ),
        );
        assert.deepEqual([error.details['lock'], error.details['verdict']], [`${path}.lock`, 'alive']);
      }
    }
    assert.ok(counters.values.lockFileWaits > 0);
  });

  it('gets it when it is given back', async (t) => {
    const { withWait, store, counters } = await newLocks(t);
    const holder = await Holder.holding(t, store);
    const waiting = withWait(MINUTE).withLock(store, () => Promise.resolve('ours'));
    await until(() => counters.values.lockFileWaits > 0);
    holder.release();
    assert.equal(await waiting, 'ours');
  });

  it('gets that of a Lockstep which was killed at once, though the store has just been written', async (t) => {
    const { locks, store, names, counters } = await newLocks(t);
    await writeFile(store, '{}');
    const holder = await Holder.holding(t, store);
    await holder.kill();
    assert.equal(await locks.withLock(store, () => Promise.resolve('ours')), 'ours');
    assert.deepEqual(await names(), ['sessions.json']);
    assert.equal(counters.values.lockFilesRemoved, 1);
  });

  it('does not get that of a living process, however old it is', async (t) => {
    const { locks, store, lock } = await newLocks(t);
    const { pid } = new LivingProcess(t);
    for (const ageMs of [0, 31_000, 24 * 60 * MINUTE]) {
      // Old enough for the process to have begun before it.
      await put(lock, { pid, startedAt: Date.now() + 1000 }, ageMs);
      assert.equal((await refusal(locks.withLock(store, nothing))).details['verdict'], 'alive');
    }
  });

  it('does not get that of a gateway which was killed before the store has been left alone for two minutes', async (t) => {
    const { locks, store, lock, names } = await newLocks(t);
    await put(lock, { pid: await deadPid(), startedAt: Date.now() });
    await put(store, '{}', 1.9 * MINUTE);
    const error = await refusal(locks.withLock(store, nothing));
    assert.equal(error.code, 'STORE_BUSY');
    assert.ok(error.message.endsWith(` If that has ended for certain, remove ${lock}.`), error.message);
    await setAge(store, 2.1 * MINUTE);
    assert.equal(await locks.withLock(store, () => Promise.resolve('ours')), 'ours');
    assert.deepEqual(await names(), ['sessions.json']);
  });

  it('does not judge that of a Lockstep by its pid where that counts elsewhere', async (t) => {
    const { locks, store, lock } = await newLocks(t);
    const pid = await deadPid();
    const self = await new Owners(systemProcesses()).self('lockstep');
    await put(store, '{}', 10 * MINUTE);
    for (const [owner, verdict] of [
      [{ ...self, pid, host: 'another-computer' }, 'unverifiable'],
      [{ ...self, pid, pidNamespace: 'pid:[1]' }, 'unverifiable'],
    ] as const) {
      await put(lock, { pid, startedAt: Date.now(), owner });
      assert.equal((await refusal(locks.withLock(store, nothing))).details['verdict'], verdict);
    }
    // An owner who is not the one whom the rest tells of is not believed.
    await put(lock, { pid, startedAt: Date.now(), owner: self });
    assert.equal(await locks.withLock(store, () => Promise.resolve('ours')), 'ours');
  });

  it('gets an empty one when that is older than 30 s', async (t) => {
    const { withWait, locks, store, lock } = await newLocks(t);
    await put(lock, '', 25_000);
    assert.equal((await refusal(locks.withLock(store, nothing))).code, 'STORE_BUSY');
    await put(lock, '', 31_000);
    assert.equal(await withWait(MINUTE).withLock(store, () => Promise.resolve('ours')), 'ours');
  });

  it('believes a lock that gateways may have taken from each other only when they had time to end', async (t) => {
    const { withWait, store, lock, counters } = await newLocks(t);
    const { pid } = new LivingProcess(t);
    await put(lock, { pid, startedAt: Date.now() + 1000 }, 31_000);
    const waiting = withWait(MINUTE).withLock(store, () => readFile(store, 'utf8'));
    await until(() => counters.values.lockFileWaits > 0);
    await unlink(lock);
    // A gateway that took it too ends now: it writes, and gives back what is not its own.
    await until(async () => (await readFile(lock, 'utf8').catch(() => '')).includes(`"pid": ${process.pid}`));
    await writeFile(store, 'what the gateway wrote');
    await unlink(lock);
    assert.equal(await waiting, 'what the gateway wrote');
  });
});

describe("a holder of a lock on OpenClaw's files", () => {
  const taken = { code: 'STORE_BUSY', message: /was taken from this process\. Nothing was written\./ };

  it('is told when it is gone, or another is in its place, and does not remove that', async (t) => {
    const { locks, store, lock } = await newLocks(t);
    await locks.withLock(store, async ({ check }) => {
      check();
      await unlink(lock);
      assert.throws(check, taken);
      await writeFile(lock, '{}');
      assert.throws(check, taken);
    });
    assert.equal(await readFile(lock, 'utf8'), '{}');
  });

  it('is not deceived by a copy of its lock', async (t) => {
    const { locks, store, lock } = await newLocks(t);
    await locks.withLock(store, async ({ check }) => {
      const content = await readFile(lock);
      await rename(lock, `${lock}.aside`);
      await writeFile(lock, content);
      assert.throws(check, taken);
    });
    await lstat(lock);
  });

  it('is refused once it has had it for 20 s, by the clock or by the time of the file', async (t) => {
    let ahead = 0;
    const { locks, store, lock, names } = await newLocks(t, { clock: { now: () => Date.now() + ahead } });
    const late = { code: 'STORE_BUSY', message: /was held for too long\. Nothing was written\./ };
    const held: HeldOpenclawLock[] = [];
    await locks.withLock(store, async ({ check }) => {
      held.push({ check });
      ahead = 19_000;
      check();
      ahead = 20_500;
      assert.throws(check, late);
      ahead = 0;
      check();
      await utimes(lock, new Date(Date.now() - 21_000), new Date(Date.now() - 21_000));
      assert.throws(check, late);
    });
    assert.deepEqual(await names(), []);
    assert.throws(() => held[0]?.check(), taken);
  });
});
