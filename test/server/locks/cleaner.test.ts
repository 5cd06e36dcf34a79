import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { FileLocks } from '../../../server/locks/fileLock.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import { healthGet } from '../../../server/protocol/healthMethods.ts';
import { locksAcquire, locksRelease, locksRenew } from '../../../server/protocol/lockMethods.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { runCommand } from '../../support/command.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { House, iso, lockFilesIn, names, newHouse, ownLock, put } from './house.ts';
import { deadPid, LivingProcess } from './livingProcess.ts';
import { until } from '../../support/until.ts';

const HOUR = 3_600_000;

const asideOf = (path: string) => `${path}.${randomUUID()}.aside`;

describe('a plan', () => {
  it('removes nothing, and is what is removed when it is applied', async (t) => {
    const house = await newHouse(t);
    const dead = { pid: await deadPid(), createdAt: iso(HOUR) };
    await put(join(house.root, 'a.jsonl.lock'), dead);
    await put(join(house.root, 'sub', 'sessions.json.lock'), dead);
    await put(join(house.root, 'living.jsonl.lock'), { pid: process.pid, createdAt: iso() });
    await put(join(house.root, 'notes.lock'), 'not a lock that Lockstep knows', HOUR);
    const plan = await house.plan();
    assert.deepEqual(
      [names(plan.planned), plan.removed, plan.skipped],
      [['a.jsonl.lock', 'sessions.json.lock'], [], []],
    );
    assert.deepEqual((await readdir(house.root)).sort(), [
      'a.jsonl.lock',
      'living.jsonl.lock',
      'notes.lock',
      'sub',
    ]);
    const applied = await house.apply();
    assert.deepEqual(names(applied.planned), names(plan.planned));
    assert.deepEqual(names(applied.removed), names(plan.planned));
    assert.deepEqual(applied.skipped, []);
    assert.deepEqual((await readdir(house.root)).sort(), ['living.jsonl.lock', 'notes.lock', 'sub']);
    assert.deepEqual(await readdir(join(house.root, 'sub')), []);
  });

  it('marks what is older than staleMs, and plans nothing for that', async (t) => {
    const house = await newHouse(t);
    const living = new LivingProcess(t);
    await put(join(house.root, 'dead.jsonl.lock'), { pid: await deadPid(), createdAt: iso(HOUR) });
    await put(join(house.root, 'living.jsonl.lock'), { pid: living.pid }, HOUR);
    const reasons = async (staleMs?: number) =>
      (await house.plan({ staleMs })).planned.map((lock) => [basename(lock.path ?? ''), ...lock.reasons]);
    assert.deepEqual(await reasons(), [['dead.jsonl.lock', 'dead-pid', 'too-old']]);
    assert.deepEqual(await reasons(2 * HOUR), [['dead.jsonl.lock', 'dead-pid']]);
    assert.deepEqual(await reasons(0), [['dead.jsonl.lock', 'dead-pid', 'too-old']]);
    const kept = await house.lockAt(join(house.root, 'living.jsonl.lock'));
    assert.deepEqual([kept.verdict, kept.reasons], ['alive', ['invalid-createdAt', 'too-old']]);
  });

  it('is of some forms alone, if they are named', async (t) => {
    const house = await newHouse(t);
    await put(join(house.root, 'dead.jsonl.lock'), { pid: await deadPid() }, HOUR);
    assert.deepEqual((await house.apply({ formats: ['lockstep'] })).planned, []);
    assert.deepEqual(names((await house.apply({ formats: ['openclaw', 'codex'] })).removed), [
      'dead.jsonl.lock',
    ]);
  });
});

describe('where a plan looks', () => {
  /** A dead lock in each place, and a lease of a dead owner. */
  async function fullHouse(t: TestContext) {
    const folder = await tempFolder(t);
    const named = join(folder, 'named');
    const house = new House(t, folder, { LOCKSTEP_LOCK_ROOTS: named });
    const dead = { pid: await deadPid(), createdAt: iso(HOUR) };
    await put(join(house.root, 'given.jsonl.lock'), dead);
    await put(join(named, 'deep', 'named.jsonl.lock'), dead);
    await put(join(house.userHome, '.openclaw', 'agents', 'main', 'sessions', 'agent.jsonl.lock'), dead);
    const own = await ownLock(join(house.home, 'locks'), 'own', dead.pid);
    const { session, owner } = await leaseOf(t, house);
    await owner.kill();
    return { house, own, session };
  }
  const found = (locks: readonly { path?: string | undefined; session?: string | undefined }[]) =>
    locks.map(({ path, session }) => (path === undefined ? `lease ${session}` : basename(path))).sort();

  it('is the store, the agents’ folders and the roots of the settings', async (t) => {
    const { house, session, own } = await fullHouse(t);
    const all = ['agent.jsonl.lock', `lease ${session}`, 'named.jsonl.lock', 'own.lock'];
    const { planned, problems } = await house.plan({ roots: undefined });
    assert.deepEqual([found(planned), problems], [all, []]);
    const { removed, skipped } = await house.apply({ roots: undefined });
    assert.deepEqual([found(removed), skipped], [all, []]);
    assert.deepEqual((await house.plan({ roots: undefined })).planned, []);
    assert.deepEqual(names((await house.plan()).planned), ['given.jsonl.lock']);
    assert.deepEqual(
      (await readdir(join(own, '..'))).filter((name) => name.startsWith('own')),
      [],
    );
  });

  it('is the given roots and nothing else', async (t) => {
    const { house, session } = await fullHouse(t);
    const { removed } = await house.apply();
    assert.deepEqual(found(removed), ['given.jsonl.lock']);
    assert.deepEqual((await house.apply({ roots: [] })).removed, []);
    const { locks } = await house.list({ roots: undefined });
    assert.deepEqual(found(locks), ['agent.jsonl.lock', `lease ${session}`, 'named.jsonl.lock', 'own.lock']);
  });

  it('tells of a lock once, though places lie in each other', async (t) => {
    const { house } = await fullHouse(t);
    const { planned } = await house.plan({ roots: [house.root, house.root, join(house.root, '..')] });
    assert.deepEqual(found(planned), [
      'agent.jsonl.lock',
      'given.jsonl.lock',
      'named.jsonl.lock',
      'own.lock',
    ]);
  });

  it('knows our own locks through a link to their folder', async (t) => {
    const folder = await tempFolder(t);
    const real = new House(t, join(folder, 'real'));
    await ownLock(join(real.home, 'locks'), 'own', await deadPid());
    await symlink(join(folder, 'real'), join(folder, 'link'));
    const house = new House(t, join(folder, 'link'));
    const { removed } = await house.apply({ roots: undefined });
    assert.deepEqual(
      removed.map(({ path, format }) => [basename(path ?? ''), format]),
      [['own.lock', 'lockstep']],
    );
    assert.deepEqual(
      (await readdir(join(real.home, 'locks'))).filter((name) => name.startsWith('own')),
      [],
    );
  });
});

/** A session that a living process has the lease on. */
async function leaseOf(t: TestContext, house: House, ttlMs = 600_000) {
  const owner = new LivingProcess(t);
  const { id: session } = await house.call(sessionsStart, { task: 't', mode: 'm' });
  const grant = await house.call(locksAcquire, { session, ttlMs, ownerPid: owner.pid });
  return { session, owner, grant };
}

describe('leases', () => {
  it('of a dead owner end, and the session is free', async (t) => {
    const house = await newHouse(t);
    const { session, owner } = await leaseOf(t, house);
    const living = await leaseOf(t, house);
    assert.deepEqual((await house.plan({ roots: undefined })).planned, []);
    await owner.kill();
    const { planned, removed } = await house.apply({ roots: undefined });
    assert.deepEqual(
      planned.map((lock) => [lock.kind, lock.session, lock.verdict, lock.reasons]),
      [['lease', session, 'dead', ['dead-pid']]],
    );
    assert.deepEqual(removed, planned);
    const { locks } = await house.list();
    assert.deepEqual(
      locks.map((lock) => lock.session),
      [living.session],
    );
    await house.call(locksAcquire, { session, waitMs: 0, ownerPid: process.pid });
  });

  it('that were renewed after they were planned are skipped', async (t) => {
    const house = await newHouse(t);
    const { session, owner, grant } = await leaseOf(t, house);
    await owner.kill();
    const { planned } = await house.plan({ roots: undefined });
    assert.equal(planned.length, 1);
    // Whoever has the token is the holder, whether or not the process that it was for lives.
    await house.call(locksRenew, { token: grant.token });
    const { removed, skipped } = await house.apply({ roots: undefined, items: planned });
    assert.deepEqual(
      [removed, skipped.map(({ message }) => message)],
      [[], ['it has changed since, or is gone']],
    );
    assert.equal((await house.list()).locks[0]?.session, session);
  });

  it('that were released after they were planned are skipped', async (t) => {
    const house = await newHouse(t);
    const { owner, grant } = await leaseOf(t, house);
    await owner.kill();
    const { planned } = await house.plan({ roots: undefined });
    await house.call(locksRelease, { token: grant.token });
    const { skipped } = await house.apply({ roots: undefined, items: planned });
    assert.deepEqual(skipped, [
      { fingerprint: planned[0]?.fingerprint, message: 'it has changed since, or is gone' },
    ]);
  });
});

describe('items', () => {
  async function threeDead(t: TestContext) {
    const house = await newHouse(t);
    const pid = await deadPid();
    for (const name of ['a', 'b', 'c'])
      await put(join(house.root, `${name}.jsonl.lock`), { pid, createdAt: iso(HOUR) });
    return { house, at: (name: string) => join(house.root, `${name}.jsonl.lock`), pid };
  }

  it('are named by their fingerprint, or are the locks of the plan', async (t) => {
    const { house, at } = await threeDead(t);
    const { planned } = await house.plan();
    const [a, b] = planned;
    assert.ok(a && b);
    const { removed, planned: chosen } = await house.apply({ items: [a.fingerprint, b, a] });
    assert.deepEqual(names(removed), names([a, b]));
    assert.deepEqual(names(chosen), names([a, b]));
    assert.equal((await readdir(house.root)).length, 1);
    assert.deepEqual((await house.apply({ items: [] })).removed, []);
    await house.apply();
    await assert.rejects(readFile(at('c')), { code: 'ENOENT' });
  });

  it('that changed since they were planned are skipped and told of, and survive', async (t) => {
    const { house, at, pid } = await threeDead(t);
    const { planned } = await house.plan();
    const living = new LivingProcess(t);
    await writeFile(at('a'), JSON.stringify({ pid, createdAt: iso(HOUR + 1) }));
    await rm(at('b'));
    await put(at('b'), { pid: living.pid, createdAt: iso() });
    const { removed, skipped } = await house.apply({ items: planned });
    assert.deepEqual(names(removed), ['c.jsonl.lock']);
    assert.deepEqual(
      skipped.map(({ message }) => message),
      ['it has changed since, or is gone', 'it has changed since, or is gone'],
    );
    assert.deepEqual((await readdir(house.root)).sort(), ['a.jsonl.lock', 'b.jsonl.lock']);
  });

  it('that were only touched are skipped too: somebody was there', async (t) => {
    const { house, at } = await threeDead(t);
    const { planned } = await house.plan();
    const lock = planned.find(({ path }) => path === at('a'));
    await put(at('a'), await readFile(at('a')), 5000);
    const { removed, skipped } = await house.apply({ items: [lock?.fingerprint ?? ''] });
    assert.deepEqual([removed, skipped.length], [[], 1]);
  });

  it('that were rewritten in place are skipped, though neither size nor time tells', async (t) => {
    const { house, at } = await threeDead(t);
    const time = new Date(Date.now() - HOUR);
    await utimes(at('a'), time, time);
    const before = await stat(at('a'), { bigint: true });
    const { planned } = await house.plan();
    await writeFile(at('a'), (await readFile(at('a'), 'utf8')).replace('"createdAt":"2', '"createdAt":"1'));
    await utimes(at('a'), time, time);
    const { ino, size, mtimeNs } = await stat(at('a'), { bigint: true });
    assert.deepEqual([ino, size, mtimeNs], [before.ino, before.size, before.mtimeNs]);
    const { removed } = await house.apply({ items: planned });
    assert.deepEqual(names(removed), ['b.jsonl.lock', 'c.jsonl.lock']);
  });

  it('whose owner lives, or of whom none knows, are skipped with the reason', async (t) => {
    const { house, at } = await threeDead(t);
    await put(at('living'), { pid: process.pid, createdAt: iso() });
    await put(at('fresh'), '');
    const items = [await house.lockAt(at('living')), await house.lockAt(at('fresh')), 'no such fingerprint'];
    const { planned, removed, skipped } = await house.apply({ items });
    assert.deepEqual([planned, removed], [[], []]);
    assert.deepEqual(
      skipped.map(({ message }) => message),
      ['it is not stale', 'it is not stale', 'it has changed since, or is gone'],
    );
    assert.equal((await readdir(house.root)).length, 5);
  });
});

describe('what a cleaner that was killed has moved aside', () => {
  it('is removed by the next one if its owner is dead', async (t) => {
    const house = await newHouse(t);
    await put(asideOf(join(house.root, 'x.jsonl.lock')), { pid: await deadPid(), createdAt: iso(HOUR) });
    await house.plan();
    assert.equal((await readdir(house.root)).length, 1, 'a plan changes nothing');
    assert.deepEqual((await house.apply()).problems, []);
    assert.deepEqual(await readdir(house.root), []);
  });

  it('is left where only some items were chosen, for it is none of them', async (t) => {
    const house = await newHouse(t);
    await put(asideOf(join(house.root, 'x.jsonl.lock')), { pid: await deadPid(), createdAt: iso(HOUR) });
    await put(asideOf(join(house.root, 'y.jsonl.lock')), { pid: process.pid, createdAt: iso() });
    await house.apply({ items: [] });
    const left = await readdir(house.root);
    assert.equal(left.length, 2);
    assert.ok(left.includes('y.jsonl.lock'), 'that of the living is put back all the same');
  });

  it('is put back, as it was, if its owner lives and the place is free', async (t) => {
    const house = await newHouse(t);
    const path = join(house.root, 'x.jsonl.lock');
    await put(path, { pid: process.pid, createdAt: iso() });
    const { fingerprint } = await house.lockAt(path);
    const aside = asideOf(path);
    await rename(path, aside);
    const { problems } = await house.apply();
    assert.deepEqual(problems, [{ path: aside, message: 'it is not stale any more, and was put back' }]);
    assert.deepEqual(await readdir(house.root), ['x.jsonl.lock']);
    assert.equal((await house.lockAt(path)).fingerprint, fingerprint);
  });

  it('is put back where nobody can tell', async (t) => {
    const house = await newHouse(t);
    await put(asideOf(join(house.root, 'x.jsonl.lock')), '');
    await house.apply();
    assert.deepEqual(await readdir(house.root), ['x.jsonl.lock']);
  });

  it('is kept and told of if its owner lives and the place is taken, and the newer lock stays', async (t) => {
    const house = await newHouse(t);
    const path = join(house.root, 'x.jsonl.lock');
    const newer = await put(path, { pid: process.pid, createdAt: iso() });
    const content = await readFile(newer, 'utf8');
    const aside = await put(asideOf(path), { pid: new LivingProcess(t).pid });
    const before = await readFile(aside, 'utf8');
    for (let turn = 0; turn < 2; turn++) {
      const { problems } = await house.apply();
      assert.deepEqual(problems, [
        {
          path: aside,
          message: `it is not stale any more, and could not be put back (there is a newer lock in its place): it is at ${aside}`,
        },
      ]);
      assert.deepEqual([await readFile(path, 'utf8'), await readFile(aside, 'utf8')], [content, before]);
    }
  });

  it('may be a lock of our own', async (t) => {
    const house = await newHouse(t);
    const folder = join(house.home, 'locks');
    const dead = await ownLock(folder, 'dead', await deadPid());
    const living = await ownLock(folder, 'living', process.pid);
    const { ino } = await stat(living);
    for (const path of [dead, living]) await rename(path, asideOf(path));
    await house.apply({ roots: undefined });
    const left = (await readdir(folder)).filter((name) => /^(dead|living)/.test(name)).sort();
    assert.deepEqual(left, ['living.lock', 'living.lock.owner.json']);
    assert.equal((await stat(living)).ino, ino, 'it is the very folder that its holder made');
  });

  it('is nothing that Lockstep could not have moved', async (t) => {
    const house = await newHouse(t);
    const dead = { pid: await deadPid() };
    await put(asideOf(join(house.root, 'Cargo.lock')), dead, HOUR);
    await put(join(house.root, 'x.jsonl.lock.backup.aside'), dead, HOUR);
    await mkdir(asideOf(join(house.root, 'y.jsonl.lock')));
    await symlink('/dev/null', asideOf(join(house.root, 'z.jsonl.lock')));
    const before = await readdir(house.root);
    assert.deepEqual((await house.apply()).problems, []);
    assert.deepEqual(await readdir(house.root), before);
  });
});

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
