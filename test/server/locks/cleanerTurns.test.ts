import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { FileLocks } from '../../../server/locks/fileLock.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import { healthGet } from '../../../server/protocol/healthMethods.ts';
import { locksRenew } from '../../../server/protocol/lockMethods.ts';
import { runCommand } from '../../support/command.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { House, iso, names, newHouse, ownLock, put } from './house.ts';
import { lockFilesIn } from './lockFilesIn.ts';
import { deadPid } from './livingProcess.ts';
import { until } from '../../support/until.ts';
import { leaseOf } from './house.ts';

const HOUR = 3_600_000;

describe('what changes while a cleaner waits for its turn', () => {
  it('is left, and told of', async (t) => {
    const folder = await tempFolder(t);
    const env = { LOCKSTEP_LOCK_WAIT_MS: '60000', LOCKSTEP_LOCK_ROOTS: join(folder, 'root') };
    const house = new House(t, folder, env);
    const at = (name: string) => join(house.root, `${name}.jsonl.lock`);
    const dead = { pid: await deadPid(), createdAt: iso(HOUR) };
    for (const name of ['taken', 'gone', 'worked-on', 'stale']) await put(at(name), dead);
    const { owner, grant, session } = await leaseOf(t, house);
    await owner.kill();
    const newer = JSON.stringify({ pid: process.pid, createdAt: iso() });

    const applied = await fileLocksOf(house).withFileLock(cleanersTurn(house), async () => {
      const applying = house.apply({ roots: undefined });
      // It has its plan when it waits.
      await until(async () => ((await house.call(healthGet, {})).counters['lockFileWaits'] ?? 0) > 0);
      await rm(at('taken'));
      await writeFile(at('taken'), newer, { flag: 'wx' });
      await rm(at('gone'));
      await put(join(house.root, 'worked-on.jsonl'), '{}\n');
      await house.call(locksRenew, { token: grant.token });
      return { applying };
    });
    const { planned, removed, skipped } = await applied.applying;
    assert.equal(planned.length, 5);
    assert.deepEqual(names(removed), ['stale.jsonl.lock']);
    assert.deepEqual(
      skipped.map(({ path, message }) => `${basename(path ?? 'the lease')}: ${message}`).sort(),
      [
        'gone.jsonl.lock: it is gone already',
        'taken.jsonl.lock: it has changed since it was planned',
        'the lease: it has changed since it was planned',
        'worked-on.jsonl.lock: it is not stale any more',
      ],
    );
    assert.equal(await readFile(at('taken'), 'utf8'), newer);
    assert.deepEqual((await readdir(house.root)).sort(), [
      'taken.jsonl.lock',
      'worked-on.jsonl',
      'worked-on.jsonl.lock',
    ]);
    const { locks } = await house.list();
    assert.ok(locks.some((lock) => lock.session === session));
  });
});

describe('cleaners', () => {
  it('work one at a time, and say who is at work', async (t) => {
    const house = await newHouse(t);
    await put(join(house.root, 'dead.jsonl.lock'), { pid: await deadPid() }, HOUR);
    await fileLocksOf(house).withFileLock(cleanersTurn(house), async () => {
      await assert.rejects(house.apply(), {
        code: 'STORE_BUSY',
        message: new RegExp(`held by process ${process.pid}`),
      });
      assert.deepEqual(names((await house.plan()).planned), ['dead.jsonl.lock'], 'a plan needs no turn');
    });
    assert.deepEqual(names((await house.apply()).removed), ['dead.jsonl.lock']);
  });

  it('go on after one that was killed at work', async (t) => {
    const house = await newHouse(t);
    await put(join(house.root, 'dead.jsonl.lock'), { pid: await deadPid() }, HOUR);
    assert.deepEqual(names((await house.apply()).removed), ['dead.jsonl.lock']);
    const folder = join(house.home, 'locks');
    // The lock on the cleaners' turn, as one leaves it that is killed.
    const name = (await lockNameOf(house)).replace(/\.lock$/, '');
    await ownLock(folder, name, await deadPid());
    await put(join(house.root, 'dead.jsonl.lock'), { pid: await deadPid() }, HOUR);
    assert.deepEqual(names((await house.apply()).removed), ['dead.jsonl.lock']);
    assert.deepEqual(await readdir(folder), []);
  });

  it('say what is wrong where Lockstep’s own folder cannot be written', async (t) => {
    const house = await newHouse(t);
    await put(join(house.root, 'dead.jsonl.lock'), { pid: await deadPid() }, HOUR);
    await mkdir(join(house.home, 'locks'), { recursive: true });
    const call = JSON.stringify({ roots: [house.root], dryRun: false });
    const env = { LOCKSTEP_HOME: house.home, HOME: house.userHome };
    for (const folder of [join(house.home, 'locks'), house.home]) {
      await chmod(folder, 0o500);
      const { code, stderr } = await runCommand(['call', 'locks.clean', call], { env, unprivileged: true });
      assert.equal(code, 1);
      assert.match(stderr, /"code": "STORE_UNAVAILABLE"/);
      await chmod(folder, 0o700);
      if (folder !== house.home) await rm(folder, { recursive: true });
    }
    assert.deepEqual(await readdir(house.root), ['dead.jsonl.lock']);
  });
});

/** The locks that this house's server takes too. */
function fileLocksOf(house: House): FileLocks {
  const folder = join(house.home, 'locks');
  const owners = new Owners(systemProcesses());
  return new FileLocks({ folder, owners, files: lockFilesIn(folder), counters: new Counters(), waitMs: 0 });
}

const cleanersTurn = (house: House) => join(house.home, 'locks', 'cleaner');

/** The name of the lock that a cleaner takes. */
function lockNameOf(house: House): Promise<string> {
  return fileLocksOf(house).withFileLock(cleanersTurn(house), async () => {
    const name = (await readdir(join(house.home, 'locks'))).find((one) => one.endsWith('.lock'));
    assert.ok(name);
    return name;
  });
}
