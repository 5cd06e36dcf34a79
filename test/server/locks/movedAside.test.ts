import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { iso, newHouse, ownLock, put } from './house.ts';
import { deadPid, LivingProcess } from './livingProcess.ts';

const HOUR = 3_600_000;

const asideOf = (path: string) => `${path}.${randomUUID()}.aside`;

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
