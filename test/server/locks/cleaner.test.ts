import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { locksAcquire, locksRelease, locksRenew } from '../../../server/protocol/lockMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { House, iso, names, newHouse, ownLock, put } from './house.ts';
import { deadPid, LivingProcess } from './livingProcess.ts';
import { leaseOf } from './house.ts';

const HOUR = 3_600_000;

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
