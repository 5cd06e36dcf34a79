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
import fc from 'fast-check';
import { parseLockPayload } from '../../../server/locks/lockPayload.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import { locksClean } from '../../../server/protocol/lockMethods.ts';
import { runCommand } from '../../support/command.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { type House, iso, lockFilesIn, names, newHouse, put } from './house.ts';
import { deadPid, LivingProcess } from './livingProcess.ts';

const HOUR = 3_600_000;
const run = promisify(execFile);

describe('what a lock file says', () => {
  const NOW = Date.UTC(2026, 10, 25);
  const parse = (content: unknown) =>
    parseLockPayload(
      Buffer.isBuffer(content)
        ? content
        : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
      NOW,
    );
  const nothing = { pid: undefined, processStart: undefined, madeAt: undefined, owner: undefined };

  it('is its pid, when it was made, and when its owner began', () => {
    const createdAt = '2026-11-21T09:50:50.000Z';
    const madeAt = Date.parse(createdAt);
    assert.deepEqual(parse({ pid: 7, createdAt }), { ...nothing, pid: 7, madeAt });
    assert.deepEqual(parse({ pid: 7, createdAt, maxHoldMs: 300_000, starttime: 12 }), {
      ...nothing,
      pid: 7,
      processStart: '12',
      madeAt,
    });
    assert.deepEqual(parse({ pid: 7, startedAt: madeAt }), { ...nothing, pid: 7, madeAt });
    assert.deepEqual(parse({ pid: 7, createdAt: '2026-11-21T10:50:50+01:00' }), {
      ...nothing,
      pid: 7,
      madeAt,
    });
    assert.deepEqual(parse(`\uFEFF${JSON.stringify({ pid: 7 }, undefined, 2)}\r\n`), { ...nothing, pid: 7 });
  });

  it('is nothing where it is no such object', () => {
    for (const content of [
      '',
      ' ',
      'garbage',
      '{"pid": 7',
      'null',
      '7',
      '"7"',
      '[{"pid":7}]',
      '{}',
      '\0',
      `{"pid":7}\0`,
      '{"pid":7}{"pid":8}',
    ])
      assert.deepEqual(parse(content), nothing, content);
    for (const depth of [100, 10_000, 32_000])
      assert.deepEqual(parse('['.repeat(depth) + ']'.repeat(depth)), nothing);
    assert.deepEqual(parse(`{"pid":7,"deep":${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}}`), {
      ...nothing,
      pid: 7,
    });
  });

  it('is no pid where it is none that a process can have', () => {
    for (const pid of ['7', '', true, null, [], {}, 0, -7, 1.5, 2 ** 31, 1e300, -1e300])
      assert.equal(parse({ pid }).pid, undefined, JSON.stringify(pid));
    assert.equal(parse({ pid: 2 ** 31 - 1 }).pid, 2 ** 31 - 1);
  });

  it('is no time where it is none at which a lock can have been made', () => {
    const strange = [
      '1',
      '7',
      'now',
      '',
      '2026',
      '2026-11-21',
      '2026-11-21 09:50',
      'Sat Nov 21 2026',
      '2026-11-21T09:50:50',
      '0001-01-01T00:00:00Z',
      '+275760-09-13T00:00:00Z',
      '9999-12-31T23:59:59Z',
      '2026-11-27T00:00:00Z',
      '2026-13-45T99:99:99Z',
      7,
      null,
      {},
    ];
    for (const createdAt of strange)
      assert.equal(parse({ pid: 7, createdAt }).madeAt, undefined, JSON.stringify(createdAt));
    for (const startedAt of [0, 1, -1, 1_764_000_000, 1e300, '1764000000000', NOW + 2 * 86_400_000])
      assert.equal(parse({ pid: 7, startedAt }).madeAt, undefined, String(startedAt));
  });

  it('is no start where it is none of a Linux', () => {
    for (const starttime of ['12', -1, 1.5, 1e300, null, {}])
      assert.equal(parse({ pid: 7, starttime }).processStart, undefined, JSON.stringify(starttime));
  });

  it('never throws, and gives nothing but what can be', () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
      fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text)),
      fc
        .record({
          pid: fc.anything(),
          createdAt: fc.anything(),
          startedAt: fc.anything(),
          starttime: fc.anything(),
        })
        .map((value) => {
          try {
            return Buffer.from(JSON.stringify(value));
          } catch {
            return Buffer.from('a circle');
          }
        }),
    );
    fc.assert(
      fc.property(content, (bytes) => {
        const { pid, processStart, madeAt } = parseLockPayload(bytes, NOW);
        assert.ok(pid === undefined || (Number.isInteger(pid) && pid > 0 && pid < 2 ** 31));
        assert.ok(processStart === undefined || /^\d+$/.test(processStart));
        assert.ok(madeAt === undefined || (madeAt > 0 && madeAt < NOW + 86_400_000));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a lock that Lockstep made on a file of OpenClaw', () => {
  it('names its owner in full, which is believed where the pid is the same', () => {
    const owner = { pid: 7, processStart: '12', bootId: 'b', pidNamespace: 'n', host: 'h', name: 'lockstep' };
    const parse = (content: object) =>
      parseLockPayload(Buffer.from(JSON.stringify(content)), Date.now()).owner;
    assert.deepEqual(parse({ pid: 7, owner }), owner);
    for (const content of [
      { pid: 8, owner },
      { owner },
      { pid: 7, owner: { pid: 7 } },
      { pid: 7, owner: 'x' },
    ])
      assert.equal(parse(content), undefined);
  });
});

describe('lock files of any content', () => {
  it('are planned only on proof: a pid that is gone or another process, or no pid for more than 30 s', async (t) => {
    const house = await newHouse(t);
    const { pid: living } = new LivingProcess(t);
    const dead = await deadPid();
    const alive = new Map([
      [living, await startOf(living)],
      [process.pid, await startOf(process.pid)],
    ]);
    const { start } = await startOf(living);

    const odd = fc.constantFrom<unknown>(
      null,
      '',
      '7',
      true,
      -1,
      0,
      1.5,
      2 ** 31,
      1e300,
      [],
      {},
      { pid: dead },
    );
    const payload = fc.record(
      {
        pid: fc.oneof({ weight: 4, arbitrary: fc.constantFrom<unknown>(living, dead, process.pid) }, odd),
        createdAt: fc.oneof(
          {
            weight: 3,
            arbitrary: fc.integer({ min: -2 * 86_400_000, max: 365 * 86_400_000 }).map((age) => iso(age)),
          },
          odd,
        ),
        startedAt: fc.oneof(fc.integer({ min: -1000, max: 3_000_000_000_000 }), odd),
        starttime: fc.oneof(fc.constantFrom<unknown>(start, start - 1, String(start)), odd),
      },
      { requiredKeys: [] },
    );
    const text = payload.map((value) => JSON.stringify(value));
    const content = fc.oneof(
      { weight: 4, arbitrary: text.map((one) => Buffer.from(one)) },
      fc.tuple(text, fc.nat(60)).map(([one, end]) => Buffer.from(one.slice(0, end))),
      text.map((one) => Buffer.from(`\uFEFF${one}`)),
      text.map((one) => Buffer.from(`${one}\0`)),
      text.map((one) => Buffer.from(one, 'utf16le')),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(70_000, 65_536, 65_537).map((size) => Buffer.alloc(size, '[')),
      fc.nat(60_000).map((size) => Buffer.from(`${' '.repeat(size)}{"pid":${dead}}`)),
    );
    const file = fc.record({
      content,
      ageMs: fc.constantFrom(-HOUR, 0, 20_000, 40_000, HOUR, 400 * 86_400_000),
      guardedMs: fc.constantFrom(undefined, 0, 60_000, HOUR),
    });

    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 12 }), async (files) => {
        await rm(house.root, { recursive: true });
        await mkdir(house.root);
        for (const [index, { content, ageMs, guardedMs }] of files.entries()) {
          await put(join(house.root, `${index}.jsonl.lock`), content, ageMs);
          if (guardedMs !== undefined) await put(join(house.root, `${index}.jsonl`), '{}\n', guardedMs);
        }
        const { planned, problems } = await house.plan();
        assert.deepEqual(problems, []);
        const taken = new Set(names(planned));
        for (const [index, { content, ageMs, guardedMs }] of files.entries()) {
          const said = saidBy(content);
          const isProved =
            said !== 'too large' &&
            (isPid(said['pid']) ? isOther(said, alive.get(said['pid'])) : ageMs > 30_000);
          const isFresh = guardedMs !== undefined && guardedMs < 120_000;
          assert.equal(
            taken.has(`${index}.jsonl.lock`),
            isProved && !isFresh,
            JSON.stringify({ content: content.toString('utf8').slice(0, 200), ageMs, guardedMs }),
          );
        }
        const { locks } = await house.list();
        assert.equal(locks.length, files.length, 'every lock is on the list');
      }),
      { numRuns: 100 },
    );
  });
});

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

/** What a file says, told apart from the server: an object, however it is cut and wrapped; nothing for all else. */
function saidBy(content: Buffer): Record<string, unknown> | 'too large' {
  if (content.length > 65_536) return 'too large';
  try {
    const value: unknown = JSON.parse(content.toString('utf8').replace(/^\uFEFF/, ''));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

interface Start {
  readonly start: number;
  readonly startedAt: number;
}

async function startOf(pid: number): Promise<Start> {
  const found = await systemProcesses().look(pid);
  assert.ok(found.state === 'running' && found.start !== undefined && found.startedAt !== undefined);
  return { start: Number(found.start), startedAt: found.startedAt };
}

function isPid(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 2 ** 31;
}

/** Whether a living process, if there is one, is proved to be another one than the one that a file tells of. */
function isOther(
  { createdAt, startedAt, starttime }: Record<string, unknown>,
  alive: Start | undefined,
): boolean {
  if (!alive) return true;
  if (Number.isSafeInteger(starttime) && Number(starttime) >= 0) return starttime !== alive.start;
  const made = [
    typeof createdAt === 'string' && /^\d{4}-.*T.*Z$/.test(createdAt) ? Date.parse(createdAt) : NaN,
    typeof startedAt === 'number' ? startedAt : NaN,
  ].find((time) => time >= Date.UTC(2020, 0, 1) && time < Date.now() + 86_400_000);
  return made !== undefined && alive.startedAt > made + 2000;
}
