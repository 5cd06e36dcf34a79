import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../../scripts/host/eventually.ts';
import type { VsCodeWindow } from '../../../scripts/host/window.ts';
import type { Workbench } from '../../../scripts/host/workbench.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { RpcClient } from '../../support/rpcClient.ts';
import { startLockstepHost, type LockstepHost } from '../lockstepHost.ts';

/** The Lockstep servers below one VS Code server, which this test has started; found by their store's folder. */
function lockstepServers(home: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('dist/server.js') &&
          readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`LOCKSTEP_HOME=${home}`)
        );
      } catch {
        return false; // it has just ended
      }
    });
}

describe('when something is wrong, in VS Code', () => {
  let host: LockstepHost;
  let window: VsCodeWindow;
  let workbench: Workbench;

  before(async () => {
    host = await startLockstepHost({ content: 'demo' });
    window = await host.open();
    workbench = window.workbench;
    await workbench.sidebar.row('Fix the flaky checkout test').waitFor();
  });
  after(() => host.stop());

  const oneServer = () =>
    eventually(
      () => Promise.resolve(lockstepServers(host.home)),
      (pids) => pids.length === 1,
      { what: 'one server' },
    );

  it('a server that was killed comes back, and the list with it', async () => {
    const [pid = 0] = await oneServer();
    process.kill(pid, 'SIGKILL');
    const [next = 0] = await eventually(
      () => Promise.resolve(lockstepServers(host.home)),
      (pids) => pids.length === 1 && pids[0] !== pid,
      { what: 'another server' },
    );
    assert.notEqual(next, pid);
    // The row stays while there is no server, but none of its actions works then.
    await workbench.statusBarItem('Lockstep: 1 active, 1 paused').waitFor();
    await workbench.sidebar.row('Fix the flaky checkout test').waitFor();
    await workbench.sidebar.whenStill('Sessions');
    await workbench.sidebar.rowAction('Fix the flaky checkout test', 'Pause Session');
    await workbench.statusBarItem('Lockstep: 0 active, 2 paused').waitFor();
    assert.deepEqual(await workbench.notifications.list(), []);
    await workbench.notifications.closeCentre();
  });

  it('a server that cannot stay up is left down, which is said with a way out', async () => {
    for (let crash = 0; crash < 10; crash++) {
      const found = lockstepServers(host.home);
      for (const pid of found) process.kill(pid, 'SIGKILL');
      const down = await workbench.sidebar.welcome('Sessions').getByText('is not running').isVisible();
      if (down) break;
      await eventually(
        async () => ({
          pids: lockstepServers(host.home).filter((pid) => !found.includes(pid)),
          down: await workbench.sidebar.welcome('Sessions').getByText('is not running').isVisible(),
        }),
        (now) => now.pids.length > 0 || now.down,
      );
    }
    await workbench.sidebar.welcome('Sessions').getByText('The Lockstep server is not running.').waitFor();
    await workbench.statusBarItem('The Lockstep server is not running').waitFor();
    await workbench.sidebar.welcome('Sessions').getByText('Restart Server').click();
    await workbench.sidebar.row('Fix the flaky checkout test').waitFor();
    await oneServer();
  });

  it('a server that hangs is replaced when it is restarted, once however often that is asked for', async (t) => {
    const [pid = 0] = await oneServer();
    process.kill(pid, 'SIGSTOP');
    await workbench.palette('Lockstep: Refresh Sessions');
    await workbench.palette('Lockstep: Restart Server');
    await workbench.palette('Lockstep: Restart Server');
    await eventually(
      () => Promise.resolve(lockstepServers(host.home)),
      (pids) => pids.length === 1 && !pids.includes(pid),
      { what: 'one new server', timeoutMs: 30_000 },
    );
    const { id } = await new RpcClient(t, host.home).call(sessionsStart, {
      task: 'After the hang',
      mode: 'm',
    });
    assert.ok(id);
    await workbench.sidebar.row('After the hang').waitFor();
    await oneServer();
  });

  it('a store that cannot be opened is told in the list, with a way to try again', async () => {
    const file = join(host.home, 'lockstep.db');
    await rename(file, `${file}.away`);
    for (const suffix of ['-wal', '-shm']) await rm(file + suffix, { force: true });
    await mkdir(file);
    await workbench.palette('Lockstep: Refresh Sessions');
    await workbench.sidebar.row('Store cannot be used').waitFor();
    await workbench.statusBarItem('Store cannot be used').waitFor();
    await workbench.sidebar.row('Claude Code').waitFor();
    await workbench.sidebar.click('Store cannot be used');
    const notification = await workbench.notifications.item('is not a file');
    await notification.getByRole('button', { name: 'Try Again' }).waitFor();
    await rm(file, { recursive: true });
    await rename(`${file}.away`, file);
    await workbench.notifications.press('is not a file', 'Try Again');
    await workbench.sidebar.row('Fix the flaky checkout test').waitFor();
    await workbench.sidebar.row('Store cannot be used').waitFor({ state: 'detached' });
  });
});

describe('in a workspace that is not trusted', () => {
  let host: LockstepHost;

  before(async () => {
    host = await startLockstepHost({ content: 'demo', trust: false });
  });
  after(() => host.stop());

  it('sessions are shown and can be read, and nothing can be changed', async () => {
    const { workbench } = await host.open();
    await workbench.sidebar.row('Fix the flaky checkout test').waitFor();
    await workbench.sidebar.message('Sessions').getByText('Restricted Mode').waitFor();
    await workbench.sidebar.click('Fix the flaky checkout test');
    const frame = await workbench.webview('lockstep-transcript');
    await frame.getByText('The floating promise is the cause.').waitFor();
    const titles = await workbench.quickInput.paletteTitles('Lockstep: ');
    assert.ok(titles.includes('Lockstep: Open Transcript'));
    assert.ok(titles.includes('Lockstep: Doctor'));
    assert.ok(titles.includes('Lockstep: Show Statistics'));
    assert.ok(titles.includes('Lockstep: Export Session…'));
    for (const title of [
      'New Session…',
      'Pause Session',
      'Resume in Terminal',
      'Fail Session…',
      'Clean Up Stale Locks…',
      'Delete Session',
      'Import Sessions…',
      'Restore Deleted Session…',
      'Clean Up Old Sessions…',
      'Back Up Store',
      'Recover Store…',
      'Migrate Sessions…',
      'Restore Migration…',
      'Rename Label…',
      'Delete OpenClaw Session…',
    ]) {
      assert.ok(!titles.includes(`Lockstep: ${title}`), title);
    }
  });
});
