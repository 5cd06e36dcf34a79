import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemProcesses } from '../../../../server/platform/systemProcesses.ts';
import { lock as lockSchema } from '../../../../server/protocol/lock.ts';
import { opencodeLocks, opencodeStateDir } from '../../../../server/sources/opencode/locks.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { iso, put } from '../../locks/house.ts';
import { deadPid, LivingProcess } from '../../locks/livingProcess.ts';

const HOUR = 3_600_000;

describe('a lock of opencode', () => {
  it('is judged by the pid in its note, on this computer', async (t) => {
    const stateDir = await tempFolder(t);
    const locks = opencodeLocks(stateDir, systemProcesses());
    const { pid } = new LivingProcess(t);
    const dead = await deadPid();
    const host = hostname();
    for (const [name, meta, ...expected] of [
      ['alive', { token: 'x', pid, hostname: host, createdAt: iso() }, 'alive'],
      ['alive, with a count of milliseconds', { pid, hostname: host, createdAt: Date.now() }, 'alive'],
      ['alive, with no time', { pid, hostname: host }, 'alive'],
      ['alive, with a time that is none', { pid, createdAt: 1 }, 'alive'],
      ['alive, with a time of the future', { pid, createdAt: 1e300 }, 'alive'],
      ['made before the process began', { pid, createdAt: iso(HOUR) }, 'dead', 'recycled-pid'],
      ['dead', { pid: dead, hostname: host, createdAt: iso() }, 'dead', 'dead-pid'],
      [
        'on another computer',
        { pid: dead, hostname: `not-${host}`, createdAt: iso() },
        'unverifiable',
        'other-host',
      ],
      ['no pid', { hostname: host }, 'unverifiable', 'unreadable'],
      ['a pid that is none', { pid: '7' }, 'unverifiable', 'unreadable'],
      ['torn', '{"pid": 7', 'unverifiable', 'unreadable'],
    ] as const) {
      const path = await put(join(stateDir, 'locks', 'a1b2.lock', 'meta.json'), meta);
      const found = (await locks.live?.()) ?? { locks: [], problems: [] };
      assert.deepEqual(found.problems, [], name);
      const [lock] = found.locks;
      assert.deepEqual([lock?.verdict, ...(lock?.reasons ?? [])], expected, name);
      assert.deepEqual([lock?.path, lock?.format, lock?.removable], [path, 'opencode', false], name);
      lockSchema.parse(lock);
    }
    assert.deepEqual(locks.folders, [], 'no folder of opencode is cleaned');
  });

  it('without its note is none yet', async (t) => {
    const stateDir = await tempFolder(t);
    await mkdir(join(stateDir, 'locks', 'a1b2.lock'), { recursive: true });
    assert.deepEqual(await opencodeLocks(stateDir, systemProcesses()).live?.(), { locks: [], problems: [] });
  });

  it('is looked for in XDG_STATE_HOME, else in the home of the user', () => {
    assert.equal(opencodeStateDir({}, '/home/dev'), '/home/dev/.local/state/opencode');
    assert.equal(opencodeStateDir({ XDG_STATE_HOME: '' }, '/home/dev'), '/home/dev/.local/state/opencode');
    assert.equal(opencodeStateDir({ XDG_STATE_HOME: '/state' }, '/home/dev'), '/state/opencode');
  });
});
