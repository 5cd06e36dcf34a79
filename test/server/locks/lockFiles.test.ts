import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
} from 'node:fs/promises';
import { createServer, type Server as SocketServer } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import { locksClean } from '../../../server/protocol/lockMethods.ts';
import { runCommand } from '../../support/command.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { type House, iso, names, newHouse, put } from './house.ts';
import { lockFilesIn } from './lockFilesIn.ts';
import { deadPid } from './livingProcess.ts';

const HOUR = 3_600_000;
const run = promisify(execFile);

describe('what is no plain file', () => {
  /** One of each, under the name of a lock. */
  async function oddHouse(t: TestContext, env: NodeJS.ProcessEnv = {}) {
    const house = await newHouse(t, env);
    const outside = await tempFolder(t);
    const dead = { pid: await deadPid(), createdAt: iso(HOUR) };
    const at = (name: string) => join(house.root, name);
    const target = await put(join(outside, 'target.jsonl.lock'), dead, HOUR);
    await put(join(outside, 'sessions', 'beyond.jsonl.lock'), dead, HOUR);
    await put(at('dead.jsonl.lock'), dead, HOUR);
    await symlink(target, at('link.jsonl.lock'));
    await symlink(join(outside, 'nothing'), at('dangling.jsonl.lock'));
    await symlink('circle.jsonl.lock', at('circle.jsonl.lock'));
    await symlink('/dev/zero', at('endless.jsonl.lock'));
    await symlink(join(outside, 'sessions'), at('folder-link'));
    await symlink(join(outside, 'sessions'), at('folder-link.jsonl.lock'));
    await run('mkfifo', [at('pipe.jsonl.lock')]);
    await listenAt(t, at('socket.jsonl.lock'));
    await mkdir(at('folder.jsonl.lock'));
    await put(at('full.jsonl.lock/meta.json'), dead, HOUR);
    await put(at('huge.jsonl.lock'), dead);
    await truncate(at('huge.jsonl.lock'), 2 ** 40);
    for (const old of [
      'folder.jsonl.lock',
      'full.jsonl.lock',
      'huge.jsonl.lock',
      'pipe.jsonl.lock',
      'socket.jsonl.lock',
    ])
      await utimes(at(old), new Date(0), new Date(0));
    return { house, outside, at, target };
  }

  it('is neither followed, read nor waited for, and never removed', async (t) => {
    const { house, outside, at, target } = await oddHouse(t);
    const { planned } = await house.plan();
    assert.deepEqual(names(planned), ['dead.jsonl.lock']);
    const before = await readdir(house.root);
    const { removed, skipped, problems } = await house.apply();
    assert.deepEqual(
      { removed: names(removed), skipped, problems },
      { removed: ['dead.jsonl.lock'], skipped: [], problems: [] },
    );
    assert.deepEqual(
      await readdir(house.root),
      before.filter((name) => name !== 'dead.jsonl.lock'),
    );
    assert.deepEqual(await readdir(outside, { recursive: true }), [
      'sessions',
      'target.jsonl.lock',
      'sessions/beyond.jsonl.lock',
    ]);
    assert.equal(await readlink(at('link.jsonl.lock')), target);
  });

  it('is on the list, as something that nobody can tell about', async (t) => {
    const { house } = await oddHouse(t);
    const { locks } = await house.list();
    const odd = locks.filter(({ path }) => path?.endsWith('/dead.jsonl.lock') === false);
    assert.deepEqual(
      names(odd),
      ['circle', 'dangling', 'endless', 'folder', 'folder-link', 'huge', 'link', 'pipe', 'socket']
        .map((name) => `${name}.jsonl.lock`)
        .sort(),
    );
    for (const { path, verdict, removable, owner } of odd)
      assert.deepEqual(
        { verdict, removable, owner },
        { verdict: 'unverifiable', removable: false, owner: {} },
        path,
      );
  });

  it('may be asked for by name, and is left with the reason', async (t) => {
    const { house, at, target } = await oddHouse(t);
    const link = await house.lockAt(at('link.jsonl.lock'));
    const { planned, removed, skipped } = await house.apply({ items: [link] });
    assert.deepEqual({ planned, removed }, { planned: [], removed: [] });
    assert.deepEqual(skipped, [
      {
        fingerprint: link.fingerprint,
        path: at('link.jsonl.lock'),
        message: 'such a lock is not for Lockstep to remove',
      },
    ]);
    assert.ok((await readFile(target)).length > 0);
  });

  it('is not removed when it took the place of a lock that was planned', async (t) => {
    const { house, at, target } = await oddHouse(t);
    const lock = await house.lockAt(at('dead.jsonl.lock'));
    await rm(at('dead.jsonl.lock'));
    await rename(at('link.jsonl.lock'), at('dead.jsonl.lock'));
    const { removed, skipped } = await house.apply({ items: [lock.fingerprint] });
    assert.deepEqual(removed, []);
    assert.deepEqual(skipped, [
      { fingerprint: lock.fingerprint, message: 'it has changed since, or is gone' },
    ]);
    assert.equal(await readlink(at('dead.jsonl.lock')), target);
  });

  it('has an age that can be told, however odd its time is', async (t) => {
    const house = await newHouse(t);
    const path = await put(join(house.root, 'x.jsonl.lock'), { pid: process.pid });
    // Node sets no such times. Some file systems keep them.
    for (const seconds of [
      '-9223372036854775807',
      '-9000000000000',
      '-1',
      '0',
      '253402300800',
      '9000000000000',
    ]) {
      await run('touch', ['-d', `@${seconds}`, path]);
      const { ageMs } = await house.lockAt(path);
      assert.ok(ageMs >= 0, seconds);
      // Ages are shown as dates.
      assert.ok(new Date(Date.now() - ageMs).toISOString(), seconds);
    }
  });
});

describe('a root', () => {
  it('may be a link itself, and locks have their real path', async (t) => {
    const house = await newHouse(t);
    const path = await put(join(house.root, 'dead.jsonl.lock'), { pid: await deadPid() }, HOUR);
    const link = join(await tempFolder(t), 'link');
    await symlink(house.root, link);
    const { planned } = await house.plan({ roots: [link] });
    assert.deepEqual(
      planned.map((lock) => lock.path),
      [path],
    );
  });

  it('is a problem where it is no folder or no absolute path, and holds nothing where it is not there', async (t) => {
    const house = await newHouse(t);
    const file = await put(join(house.root, 'dead.jsonl.lock'), { pid: await deadPid() }, HOUR);
    const nothing = { planned: [], removed: [], skipped: [] };
    assert.deepEqual(await house.apply({ roots: [file] }), {
      ...nothing,
      problems: [{ path: file, message: 'it is not a folder' }],
    });
    assert.deepEqual(await house.apply({ roots: ['.'] }), {
      ...nothing,
      problems: [{ path: '.', message: 'it is not an absolute path' }],
    });
    assert.deepEqual(await house.apply({ roots: [join(house.root, 'no')] }), { ...nothing, problems: [] });
    assert.deepEqual(await house.apply({ roots: [] }), { ...nothing, problems: [] });
    assert.deepEqual(await readdir(house.root), ['dead.jsonl.lock']);
  });

  it('is looked at eight folders deep, but not in what is large and holds no sessions', async (t) => {
    const house = await newHouse(t);
    const dead = { pid: await deadPid() };
    for (const way of ['1/2/3/4/5/6/7/8', '1/2/3/4/5/6/7/8/9', 'node_modules/x', '.git'])
      await put(join(house.root, way, 'x.jsonl.lock'), dead, HOUR);
    await put(join(house.root, '.hidden', 'x.jsonl.lock'), dead, HOUR);
    const { planned } = await house.plan();
    assert.deepEqual(planned.map(({ path = '' }) => path.slice(house.root.length)).sort(), [
      '/.hidden/x.jsonl.lock',
      '/1/2/3/4/5/6/7/8/x.jsonl.lock',
    ]);
  });
});

describe('without permission', () => {
  // As root every file can be read, so these are calls of a process that has no such power.
  async function cleanUnprivileged(house: House, params: object = {}) {
    const call = { roots: [house.root], dryRun: false, ...params };
    const { code, stdout, stderr } = await runCommand(['call', 'locks.clean', JSON.stringify(call)], {
      env: { LOCKSTEP_HOME: house.home, HOME: house.userHome },
      unprivileged: true,
    });
    assert.equal(code, 0, stderr);
    return locksClean.result.parse(JSON.parse(stdout));
  }

  it('a file or folder that cannot be read is a problem, and the rest is done', async (t) => {
    const house = await newHouse(t);
    const dead = { pid: await deadPid() };
    const path = await put(join(house.root, 'unreadable.jsonl.lock'), dead, HOUR);
    const closed = join(house.root, 'closed');
    await put(join(closed, 'x.jsonl.lock'), dead, HOUR);
    await put(join(house.root, 'y.jsonl.lock'), dead, HOUR);
    await chmod(path, 0);
    await chmod(closed, 0);
    const { removed, skipped, problems } = await cleanUnprivileged(house);
    await chmod(closed, 0o700);
    assert.deepEqual(names(removed), ['y.jsonl.lock']);
    assert.deepEqual(skipped, []);
    assert.deepEqual(
      problems.sort((a, b) => a.path.localeCompare(b.path)),
      [closed, path].map((one) => ({ path: one, message: 'permission denied' })),
    );
    assert.deepEqual(await readdir(closed), ['x.jsonl.lock']);
  });

  it('a lock that may not be removed is skipped with the reason', async (t) => {
    const house = await newHouse(t);
    const dead = { pid: await deadPid() };
    const closed = join(house.root, 'closed');
    const path = await put(join(closed, 'x.jsonl.lock'), dead, HOUR);
    await put(join(house.root, 'y.jsonl.lock'), dead, HOUR);
    await chmod(closed, 0o500);
    const { planned, removed, skipped } = await cleanUnprivileged(house);
    await chmod(closed, 0o700);
    assert.deepEqual(names(planned), ['x.jsonl.lock', 'y.jsonl.lock']);
    assert.deepEqual(names(removed), ['y.jsonl.lock']);
    assert.deepEqual(
      skipped.map(({ path, message }) => ({ path, message })),
      [{ path, message: 'permission denied' }],
    );
    assert.deepEqual(await readdir(closed), ['x.jsonl.lock']);
  });

  it('what a lock guards counts as changed a moment ago where its time cannot be asked for', async (t) => {
    const house = await newHouse(t);
    const beyond = join(await tempFolder(t), 'closed');
    await put(join(beyond, 'x.jsonl'), '{}\n', HOUR);
    await put(join(house.root, 'x.jsonl.lock'), { pid: await deadPid() }, HOUR);
    await symlink(join(beyond, 'x.jsonl'), join(house.root, 'x.jsonl'));
    await chmod(beyond, 0);
    const { planned } = await cleanUnprivileged(house);
    assert.deepEqual(planned, []);
    await chmod(beyond, 0o700);
    assert.deepEqual(names((await cleanUnprivileged(house)).removed), ['x.jsonl.lock']);
  });
});

describe('what a lock guards', () => {
  it('casts doubt on a death while it was changed in the last two minutes, or its folder is shared', async (t) => {
    const shared = await tempFolder(t);
    const other = await tempFolder(t);
    const ownFolder = await tempFolder(t);
    const link = join(await tempFolder(t), 'link');
    await symlink(shared, link);
    const dead = { pid: await deadPid() };
    const files = lockFilesIn(ownFolder, systemProcesses(), [link]);
    const look = async (path: string) => {
      const lock = await files.look(path);
      return [lock?.verdict, ...(lock?.reasons ?? [])];
    };
    const path = await put(join(other, 'x.jsonl.lock'), dead, HOUR);
    assert.deepEqual(await look(path), ['dead', 'dead-pid', 'invalid-createdAt']);
    await put(join(other, 'x.jsonl'), '{}\n', 60_000);
    assert.deepEqual(await look(path), [
      'unverifiable',
      'dead-pid',
      'guarded-file-changed',
      'invalid-createdAt',
    ]);
    await put(join(other, 'x.jsonl'), '{}\n', 121_000);
    assert.deepEqual(await look(path), ['dead', 'dead-pid', 'invalid-createdAt']);
    // A time ahead of ours is no old one.
    await put(join(other, 'x.jsonl'), '{}\n', -HOUR);
    assert.deepEqual(await look(path), [
      'unverifiable',
      'dead-pid',
      'guarded-file-changed',
      'invalid-createdAt',
    ]);

    const deep = await put(join(shared, 'a', 'b', 'x.jsonl.lock'), dead, HOUR);
    assert.deepEqual(await look(deep), ['unverifiable', 'dead-pid', 'shared-root', 'invalid-createdAt']);
    const empty = await put(join(shared, 'y.jsonl.lock'), '', HOUR);
    assert.deepEqual(await look(empty), ['unverifiable', 'missing-pid', 'shared-root', 'invalid-createdAt']);
  });
});

async function listenAt(t: TestContext, path: string): Promise<SocketServer> {
  const server = createServer().listen(path);
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return server;
}
