import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isOnPath, pathLine } from '../../../client/services/shellPath.ts';
import { tempFolder } from '../../support/tempFolder.ts';

describe('whether a folder is on the PATH', () => {
  it('does not hang on how it is written', () => {
    const on = (path: string | undefined) => isOnPath('/home/ann/.local/bin', path, 'linux', ':');
    assert.equal(on('/usr/bin:/home/ann/.local/bin/'), true);
    assert.equal(on('/home/ann/x/../.local/bin:/bin'), true);
    assert.equal(on('/usr/bin:/home/ann/.local/bin2'), false);
    assert.equal(on(''), false);
    assert.equal(on(undefined), false);
    assert.equal(isOnPath('C:\\Lockstep\\bin', 'C:\\Windows;c:\\lockstep\\BIN\\', 'win32', ';'), true);
  });
});

describe('the line that puts a folder on the PATH', () => {
  const line = (shell: string, platform: NodeJS.Platform = 'linux') =>
    pathLine('/home/ann/.local/bin', { platform, shell, home: '/home/ann' });

  it('is for the shell that the person uses', () => {
    assert.equal(line('/usr/bin/fish'), "fish_add_path '/home/ann/.local/bin'");
    assert.equal(line('/bin/zsh'), `echo 'export PATH="$HOME/.local/bin:$PATH"' >> ~/.zshrc`);
    assert.match(line('/bin/bash'), />> ~\/\.bashrc$/);
    assert.match(line('/bin/bash', 'darwin'), />> ~\/\.bash_profile$/);
    assert.match(line('/bin/dash'), />> ~\/\.profile$/);
    assert.match(line('', 'win32'), /^\[Environment\]::SetEnvironmentVariable\('Path', /);
  });

  it('does what it says, whatever the folder is called', async (t) => {
    const home = await tempFolder(t);
    for (const folder of [join(home, '.local/bin'), join(home, `it's "$HOME" \`id\``)]) {
      execFileSync('sh', ['-c', pathLine(folder, { platform: 'linux', shell: 'sh', home })], {
        env: { ...process.env, HOME: home },
      });
      const profile = await readFile(join(home, '.profile'), 'utf8');
      const path = execFileSync('sh', ['-c', `${profile}\nprintf %s "$PATH"`], {
        encoding: 'utf8',
        env: { ...process.env, HOME: home },
      });
      assert.equal(path.split(':')[0], folder);
    }
  });
});
