import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../scripts/host/eventually.ts';
import type { VsCodeWindow } from '../../scripts/host/window.ts';
import type { Workbench } from '../../scripts/host/workbench.ts';
import {
  sessionsIterate,
  sessionsPause,
  sessionsStart,
} from '../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsFind } from '../../server/protocol/sessionQueryMethods.ts';
import { RpcClient } from '../support/rpcClient.ts';
import { startLockstepHost, type LockstepHost } from './lockstepHost.ts';

describe('Lockstep in VS Code, from an empty store', () => {
  let host: LockstepHost;
  let window: VsCodeWindow;
  let workbench: Workbench;

  before(async () => {
    host = await startLockstepHost({ content: 'empty' });
    window = await host.open();
    workbench = window.workbench;
  });
  after(() => host.stop());

  /** Another process on the same store: an agent, a script, another window. */
  const other = (t: { after: (fn: () => void) => void }) => new RpcClient(t, host.home);
  const row = (title: string) => workbench.sidebar.row(title);
  const newSession = async (task: string, iterations: string) => {
    await workbench.palette('Lockstep: New Session…');
    await workbench.quickInput.asks('What is the agent to do?');
    await workbench.quickInput.fill(task);
    await workbench.quickInput.accept();
    await workbench.quickInput.asks('The role or mode');
    await workbench.quickInput.accept();
    await workbench.quickInput.asks('How many iterations');
    await workbench.quickInput.fill(iterations);
    await workbench.quickInput.accept();
    await workbench.quickInput.whenClosed();
  };
  const group = async (title: string) => {
    const rows = await workbench.sidebar.rows();
    const at = rows.findIndex(({ label, level }) => label === title && level === 2);
    return at === -1 ? undefined : rows.slice(0, at).findLast(({ level }) => level === 1)?.label;
  };
  const inGroup = (title: string, label: string) =>
    eventually(
      () => group(title),
      (found) => found === label,
      { what: `"${title}" under ${label}` },
    );

  it('says that there are no sessions yet, and how to begin', async () => {
    const welcome = workbench.sidebar.welcome('Sessions');
    await welcome.getByText('No sessions yet.').waitFor();
    await welcome.getByText('New Session').waitFor();
    await workbench.statusBarItem('Lockstep: 0 active, 0 paused').waitFor();
  });

  it('starts a session by its commands, and refuses what cannot be', async () => {
    await workbench.palette('Lockstep: New Session…');
    await workbench.quickInput.asks('What is the agent to do?');
    await workbench.quickInput.fill('   ');
    await workbench.quickInput.accept();
    await workbench.quickInput.asks('Say what is to be done.');
    await workbench.quickInput.fill('Write the release notes');
    await workbench.quickInput.accept();
    await workbench.quickInput.asks('The role or mode');
    await workbench.quickInput.fill('writer');
    await workbench.quickInput.accept();
    await workbench.quickInput.asks('How many iterations');
    assert.equal(await workbench.quickInput.value(), '50');
    for (const [typed, words] of [
      ['0', /1 to 100/],
      ['100001', /1 to 100/],
      ['2.5', /whole number/],
      ['many', /whole number/],
    ] as const) {
      await workbench.quickInput.fill(typed);
      await workbench.quickInput.accept();
      await workbench.quickInput.asks(words);
    }
    await workbench.quickInput.fill('3');
    await workbench.quickInput.accept();
    await inGroup('Write the release notes', 'Active');
    await workbench.statusBarItem('Lockstep: 1 active, 0 paused').waitFor();
    const rows = await workbench.sidebar.rows();
    const made = rows.find(({ label }) => label === 'Write the release notes');
    assert.match(made?.description ?? '', /^0\/3 · now/);
    assert.match(made?.ariaLabel ?? '', /Active, 0 of 3 iterations/);
  });

  it('does nothing when the person backs out', async () => {
    await workbench.palette('Lockstep: New Session…');
    await workbench.quickInput.asks('What is the agent to do?');
    await workbench.quickInput.fill('Never to be started');
    await workbench.quickInput.accept();
    await workbench.quickInput.asks('The role or mode');
    await workbench.quickInput.cancel();
    assert.equal((await workbench.sidebar.rows()).filter(({ level }) => level === 2).length, 1);
  });

  it('pauses and resumes from the row', async () => {
    await workbench.sidebar.rowAction('Write the release notes', 'Pause Session');
    await inGroup('Write the release notes', 'Paused');
    await workbench.statusBarItem('Lockstep: 0 active, 1 paused').waitFor();
    await workbench.sidebar.rowAction('Write the release notes', 'Resume Session');
    await inGroup('Write the release notes', 'Active');
  });

  it('follows what another process does to a session', async (t) => {
    const agent = other(t);
    const { sessions } = await agent.call(sessionsFind, {});
    const id = sessions[0]?.id ?? '';
    await agent.call(sessionsIterate, { id });
    await row('Write the release notes').getByText('1/3').waitFor();
    const started = await agent.call(sessionsStart, { task: 'Started by an agent', mode: 'm' });
    await inGroup('Started by an agent', 'Active');
    await agent.call(sessionsPause, { id: started.id });
    await inGroup('Started by an agent', 'Paused');
  });

  it('asks how many iterations to add when a session at its limit is resumed', async (t) => {
    const agent = other(t);
    const { id } = await agent.call(sessionsStart, { task: 'Used up', mode: 'm', maxIterations: 1 });
    for (let call = 0; call < 2; call++) await agent.call(sessionsIterate, { id });
    await inGroup('Used up', 'At Limit');
    await workbench.sidebar.rowAction('Used up', 'Resume Session');
    await workbench.quickInput.asks('1 of 1 iterations are used');
    await workbench.quickInput.fill('4');
    await workbench.quickInput.accept();
    await inGroup('Used up', 'Active');
    await row('Used up').getByText('1/5').waitFor();
    await workbench.sidebar.contextMenu('Used up', 'Add Iterations…');
    await workbench.quickInput.asks('How many more?');
    await workbench.quickInput.fill('5');
    await workbench.quickInput.accept();
    await row('Used up').getByText('1/10').waitFor();
  });

  it('renames', async () => {
    await workbench.sidebar.contextMenu('Used up', 'Rename Session…');
    await workbench.quickInput.asks('The new title');
    assert.equal(await workbench.quickInput.value(), 'Used up');
    await workbench.quickInput.fill('A new name');
    await workbench.quickInput.accept();
    await row('A new name').waitFor();
  });

  it('completes and fails for good, after asking', async () => {
    await newSession('To be completed', '5');
    await inGroup('To be completed', 'Active');
    await workbench.sidebar.contextMenu('To be completed', 'Complete Session…');
    assert.match(await workbench.dialog.text(), /Complete "To be completed"\?[^]*This is final/);
    await workbench.dialog.press('Cancel');
    await workbench.sidebar.contextMenu('To be completed', 'Complete Session…');
    await workbench.dialog.press('Complete');
    await workbench.sidebar.expand('Completed');
    await inGroup('To be completed', 'Completed');
    await newSession('To fail', '5');
    await workbench.sidebar.contextMenu('To fail', 'Fail Session…');
    await workbench.quickInput.asks('Why did "To fail" fail?');
    await workbench.quickInput.fill('The build is broken');
    await workbench.quickInput.accept();
    await workbench.sidebar.expand('Failed');
    await inGroup('To fail', 'Failed');
    assert.deepEqual(await workbench.sidebar.rowActions('To fail'), []);
  });

  it('archives, undoes it, and unarchives', async () => {
    await workbench.sidebar.contextMenu('To fail', 'Archive Session');
    await workbench.notifications.press('"To fail" is archived.', 'Undo');
    await workbench.sidebar.expand('Failed');
    await inGroup('To fail', 'Failed');
    await workbench.sidebar.contextMenu('To fail', 'Archive Session');
    await workbench.sidebar.expand('Archived');
    await inGroup('To fail', 'Archived');
    await workbench.sidebar.contextMenu('To fail', 'Unarchive Session');
    await workbench.sidebar.expand('Failed');
    await inGroup('To fail', 'Failed');
    await workbench.notifications.clear();
  });

  it('tells of a session that moved on while the person was being asked', async (t) => {
    const agent = other(t);
    const { id } = await agent.call(sessionsStart, { task: 'Race', mode: 'm', maxIterations: 2 });
    await inGroup('Race', 'Active');
    await workbench.sidebar.contextMenu('Race', 'Complete Session…');
    await workbench.dialog.text();
    // While the person reads the question, an agent fails the session.
    await agent.request('sessions.fail', { id, error: 'gone' });
    await workbench.dialog.press('Complete');
    const notification = await workbench.notifications.item('Not possible in this state');
    assert.match(await notification.innerText(), /it is failed/);
    await workbench.notifications.clear();
  });

  it('makes no link of what stands in a title', async (t) => {
    const title = '[click me](command:workbench.action.quickOpen) https://example.org';
    await other(t).call(sessionsStart, { task: title, mode: 'm' });
    await workbench.sidebar.row(/click me/).waitFor();
    await workbench.sidebar.contextMenu(/click me/, 'Fail Session…');
    await workbench.quickInput.asks(/click me/);
    assert.equal(
      await workbench.page.locator('.quick-input-widget a[href], .quick-input-widget a[data-href]').count(),
      0,
    );
    await workbench.quickInput.cancel();
    await workbench.sidebar.contextMenu(/click me/, 'Archive Session');
    const notification = await workbench.notifications.item('is archived.');
    assert.match(await notification.innerText(), /click me/);
    assert.equal(await notification.locator('.notification-list-item-message a').count(), 0);
    await workbench.notifications.clear();
  });

  it('offers every command in the palette, and picks the session there', async () => {
    const titles = await workbench.quickInput.paletteTitles('Lockstep: ');
    for (const title of [
      'New Session…',
      'Open Transcript',
      'Pause Session',
      'Resume Session',
      'Add Iterations…',
      'Complete Session…',
      'Fail Session…',
      'Rename Session…',
      'Archive Session',
      'Copy Session Id',
      'Copy Resume Command',
      'Resume in Terminal',
      'Reveal File',
      'Refresh Sessions',
      'Clean Up Stale Locks…',
      'Refresh Locks',
      'Doctor',
      'Show Menu',
      'Show Log',
      'Restart Server',
    ]) {
      assert.ok(titles.includes(`Lockstep: ${title}`), `${title} is not among ${titles.join(', ')}`);
    }
    await workbench.quickInput.cancel();
    await workbench.palette('Lockstep: Pause Session');
    await workbench.quickInput.asks('Choose a session');
    const offered = (await workbench.quickInput.rows()).map(({ label }) => label);
    assert.ok(offered.includes('A new name') && !offered.includes('To be completed'), offered.join(', '));
    await workbench.quickInput.choose('A new name');
    await inGroup('A new name', 'Paused');
  });

  it('copies the id of a session', async () => {
    await workbench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await workbench.sidebar.contextMenu('A new name', 'Copy Session Id');
    const copied = await eventually(
      () => workbench.page.evaluate('navigator.clipboard.readText()'),
      (text) => typeof text === 'string' && /^[0-9a-f-]{36}$/.test(text),
    );
    assert.match(String(copied), /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  it('keeps two windows on one store in step', async () => {
    const second = await host.open();
    await second.workbench.sidebar.row('A new name').waitFor();
    await second.workbench.sidebar.rowAction('A new name', 'Resume Session');
    await inGroup('A new name', 'Active');
    await second.close();
  });

  it('shows the log', async () => {
    await workbench.palette('Lockstep: Show Log');
    await workbench.page
      .locator('.panel .output-view, .panel [id="workbench.panel.output"]')
      .first()
      .waitFor();
  });
});
