import assert from 'node:assert/strict';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../../scripts/host/eventually.ts';
import type { Workbench } from '../../../scripts/host/workbench.ts';
import { startLockstepHost, type LockstepHost } from '../lockstepHost.ts';

describe('backup and recovery in VS Code', () => {
  let host: LockstepHost;
  let workbench: Workbench;

  before(async () => {
    host = await startLockstepHost({ content: 'demo' });
    ({ workbench } = await host.open());
  });
  after(() => host.stop());

  const plan = () => workbench.webview('.markdown-body h1:text("What Can Be Recovered")');

  it('writes a backup, and copies its path where there is no file manager', async () => {
    await workbench.palette('Lockstep: Back Up Store');
    await workbench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await workbench.notifications.press('The store is backed up: ', 'Copy Path');
    const path = await eventually(
      () => workbench.page.evaluate('navigator.clipboard.readText()'),
      (text) => typeof text === 'string' && text.startsWith(host.home),
    );
    assert.ok((await stat(String(path))).size > 10_000);
    await workbench.notifications.clear();
  });

  it('shows a damaged store as an error, recovers what is readable, and the list is back', async () => {
    const file = join(host.home, 'lockstep.db');
    await damage(file);
    await workbench.palette('Lockstep: Restart Server');
    await workbench.sidebar.row('Store is damaged', 'Sessions').waitFor();
    await workbench.sidebar.click('Store is damaged', 'Sessions');
    await workbench.notifications.press('Store is damaged', 'Recover…');
    await workbench.quickInput.asks('What is to be recovered?');
    await workbench.quickInput.offers('The Store');
    const offered = (await workbench.quickInput.rows()).map(({ description }) => description);
    assert.ok(
      offered.some((description) => description.startsWith('by hand · ')),
      offered.join(', '),
    );
    await workbench.quickInput.choose('The Store');
    assert.match(await workbench.dialog.text(), /Recover the store\?[^]*Can be saved: 5 sessions[^]*is kept/);
    await (await plan()).getByText('Nothing was changed.').waitFor();
    await workbench.dialog.press('Cancel');
    await workbench.sidebar.row('Store is damaged', 'Sessions').waitFor();

    await workbench.palette('Lockstep: Recover Store…');
    await workbench.quickInput.asks('What is to be recovered?');
    await workbench.quickInput.choose('The Store');
    await workbench.dialog.press('Recover');
    await workbench.sidebar.row('Fix the flaky checkout test', 'Sessions').waitFor();
    await workbench.sidebar.row('Store is damaged', 'Sessions').waitFor({ state: 'detached' });
    const done = await workbench.webview('.markdown-body h1:text("The Store Was Recovered")');
    await done.getByText('What was the store before is kept:').waitFor();
    await workbench.notifications.item('The store is recovered. Saved: 5 sessions');
    await workbench.statusBarItem('Health: all is well').waitFor();
    assert.ok(
      (await readdir(host.home)).some((name) => name !== 'lockstep.db' && /damaged|corrupt/.test(name)),
    );
    await workbench.notifications.clear();
  });

  it('recovers from a backup', async () => {
    await workbench.sidebar.contextMenu(
      'Raise test coverage of the cart to 90 %',
      'Delete Session',
      'Sessions',
    );
    await workbench.sidebar
      .row('Raise test coverage of the cart to 90 %', 'Sessions')
      .waitFor({ state: 'detached' });
    await workbench.palette('Lockstep: Recover Store…');
    await workbench.quickInput.asks('What is to be recovered?');
    await workbench.quickInput.choose(/by hand/);
    assert.match(await workbench.dialog.text(), /Replace the store by what can be saved of .*\.db\?/);
    await workbench.dialog.press('Recover');
    await workbench.sidebar.row('Raise test coverage of the cart to 90 %', 'Sessions').waitFor();
    await workbench.notifications.clear();
  });

  /** Writes over the beginning of the file, as a bad disk or a stray program does. */
  async function damage(file: string): Promise<void> {
    const handle = await open(file, 'r+');
    try {
      await handle.write(Buffer.alloc(512, 0x55), 0, 512, 0);
    } finally {
      await handle.close();
    }
  }
});
