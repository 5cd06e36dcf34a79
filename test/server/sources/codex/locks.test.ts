import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { linuxFlockHolder } from '../../../../server/platform/fileLocks.ts';
import type { Lock } from '../../../../server/protocol/lock.ts';
import { codexHome, codexLocks } from '../../../../server/sources/codex/locks.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { put } from '../../locks/house.ts';

const HOUR = 3_600_000;
const THREAD = '019cdf3a-7b21-7d40-9e55-2c6f8b0a4d13';

describe('a lock on a thread of Codex', () => {
  it('is alive while a process holds it, however old, and dead when that was killed', async (t) => {
    const home = await tempFolder(t);
    const path = await put(join(home, 'thread-writer-locks', `${THREAD}.lock`), '', 100 * HOUR);
    await put(join(home, 'thread-writer-locks', 'notes.txt'), '');
    const locks = codexLocks(home, linuxFlockHolder);
    const only = async (): Promise<Omit<Lock, 'fingerprint' | 'ageMs'>> => {
      const { locks: found, problems } = (await locks.live?.()) ?? { locks: [], problems: [] };
      assert.deepEqual([found.length, problems], [1, []]);
      const [lock] = found;
      assert.ok(lock && lock.ageMs >= 100 * HOUR);
      const { fingerprint: _fingerprint, ageMs: _ageMs, ...rest } = lock;
      return rest;
    };
    const base = { kind: 'file', format: 'codex', path, guards: THREAD, removable: false };

    assert.deepEqual(await only(), { ...base, owner: {}, verdict: 'dead', reasons: ['not-held'] });
    const writer = spawn('flock', ['-F', path, 'sh', '-c', 'echo held; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => writer.kill('SIGKILL'));
    await once(writer.stdout, 'data');
    assert.deepEqual(await only(), { ...base, owner: { pid: writer.pid }, verdict: 'alive', reasons: [] });
    const ended = once(writer, 'exit');
    writer.kill('SIGKILL');
    await ended;
    assert.deepEqual(await only(), { ...base, owner: {}, verdict: 'dead', reasons: ['not-held'] });
    assert.deepEqual(locks.folders, [], 'no folder of Codex is cleaned');
  });

  it('is unverifiable where nothing tells who holds it, as in another pid namespace', async (t) => {
    const home = await tempFolder(t);
    await put(join(home, 'thread-writer-locks', `${THREAD}.lock`), '');
    const unknown = await codexLocks(home, () => Promise.resolve(undefined)).live?.();
    assert.deepEqual(
      unknown?.locks.map(({ verdict, reasons }) => [verdict, ...reasons]),
      [['unverifiable', 'probe-failed']],
    );
    const nameless = await codexLocks(home, () => Promise.resolve({ pid: undefined })).live?.();
    assert.deepEqual(
      nameless?.locks.map(({ verdict, owner }) => [verdict, owner]),
      [['alive', {}]],
    );

    // Really in another one, where the list of locks leaves out those of the processes outside.
    const script = `import('${import.meta.resolve('../../../../server/platform/fileLocks.ts')}').then(async ({ linuxFlockHolder }) => console.log(await linuxFlockHolder(${2n ** 62n}n)))`;
    const inside = spawn('unshare', ['--pid', '--fork', '--mount-proc', process.execPath, '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    assert.equal(String((await once(inside.stdout, 'data'))[0]).trim(), 'undefined');
    assert.equal(await linuxFlockHolder(2n ** 62n), 'nobody');
  });

  it('is looked for in CODEX_HOME, else in the home of the user', () => {
    assert.equal(codexHome({}, '/home/dev'), '/home/dev/.codex');
    assert.equal(codexHome({ CODEX_HOME: '' }, '/home/dev'), '/home/dev/.codex');
    assert.equal(codexHome({ CODEX_HOME: '/elsewhere' }, '/home/dev'), '/elsewhere');
  });
});
