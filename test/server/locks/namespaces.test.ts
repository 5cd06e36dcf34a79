import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FileLocks } from '../../../server/locks/fileLock.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { existence } from '../../../server/platform/signals.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import type { Lock } from '../../../server/protocol/lock.ts';
import { locksAcquire, locksClean, locksList } from '../../../server/protocol/lockMethods.ts';
import { sessionsIterate, sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { RpcClient } from '../../support/rpcClient.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { iso, names, put } from './house.ts';
import { lockFilesIn } from './lockFilesIn.ts';
import { LivingProcess } from './livingProcess.ts';

/*
 * A second pid namespace, as a container has one, on the same files. It needs root and util-linux, and there is no way
 * around it: where it cannot be made, these tests fail.
 */
const NAMESPACES = [
  { name: 'with its own procfs', unshare: ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'] },
  { name: 'with the procfs of the outer one', unshare: ['unshare', '--pid', '--fork', '--kill-child'] },
];
const HOLDER = fileURLToPath(new URL('./fileLockHolder.ts', import.meta.url));

/** Two servers on one store, one of them in the inner namespace, and a folder of locks that is said to be shared. */
async function twoServers(t: TestContext, unshare: readonly string[]) {
  const folder = await tempFolder(t);
  const shared = join(folder, 'shared');
  const env = { LOCKSTEP_LOCK_SHARED_ROOTS: shared, HOME: join(folder, 'user') };
  const outer = new RpcClient(t, join(folder, 'home'), { env });
  const newSession = async () => (await outer.call(sessionsStart, { task: 't', mode: 'm' })).id;
  await newSession();
  const inner = new RpcClient(t, join(folder, 'home'), { env, under: unshare });
  const newFolder = async (parent: string) => {
    await mkdir(parent, { recursive: true });
    return mkdtemp(join(parent, 'locks-'));
  };
  return {
    outer,
    inner,
    newSession,
    newShared: () => newFolder(shared),
    newPlain: () => newFolder(join(folder, 'plain')),
  };
}

/** What is said of the lease on a session, or of the lock files. */
const judged = (locks: readonly Lock[], session?: string) =>
  locks.filter((lock) => lock.session === session).map(({ verdict, reasons }) => [verdict, ...reasons]);

for (const { name, unshare } of NAMESPACES) {
  it(`a process in another pid namespace ${name}`, async (t) => {
    const servers = await twoServers(t, unshare);

    await t.test('loses its lease to one who waits when that has run out', async () => {
      const { outer, inner, newSession } = servers;
      const session = await newSession();
      const first = await inner.call(locksAcquire, { session, ttlMs: 500, ownerPid: 1 });
      const second = await outer.call(locksAcquire, { session, waitMs: 60_000 });
      assert.ok(Date.now() >= Date.parse(first.expiresAt), 'not before its end');
      assert.ok(second.fence > first.fence);
      await assert.rejects(inner.call(sessionsIterate, { id: session, lease: first.token }), {
        code: 'SESSION_LOCKED',
      });
    });

    await t.test('keeps a lease that has run out from cleaners, and gives it to who wants it', async () => {
      const { outer, inner, newSession } = servers;
      const session = await newSession();
      const { expiresAt } = await inner.call(locksAcquire, { session, ttlMs: 1, ownerPid: 1 });
      while (Date.now() <= Date.parse(expiresAt)) await outer.call(locksList, {});
      const { removed } = await outer.call(locksClean, { dryRun: false });
      assert.deepEqual(removed, []);
      const { locks } = await outer.call(locksList, {});
      assert.deepEqual(
        locks
          .filter((lock) => lock.session === session)
          .map((lock) => [lock.session, lock.verdict, ...lock.reasons]),
        [[session, 'unverifiable', 'other-namespace', 'expired']],
      );
      assert.ok((await outer.call(locksAcquire, { session, waitMs: 0 })).fence > 0);
    });

    await t.test(
      'keeps its lock files in a shared folder, though its number is nobody’s outside',
      async (t) => {
        const { outer } = servers;
        const [shared, plain] = [await servers.newShared(), await servers.newPlain()];
        const maker = spawn(unshare[0] ?? '', [...unshare.slice(1), 'sh', '-c', MAKER], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        t.after(async () => {
          maker.kill('SIGKILL');
          if (maker.exitCode === null && maker.signalCode === null) await once(maker, 'exit');
        });
        const lines = createInterface({ input: maker.stdout })[Symbol.asyncIterator]();
        const makeIn = async (folder: string) => {
          maker.stdin.write(`${join(folder, 'inner.jsonl.lock')}\n`);
          return Number((await lines.next()).value);
        };
        while (existence(await makeIn(shared)) !== 'gone');
        const { locks } = await outer.call(locksList, { roots: [shared] });
        assert.deepEqual(judged(locks), [['unverifiable', 'dead-pid', 'shared-root']]);
        const { planned } = await outer.call(locksClean, { roots: [shared], dryRun: false });
        assert.deepEqual([planned, await readdir(shared)], [[], ['inner.jsonl.lock']]);

        // What the setting is for: in a folder that is not said to be shared, the same lock would be taken for a dead one.
        while (existence(await makeIn(plain)) !== 'gone');
        assert.deepEqual(names((await outer.call(locksClean, { roots: [plain] })).planned), [
          'inner.jsonl.lock',
        ]);
      },
    );

    await t.test('does not break a lock of a process outside, whose number is nobody’s inside', async (t) => {
      const { inner } = servers;
      const shared = await servers.newShared();
      const { pid } = new LivingProcess(t);
      await put(join(shared, 'outer.jsonl.lock'), { pid, createdAt: iso() });
      const { locks } = await inner.call(locksList, { roots: [shared] });
      assert.deepEqual(judged(locks), [['unverifiable', 'dead-pid', 'shared-root']]);
      const { planned } = await inner.call(locksClean, { roots: [shared], dryRun: false });
      assert.deepEqual([planned, await readdir(shared)], [[], ['outer.jsonl.lock']]);
    });

    await t.test('does not take a lease of a process outside', async (t) => {
      const { outer, inner, newSession } = servers;
      const session = await newSession();
      const living = new LivingProcess(t);
      await outer.call(locksAcquire, { session, ttlMs: 600_000, ownerPid: living.pid });
      await living.kill();
      await assert.rejects(inner.call(locksAcquire, { session, waitMs: 0 }), { code: 'SESSION_LOCKED' });
      const { locks } = await inner.call(locksList, {});
      assert.deepEqual(judged(locks, session), [['unverifiable', 'other-namespace']]);
      // Who is in the same namespace can tell.
      await outer.call(locksAcquire, { session, waitMs: 0 });
    });

    await t.test('keeps a lock on a file of our own, also when it was killed', async (t) => {
      const folder = join(await tempFolder(t), 'locks');
      const holder = spawn(
        unshare[0] ?? '',
        [...unshare.slice(1), process.execPath, HOLDER, folder, '/guarded'],
        {
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      );
      t.after(() => holder.kill('SIGKILL'));
      await once(holder.stdout, 'data');
      const owners = new Owners(systemProcesses());
      const parts = { folder, owners, files: lockFilesIn(folder), counters: new Counters(), waitMs: 0 };
      const locks = new FileLocks(parts);
      const busy = {
        code: 'STORE_BUSY',
        message: /is held by process 1 on .* If that is gone for certain, remove/,
      };
      await assert.rejects(
        locks.withFileLock('/guarded', () => Promise.resolve()),
        busy,
      );
      const ended = once(holder, 'exit');
      holder.kill('SIGKILL');
      await ended;
      await assert.rejects(
        locks.withFileLock('/guarded', () => Promise.resolve()),
        busy,
      );
    });

    await t.test(
      'keeps its lease until that has run out, for nobody outside can prove its death',
      async () => {
        const { outer, inner, newSession } = servers;
        const session = await newSession();
        // The server is the first process of its namespace. The lease is for it, and nobody renews it.
        const { owner, token } = await inner.call(locksAcquire, { session, ttlMs: 600_000, ownerPid: 1 });
        assert.equal(owner.pid, 1);
        assert.equal(owner.host, hostname());
        assert.notEqual(owner.pidNamespace, await readlink('/proc/self/ns/pid'));
        assert.match(String(owner.pidNamespace), /^pid:\[\d+\]$/);

        for (const isAlive of [true, false]) {
          if (!isAlive) await inner.kill();
          const { locks } = await outer.call(locksList, {});
          assert.deepEqual(judged(locks, session), [['unverifiable', 'other-namespace']]);
          await assert.rejects(outer.call(locksAcquire, { session, waitMs: 0 }), { code: 'SESSION_LOCKED' });
          await assert.rejects(outer.call(sessionsIterate, { id: session }), { code: 'SESSION_LOCKED' });
          const { planned } = await outer.call(locksClean, { dryRun: false });
          assert.deepEqual(judged(planned, session), []);
        }
        await outer.call(sessionsIterate, { id: session, lease: token });
      },
    );
  });
}

/** For each path that it reads, starts a process, makes a lock of it there, and prints its number. */
const MAKER = String.raw`while read -r path; do
  sleep 1000 &
  printf '{"pid":%s,"createdAt":"%s"}' $! "$(date -u +%Y-%m-%dT%H:%M:%SZ)" > "$path"
  echo $!
done`;
