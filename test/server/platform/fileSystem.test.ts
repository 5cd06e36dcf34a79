import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { mountTypeOf, systemFileSystem } from '../../../server/platform/fileSystem.ts';

const MOUNTINFO = [
  '21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
  '22 21 0:20 / /proc rw - proc proc rw',
  '30 21 0:40 / /home rw - nfs4 server:/home rw',
  String.raw`31 30 0:41 / /home/me/my\040disk rw - ext4 /dev/sdb1 rw`,
  '32 21 0:42 / /mnt/c rw - 9p drvfs rw',
  '33 21 0:43 / /stacked rw - nfs4 server:/x rw',
  '34 33 0:44 / /stacked rw - tmpfs tmpfs rw',
  'a line that makes no sense',
  '',
].join('\n');

describe('the type of file system that holds a path', () => {
  it('is that of the longest mount point above it, the last where several are stacked', () => {
    for (const [path, type] of [
      ['/var/lib', 'ext4'],
      ['/home', 'nfs4'],
      ['/home/me', 'nfs4'],
      ['/homestead', 'ext4'],
      ['/home/me/my disk/x', 'ext4'],
      ['/mnt/c/Users', '9p'],
      ['/stacked/x', 'tmpfs'],
    ] as const) {
      assert.equal(mountTypeOf(path, MOUNTINFO), type, path);
    }
  });

  it('is unknown where nothing tells', () => {
    assert.equal(mountTypeOf('/x', ''), undefined);
    assert.equal(systemFileSystem.networkType('/no/such/path'), undefined);
  });

  it('is no network for the folder of temporary files of this machine', () => {
    assert.equal(systemFileSystem.networkType(tmpdir()), undefined);
  });
});
