import assert from 'node:assert/strict';
import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import lockfile from 'proper-lockfile';
import { iso, names, newHouse, put } from './house.ts';
import { deadPid } from './livingProcess.ts';

const HOUR = 3_600_000;
const TOKEN = '6f0e2c31-secret-d3b07384';

/** A home where each agent has left a lock whose owner is dead, in its own form. */
async function abandonedHome(t: TestContext) {
  const house = await newHouse(t);
  const pid = await deadPid();
  const home = (...parts: string[]) => join(house.userHome, ...parts);
  await put(home('.claude', 'sessions', `${pid}.json`), { pid, sessionId: 's', procStart: '7' }, HOUR);
  await put(home('.claude', 'ide', '41234.lock'), { pid, workspaceFolders: ['/x'], authToken: TOKEN }, HOUR);
  await put(home('.codex', 'thread-writer-locks', 'thread.lock'), '', HOUR);
  await put(
    home('.local', 'state', 'opencode', 'locks', 'a1.lock', 'meta.json'),
    { pid, createdAt: iso(HOUR) },
    HOUR,
  );
  await put(home('.pi', 'agent', 'settings.json'), {}, HOUR);
  await mkdir(home('.pi', 'agent', 'settings.json.lock'));
  await utimes(home('.pi', 'agent', 'settings.json.lock'), new Date(0), new Date(0));
  await put(
    home('.openclaw', 'agents', 'main', 'sessions', 'x.jsonl.lock'),
    { pid, createdAt: iso(HOUR) },
    HOUR,
  );
  return house;
}

describe('locks of agents', () => {
  it('are all on the list, with their verdicts, and only those of OpenClaw can be removed', async (t) => {
    const house = await abandonedHome(t);
    const { locks, problems } = await house.list({ roots: undefined });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      locks.map(({ format, verdict, removable }) => `${format} ${verdict} ${removable}`).sort(),
      [
        'claude-code dead false',
        'claude-code dead false',
        'codex dead false',
        'openclaw dead true',
        'opencode dead false',
        'proper-lockfile unverifiable false',
      ],
    );
    assert.ok(!JSON.stringify(locks).includes(TOKEN));
  });

  it('are left by a cleaner that is let loose on everything, but for those of OpenClaw', async (t) => {
    const house = await abandonedHome(t);
    const before = await readdir(house.userHome, { recursive: true });
    const { locks } = await house.list({ roots: undefined });
    // Where an agent keeps its locks, and the home as a root; with and without items.
    for (const roots of [undefined, [house.userHome]])
      for (const items of [undefined, locks.map((lock) => ({ ...lock, verdict: 'dead', removable: true }))]) {
        const { planned, removed } = await house.apply({ roots, items });
        assert.deepEqual(names(planned), names(removed));
        assert.ok(removed.every(({ format }) => format === 'openclaw'));
      }
    const after = await readdir(house.userHome, { recursive: true });
    assert.deepEqual(
      before.filter((path) => !after.includes(path)),
      ['.openclaw/agents/main/sessions/x.jsonl.lock'],
    );
  });

  it('in proper-lockfile’s form are never taken for stale, though it says so itself', async (t) => {
    const house = await newHouse(t);
    const file = await put(join(house.root, 'settings.json'), '{}');
    const release = await lockfile.lock(file);
    const lock = await house.lockAt(`${file}.lock`);
    assert.deepEqual(
      [lock.format, lock.verdict, lock.removable, lock.guards],
      ['proper-lockfile', 'unverifiable', false, file],
    );
    await utimes(`${file}.lock`, new Date(0), new Date(0));
    assert.deepEqual((await house.apply({ items: [await house.lockAt(`${file}.lock`)] })).removed, []);
    assert.ok((await readdir(house.root)).includes('settings.json.lock'));
    await release().catch(() => undefined);
  });
});
