import assert from 'node:assert/strict';
import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Launched } from '../../../client/services/launcher.ts';
import { LauncherFile, launcherPath } from '../../../client/services/launcherFile.ts';
import { CLI } from '../../support/command.ts';
import { tempFolder } from '../../support/tempFolder.ts';

async function launcherIn(t: TestContext) {
  const folder = await tempFolder(t);
  let wanted: Launched = { version: '1.0.0', runtime: process.execPath, cli: CLI };
  const path = launcherPath('linux', {}, folder);
  const file = new LauncherFile(path, () => wanted, 'linux', {});
  return { file, path, want: (changes: Partial<Launched>) => (wanted = { ...wanted, ...changes }) };
}

describe('the launcher on disk', () => {
  it('is written with its folder, so that everybody can run it and nothing is left beside it', async (t) => {
    const { file, path } = await launcherIn(t);
    assert.equal(await file.install(), 'none');
    assert.equal((await stat(path)).mode & 0o777, 0o755);
    assert.deepEqual(await readdir(dirname(path)), ['lockstep']);
    assert.equal((await file.find()).kind, 'ours');
    assert.equal(await file.install(), 'ours');
  });

  it('is mended when what it starts has moved, and not made where there is none', async (t) => {
    const { file, path, want } = await launcherIn(t);
    assert.equal(await file.refresh(), false);
    assert.equal((await file.find()).kind, 'none');
    want({ cli: '/gone/cli.js' });
    await file.install();
    want({ cli: CLI });
    assert.equal(await file.refresh(), true);
    assert.ok((await readFile(path, 'utf8')).includes(`cli='${CLI}'`));
  });

  it('never touches a file of somebody else, nor a link, nor a folder', async (t) => {
    const cases: ((path: string) => Promise<unknown>)[] = [
      (path) => writeFile(path, '#!/bin/sh\necho mine\n'),
      (path) => symlink('/nowhere', path),
      (path) => mkdir(path),
    ];
    for (const make of cases) {
      const { file, path } = await launcherIn(t);
      await mkdir(dirname(path), { recursive: true });
      await make(path);
      const look = async () => {
        const { ino, size, mtimeMs, mode } = await lstat(path);
        return { ino, size, mtimeMs, mode };
      };
      const before = await look();
      assert.equal(await file.install(), 'foreign');
      assert.equal(await file.refresh(), false);
      assert.equal(await file.uninstall(), 'foreign');
      assert.deepEqual(await look(), before);
    }
  });

  it('is removed when it is ours', async (t) => {
    const { file, path } = await launcherIn(t);
    await file.install();
    assert.equal(await file.uninstall(), 'ours');
    await assert.rejects(stat(path), { code: 'ENOENT' });
    assert.equal(await file.uninstall(), 'none');
  });

  it('is where each system has the programs of one person', () => {
    assert.equal(launcherPath('darwin', {}, '/Users/ann'), '/Users/ann/.local/bin/lockstep');
    assert.ok(
      launcherPath('win32', { LOCALAPPDATA: join('C:', 'Local') }, 'C:').endsWith(
        join('Local', 'lockstep', 'bin', 'lockstep.cmd'),
      ),
    );
  });
});
