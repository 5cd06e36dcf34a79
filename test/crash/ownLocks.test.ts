import assert from 'node:assert/strict';
import { mkdir, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { folderIdentity, LockFiles, ownRecordPath } from '../../server/locks/lockFiles.ts';
import { Owners } from '../../server/locks/owners.ts';
import { systemClock } from '../../server/platform/clock.ts';
import { systemProcesses } from '../../server/platform/systemProcesses.ts';
import { tempFolder } from '../support/tempFolder.ts';
import { Agent } from './agents.ts';

describe('a lock of our own', () => {
  it('is not taken for that of a dead holder before it, though its folder has the same number', async (t) => {
    const ownFolder = await tempFolder(t);
    const processes = systemProcesses();
    const owners = new Owners(processes);
    const files = new LockFiles({ owners, processes, clock: systemClock, ownFolder, sharedRoots: [] });
    const path = join(ownFolder, 'x.lock');
    await mkdir(path);
    const holder = new Agent(t, 'holder');
    const record = {
      path,
      folder: folderIdentity(await stat(path, { bigint: true })),
      owner: await owners.ofProcess(holder.pid, undefined),
    };
    await writeFile(ownRecordPath(path), JSON.stringify(record));
    assert.equal((await files.look(path))?.verdict, 'alive');
    await holder.kill();
    assert.equal((await files.look(path))?.verdict, 'dead');

    // A cleaner that is killed here leaves the record; the next holder has not written its own yet.
    await rmdir(path);
    await mkdir(path);
    assert.equal((await files.look(path))?.verdict, 'unverifiable');
  });
});
