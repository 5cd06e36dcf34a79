import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '../../../scripts/host/eventually.ts';
import type { Workbench } from '../../../scripts/host/workbench.ts';
import { startLockstepHost, type LockstepHost } from '../lockstepHost.ts';

const run = promisify(execFile);

describe('the lockstep command of VS Code', () => {
  let host: LockstepHost;
  let workbench: Workbench;
  let home: string;

  before(async () => {
    // It is installed into the home folder, which here is nobody's.
    home = await mkdtemp(join(tmpdir(), 'lockstep-home-'));
    host = await startLockstepHost({ content: 'empty', env: { HOME: home, SHELL: '/bin/bash' } });
    ({ workbench } = await host.open());
    await workbench.statusBarItem('Lockstep: 0 active, 0 paused').waitFor();
  });
  after(async () => {
    await host.stop();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  });

  const launcher = () => join(home, '.local', 'bin', 'lockstep');

  it('does not write over a file of somebody else', async () => {
    await mkdir(join(home, '.local', 'bin'), { recursive: true });
    await writeFile(launcher(), '#!/bin/sh\necho mine\n');
    await workbench.palette("Lockstep: Install 'lockstep' Command in PATH");
    await workbench.notifications.item('.local/bin/lockstep is not of Lockstep, and was left as it is.');
    assert.match(await readFile(launcher(), 'utf8'), /mine/);
    await rm(launcher());
    await workbench.notifications.clear();
  });

  it("is installed on VS Code's own Node, works, and says how to put it on the PATH", async () => {
    await workbench.palette("Lockstep: Install 'lockstep' Command in PATH");
    const told = await workbench.notifications.item("The 'lockstep' command is installed");
    assert.match(await told.innerText(), /is not on your PATH/);
    const { stdout } = await run(launcher(), ['methods'], { env: { PATH: '/nowhere' } });
    assert.match(stdout, /^sessions\.start\b/m);
    await workbench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await workbench.notifications.press("The 'lockstep' command is installed", 'Copy Line');
    await eventually(
      () => workbench.page.evaluate('navigator.clipboard.readText()'),
      (text) => text === `echo 'export PATH="$HOME/.local/bin:$PATH"' >> ~/.bashrc`,
    );
    await workbench.notifications.clear();
  });

  it('is there in new terminals of VS Code', async () => {
    await workbench.palette('Terminal: Create New Terminal');
    await workbench.terminal.whenShows(/[$#]\s*$/);
    await workbench.terminal.enter('command -v lockstep');
    await workbench.terminal.whenShows(/\.local\/bin\/lockstep/);
  });

  it('is mended when what it starts has moved, as VS Code starts', async () => {
    const text = await readFile(launcher(), 'utf8');
    await writeFile(launcher(), text.replaceAll('dist/cli.js', 'gone/cli.js'));
    const second = await host.open();
    await eventually(
      () => readFile(launcher(), 'utf8'),
      (now) => now === text,
      { what: 'a launcher that is mended' },
    );
    assert.equal((await stat(launcher())).mode & 0o777, 0o755);
    await second.close();
  });

  it('is uninstalled', async () => {
    await workbench.palette("Lockstep: Uninstall 'lockstep' Command from PATH");
    await workbench.notifications.item("The 'lockstep' command is uninstalled");
    await assert.rejects(stat(launcher()), { code: 'ENOENT' });
    await workbench.palette("Lockstep: Uninstall 'lockstep' Command from PATH");
    await workbench.notifications.item("The 'lockstep' command is not installed");
    await workbench.notifications.clear();
  });
});
