import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { flockHolderIn, linuxFlockHolder } from '../../../server/platform/fileLocks.ts';
import { tempFolder } from '../../support/tempFolder.ts';

const LOCKS = [
  '1: POSIX  ADVISORY  READ 21945 fe:00:111 128 128',
  '2: FLOCK  ADVISORY  WRITE 4711 08:01:222 0 EOF',
  '3: FLOCK  ADVISORY  WRITE 4712 08:01:333 0 EOF',
  '3: -> FLOCK  ADVISORY  WRITE 4713 08:01:444 0 EOF',
  '4: FLOCK  ADVISORY  READ  -1 00:31:555 0 EOF',
  '5: OFDLCK ADVISORY  WRITE -1 08:01:666 0 EOF',
  '6: FLOCK  ADVISORY  WRITE 0 08:01:777 0 EOF',
  'a line that makes no sense',
  '',
].join('\n');

describe('who holds a file with flock', () => {
  it('is told by the line of its inode', () => {
    assert.deepEqual(flockHolderIn(LOCKS, 222n), { pid: 4711 });
    assert.deepEqual(flockHolderIn(LOCKS, 333n), { pid: 4712 });
  });

  it('is somebody without a number where the holder is of another namespace', () => {
    assert.deepEqual(flockHolderIn(LOCKS, 555n), { pid: undefined });
    assert.deepEqual(flockHolderIn(LOCKS, 777n), { pid: undefined });
  });

  it('is nobody of whom the list tells: not one who waits, and not one with a lock of another sort', () => {
    for (const inode of [444n, 111n, 666n, 22n, 2222n, 131n])
      assert.equal(flockHolderIn(LOCKS, inode), undefined, String(inode));
    assert.equal(flockHolderIn('', 1n), undefined);
  });

  it('is the process that holds it, and nobody after that was killed', async (t) => {
    const path = join(await tempFolder(t), 'x.lock');
    await writeFile(path, '');
    const { ino } = await stat(path, { bigint: true });
    assert.equal(await linuxFlockHolder(ino), 'nobody');
    // util-linux; -F: the program is run by this very process, which has the lock.
    const holder = spawn('flock', ['-F', path, 'sh', '-c', 'echo held; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => holder.kill('SIGKILL'));
    await once(holder.stdout, 'data');
    assert.deepEqual(await linuxFlockHolder(ino), { pid: holder.pid });
    const ended = once(holder, 'exit');
    holder.kill('SIGKILL');
    await ended;
    assert.equal(await linuxFlockHolder(ino), 'nobody');
  });
});
