import assert from 'node:assert/strict';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { systemProcesses } from '../../../../server/platform/systemProcesses.ts';
import type { Lock } from '../../../../server/protocol/lock.ts';
import { claudeLocks } from '../../../../server/sources/claudeCode/locks.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { put } from '../../locks/house.ts';
import { deadPid, LivingProcess } from '../../locks/livingProcess.ts';

const HOUR = 3_600_000;
const TOKEN = '6f0e2c31-secret-d3b07384';

async function newConfig(t: TestContext) {
  const configDir = await tempFolder(t);
  const locks = claudeLocks(configDir, systemProcesses());
  const live = async () => (await locks.live?.()) ?? { locks: [], problems: [] };
  const only = async (): Promise<Lock> => {
    const { locks: found, problems } = await live();
    assert.deepEqual([found.length, problems], [1, []]);
    const [lock] = found;
    assert.ok(lock);
    return lock;
  };
  return { configDir, locks, live, only };
}

async function startOf(pid: number): Promise<string> {
  const found = await systemProcesses().look(pid);
  assert.ok(found.state === 'running' && found.start !== undefined);
  return found.start;
}

describe('a running Claude Code', () => {
  it('is told of by its process file, and alive while its pid has the recorded start', async (t) => {
    const { configDir, only, locks } = await newConfig(t);
    const living = new LivingProcess(t);
    const start = await startOf(living.pid);
    const path = join(configDir, 'sessions', `${living.pid}.json`);
    const written = { pid: living.pid, sessionId: 's-1', procStart: start, cwd: '/x', status: 'busy' };
    await put(path, written, HOUR);
    const { fingerprint, ageMs, ...rest } = await only();
    assert.deepEqual(rest, {
      kind: 'file',
      format: 'claude-code',
      path,
      guards: 's-1',
      owner: { pid: living.pid, processStart: start },
      verdict: 'alive',
      reasons: [],
      removable: false,
    });
    assert.ok(fingerprint.length > 0 && ageMs >= HOUR);
    assert.deepEqual(locks.folders, [], 'no folder of Claude Code is cleaned');

    await put(path, { ...written, procStart: Number(start) });
    assert.equal((await only()).verdict, 'alive');
    await put(path, { ...written, procStart: '1' });
    assert.deepEqual([(await only()).verdict, (await only()).reasons], ['dead', ['recycled-pid']]);
    await put(path, { pid: living.pid, sessionId: 's-1' });
    assert.equal((await only()).verdict, 'alive');
    await put(path, written);
    await living.kill();
    assert.deepEqual([(await only()).verdict, (await only()).reasons], ['dead', ['dead-pid']]);
  });

  it('is unverifiable where its file says nothing, and not there where the file has another name', async (t) => {
    const { configDir, only } = await newConfig(t);
    const path = join(configDir, 'sessions', '7.json');
    await put(join(configDir, 'sessions', 'notes.json'), { pid: await deadPid(), sessionId: 's' });
    await put(join(configDir, 'sessions', '7.json.tmp'), '');
    for (const content of [
      '',
      '{"pid": 7',
      '[]',
      { pid: '7', sessionId: 's' },
      { pid: 7 },
      { pid: -1, sessionId: 's' },
      'x'.repeat(70_000),
    ]) {
      await put(path, content);
      const { verdict, reasons, owner, removable } = await only();
      assert.deepEqual(
        { verdict, reasons, owner, removable },
        { verdict: 'unverifiable', reasons: ['unreadable'], owner: {}, removable: false },
      );
    }
  });
});

describe('an editor that Claude Code can connect to', () => {
  it('is alive or dead by its pid, and its token is told to nobody', async (t) => {
    const { configDir, only } = await newConfig(t);
    const living = new LivingProcess(t);
    const path = join(configDir, 'ide', '41234.lock');
    const written = {
      pid: living.pid,
      workspaceFolders: ['/home/dev/shop'],
      ideName: 'An Editor',
      transport: 'ws',
      authToken: TOKEN,
    };
    await put(path, written);
    const lock = await only();
    assert.deepEqual(
      [lock.guards, lock.owner, lock.verdict, lock.removable],
      ['/home/dev/shop', { pid: living.pid, name: 'An Editor' }, 'alive', false],
    );
    assert.ok(!JSON.stringify(lock).includes(TOKEN));
    // Written before that process began: it is another one.
    await put(path, written, HOUR);
    assert.deepEqual([(await only()).verdict, (await only()).reasons], ['dead', ['recycled-pid']]);
    await put(path, written);
    await living.kill();
    const dead = await only();
    assert.deepEqual([dead.verdict, dead.removable], ['dead', false]);
    assert.ok(!JSON.stringify(dead).includes(TOKEN));
  });

  it('is told of without its token where the rest is not as expected', async (t) => {
    const { configDir, live } = await newConfig(t);
    const at = (port: number) => join(configDir, 'ide', `${port}.lock`);
    await put(at(1), { authToken: TOKEN });
    await put(at(2), `{"authToken":"${TOKEN}","pid":`);
    await put(at(3), { pid: process.pid, authToken: TOKEN, workspaceFolders: 'x', ideName: 7 });
    await put(at(4), TOKEN);
    const found = await live();
    assert.equal(found.locks.length, 4);
    assert.ok(!JSON.stringify(found).includes(TOKEN));
  });
});

describe('folders of Claude Code', () => {
  it('hold nothing where they are not there, and are a problem where they are none', async (t) => {
    const { configDir, live } = await newConfig(t);
    assert.deepEqual(await live(), { locks: [], problems: [] });
    await put(join(configDir, 'ide'), 'a file');
    assert.deepEqual(await live(), {
      locks: [],
      problems: [{ path: join(configDir, 'ide'), message: 'it is not a folder' }],
    });
    await mkdir(join(configDir, 'sessions', '8.json'), { recursive: true });
    await chmod(join(configDir, 'sessions'), 0o700);
    assert.deepEqual(
      (await live()).locks.map(({ verdict }) => verdict),
      ['unverifiable'],
    );
  });
});
