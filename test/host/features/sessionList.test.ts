import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../../scripts/host/eventually.ts';
import { readContextMenu, ViewMenu } from '../../../scripts/host/menus.ts';
import type { VsCodeWindow } from '../../../scripts/host/window.ts';
import type { Workbench } from '../../../scripts/host/workbench.ts';
import {
  sessionsArchive,
  sessionsStart,
  sessionsUpdate,
} from '../../../server/protocol/sessionLifecycleMethods.ts';
import { RpcClient } from '../../support/rpcClient.ts';
import { startLockstepHost, type LockstepHost } from '../lockstepHost.ts';

const VIEW = 'Sessions';

describe('the list of sessions in VS Code', () => {
  let host: LockstepHost;
  let window: VsCodeWindow;
  let workbench: Workbench;
  let menu: ViewMenu;

  before(async () => {
    host = await startLockstepHost({ content: 'demo' });
    window = await host.open();
    workbench = window.workbench;
    await workbench.sidebar.widen(200);
    menu = new ViewMenu(workbench.page, workbench.sidebar.view(VIEW));
  });
  after(() => host.stop());

  const other = (t: { after: (fn: () => void) => void }) => new RpcClient(t, host.home);
  const row = (title: string | RegExp) => workbench.sidebar.row(title, VIEW);
  const rows = () => workbench.sidebar.rows(VIEW);
  const message = (text: string | RegExp) =>
    workbench.sidebar.message(VIEW).filter({ hasText: text, visible: true }).waitFor();
  const groups = async () =>
    (await rows())
      .filter(({ level }) => level === 1)
      .map(({ label, description }) => `${label} ${description}`);
  const showsGroups = (...wanted: string[]) =>
    eventually(groups, (found) => found.join(', ') === wanted.join(', '), { what: wanted.join(', ') });
  /** The titles in a group that is unfolded, in their order. */
  const titlesIn = async (group: string) => {
    const all = await rows();
    const at = all.findIndex(({ label, level }) => label === group && level === 1);
    const next = all.findIndex(({ level }, index) => index > at && level === 1);
    return all.slice(at + 1, next === -1 ? undefined : next).map(({ label }) => label);
  };
  const holds = (group: string, ...wanted: string[]) =>
    eventually(
      () => titlesIn(group),
      (found) => found.join('|') === wanted.join('|'),
      { what: `${wanted.join(', ')} in ${group}` },
    );
  const chooses = async (command: string, choice: string) => {
    await workbench.palette(`Lockstep: ${command}`);
    await workbench.quickInput.offers(choice);
    await workbench.quickInput.choose(choice);
    await workbench.quickInput.whenClosed();
  };
  const filter = async (text: string) => {
    await workbench.palette('Lockstep: Filter Sessions…');
    await workbench.quickInput.asks('Filter Sessions');
    await workbench.quickInput.fill(text);
  };
  const select = async (first: string, ...more: string[]) => {
    await workbench.sidebar.whenStill(VIEW);
    await workbench.sidebar.click(first, VIEW);
    for (const title of more) {
      await row(title)
        .locator('.label-name')
        .click({ modifiers: ['ControlOrMeta'] });
    }
    await workbench.sidebar.whenStill(VIEW);
  };
  const contextMenuOf = async (title: string) => {
    await workbench.sidebar.whenStill(VIEW);
    await row(title).locator('.label-name').click({ button: 'right' });
    return readContextMenu(workbench.page);
  };
  const reload = async () => {
    await workbench.page.reload();
    await workbench.whenReady(60_000);
    // The view comes back by itself; a click on its icon meanwhile would hide it.
    await row('Fix the flaky checkout test').waitFor();
    await workbench.sidebar.whenStill(VIEW);
  };

  it('is grouped by status, with the number of sessions in each group', async () => {
    await showsGroups(
      'Active 1',
      'Paused 1',
      'At Limit 1',
      'Completed 1',
      'Failed 1',
      'Claude Code 4',
      'pi 4',
    );
    const [active] = await rows();
    assert.match(active?.ariaLabel ?? '', /^Active, 1/);
  });

  it('is grouped by source from its menu, which shows what is chosen', async () => {
    assert.deepEqual(await menu.entries('Group By'), ['✓ Status', 'Source', 'Workspace', 'Kind']);
    await menu.choose('Group By', 'Source');
    await showsGroups('Lockstep 5', 'Claude Code 4', 'pi 4');
    assert.deepEqual(await menu.entries('Group By'), ['Status', '✓ Source', 'Workspace', 'Kind']);
  });

  it('is grouped by workspace, sessions of any origin together', async (t) => {
    const agent = other(t);
    await agent.call(sessionsStart, { task: 'Talk about the release', mode: 'm', kind: 'conversation' });
    await agent.call(sessionsStart, {
      task: 'Nightly build',
      mode: 'm',
      kind: 'workflow',
      workspace: '/srv/x/shop',
    });
    await chooses('Group Sessions By…', 'Workspace');
    const found = await eventually(groups, (all) => all.length === 4);
    assert.match(found[0] ?? '', /^shop 10 · .*\/projects$/);
    assert.deepEqual(found.slice(1), ['shop 1 · /srv/x', 'weather-api 3', 'No Folder 1']);
    const here = await titlesIn('shop');
    assert.ok(here.includes('Fix the flaky checkout test') && here.includes('Discount codes at checkout'));
    assert.match(
      (await row('Discount codes at checkout').innerText()).replaceAll('\u{a0}', ' '),
      /Claude Code · \d+d/,
    );
  });

  it('is grouped by kind, and remembers it in this workspace', async () => {
    await chooses('Group Sessions By…', 'Kind');
    const kinds = ['Sessions 5', 'Workflows 1', 'Conversations 1', 'Claude Code 4', 'pi 4'];
    await showsGroups(...kinds);
    await holds('Workflows', 'Nightly build');
    await reload();
    await showsGroups(...kinds);
    assert.deepEqual(await menu.entries('Group By'), ['Status', 'Source', 'Workspace', '✓ Kind']);
  });

  it('is sorted by title, start or last change', async (t) => {
    const agent = other(t);
    await chooses('Sort Sessions By…', 'Title');
    await holds(
      'Sessions',
      'Find out why the search takes two seconds',
      'Fix the flaky checkout test',
      'Move the price table from floats to decimals',
      'Raise test coverage of the cart to 90 %',
      'Update the dependencies of the shop',
    );
    assert.deepEqual(await menu.entries('Sort By'), ['Last Changed', 'Started', '✓ Title']);
    await menu.choose('Sort By', 'Started');
    await eventually(
      () => titlesIn('Sessions'),
      ([first]) => first === 'Fix the flaky checkout test',
    );
    const { id } = await agent.call(sessionsStart, { task: 'Changed last', mode: 'm' });
    const { id: newer } = await agent.call(sessionsStart, { task: 'Started last', mode: 'm' });
    await agent.call(sessionsUpdate, { id, title: 'Changed at last' });
    await eventually(
      () => titlesIn('Sessions'),
      ([first, second]) => first === 'Started last' && second === 'Changed at last',
    );
    await menu.choose('Sort By', 'Last Changed');
    await eventually(
      () => titlesIn('Sessions'),
      ([first]) => first === 'Changed at last',
    );
    for (const made of [id, newer]) await agent.call(sessionsArchive, { id: made });
    await showsGroups('Sessions 5', 'Workflows 1', 'Conversations 1', 'Archived 2', 'Claude Code 4', 'pi 4');
    await chooses('Group Sessions By…', 'Status');
  });

  describe('filtered', () => {
    it('follows what is typed, and says what it leaves out', async () => {
      await filter('test');
      await message('Filtered by "test": 3 shown, 14 hidden.');
      await showsGroups('Active 1', 'At Limit 1', 'Claude Code 1');
      await workbench.quickInput.fill('NIGHTLY');
      await message('Filtered by "NIGHTLY": 1 shown, 16 hidden.');
      await workbench.quickInput.accept();
      await workbench.quickInput.whenClosed();
      await holds('Active', 'Nightly build');
    });

    it('finds archived sessions, and shows them unfolded', async () => {
      await filter('at last');
      await holds('Archived', 'Changed at last');
      await workbench.quickInput.accept();
      await workbench.quickInput.whenClosed();
    });

    it('says that nothing matches, and offers the way out', async () => {
      await filter('nowhere at all');
      await workbench.quickInput.accept();
      const welcome = workbench.sidebar.welcome(VIEW);
      await welcome.getByText('No session matches the filter.').waitFor();
      assert.doesNotMatch(await workbench.sidebar.welcomeText(VIEW), /No sessions yet/);
      await welcome.getByText('Clear Filter').click();
      await row('Fix the flaky checkout test').waitFor();
      await workbench.sidebar.message(VIEW).waitFor({ state: 'hidden' });
    });

    it('shows all again after Escape, an empty text, or Clear Filter in the title', async () => {
      const all = [
        'Active 3',
        'Paused 1',
        'At Limit 1',
        'Completed 1',
        'Failed 1',
        'Archived 2',
        'Claude Code 4',
        'pi 4',
      ];
      await filter('nightly');
      await showsGroups('Active 1');
      await workbench.quickInput.cancel();
      await showsGroups(...all);
      await filter('nightly');
      await showsGroups('Active 1');
      await workbench.quickInput.fill('');
      await workbench.quickInput.accept();
      await showsGroups(...all);
      await filter('nightly');
      await workbench.quickInput.accept();
      await showsGroups('Active 1');
      await workbench.sidebar.viewAction(VIEW, 'Clear Filter');
      await showsGroups(...all);
    });

    it('shows a session that was just made, though the filter would hide it', async () => {
      await filter('nightly');
      await workbench.quickInput.accept();
      await showsGroups('Active 1');
      await workbench.palette('Lockstep: New Session…');
      await workbench.quickInput.asks('What is the agent to do?');
      await workbench.quickInput.fill('Something else');
      await workbench.quickInput.accept();
      await workbench.quickInput.asks('The role or mode');
      await workbench.quickInput.accept();
      await workbench.quickInput.asks('How many iterations');
      await workbench.quickInput.accept();
      await row('Something else').and(workbench.page.locator('.selected')).waitFor();
    });
  });

  describe('with pins', () => {
    it('has pinned sessions of any origin on top, once, and keeps them', async () => {
      await workbench.sidebar.contextMenu('Fix the flaky checkout test', 'Pin Session', VIEW);
      await holds('Pinned', 'Fix the flaky checkout test');
      await workbench.sidebar.contextMenu('Discount codes at checkout', 'Pin Session', VIEW);
      await holds('Pinned', 'Fix the flaky checkout test', 'Discount codes at checkout');
      assert.equal(await row('Fix the flaky checkout test').count(), 1);
      await eventually(groups, (all) => all.includes('Active 3') && all.includes('Claude Code 3'));
      await reload();
      await holds('Pinned', 'Fix the flaky checkout test', 'Discount codes at checkout');
    });

    it('offers the same commands on a pinned row as on others', async () => {
      const [pinned, notPinned] = [
        await contextMenuOf('Fix the flaky checkout test'),
        await contextMenuOf('Something else'),
      ];
      assert.deepEqual(
        pinned.map((label) => (label === 'Unpin Session' ? 'Pin Session' : label)),
        notPinned,
      );
    });

    it('unpins from the row', async () => {
      await workbench.sidebar.rowAction('Fix the flaky checkout test', 'Unpin Session', VIEW);
      await holds('Pinned', 'Discount codes at checkout');
      await workbench.sidebar.rowAction('Discount codes at checkout', 'Unpin Session', VIEW);
      await eventually(groups, (all) => all[0] === 'Active 4');
    });

    it('offers none for sub-agents, which stand below their session', async () => {
      await workbench.sidebar.expand('Discount codes at checkout', VIEW);
      const child = await eventually(
        async () => (await rows()).find(({ level }) => level === 3)?.label,
        (label) => label !== undefined,
        { what: 'a row below the session' },
      );
      assert.ok(!(await contextMenuOf(child ?? '')).includes('Pin Session'));
    });
  });

  describe('with several rows selected', () => {
    it('offers what works on several, and only that', async () => {
      await select('Nightly build', 'Something else');
      const offered = await contextMenuOf('Something else');
      for (const title of ['Pin Session', 'Archive Session']) assert.ok(offered.includes(title), title);
      for (const title of ['Open Transcript', 'Rename Session…', 'Complete Session…', 'Copy Session Id']) {
        assert.ok(!offered.includes(title), title);
      }
    });

    it('pins and unpins them all', async () => {
      await select('Nightly build', 'Something else', 'Faster product search');
      await workbench.sidebar.contextMenu('Nightly build', 'Pin Session', VIEW);
      await holds('Pinned', 'Something else', 'Nightly build', 'Faster product search');
      await select('Something else', 'Nightly build', 'Faster product search');
      await workbench.sidebar.contextMenu('Faster product search', 'Unpin Session', VIEW);
      await eventually(groups, (all) => all[0] === 'Active 4');
    });

    it('archives them all', async () => {
      await select('Nightly build', 'Something else');
      await workbench.sidebar.contextMenu('Nightly build', 'Archive Session', VIEW);
      await eventually(groups, (all) => all.includes('Archived 4') && all.includes('Active 2'));
      await workbench.notifications.clear();
    });
  });

  it('says how many more there are in every grouping, and shows them', async (t) => {
    const agent = other(t);
    for (let index = 0; index < 210; index++) {
      await agent.call(sessionsStart, { task: `Many ${index}`, mode: 'm' });
    }
    await eventually(groups, (all) => all[0] === 'Active 212');
    await filter('many');
    await message('Filtered by "many": 210 shown, 18 hidden.');
    await workbench.quickInput.cancel();
    for (const [grouping, group, left] of [
      ['Source', 'Lockstep 216', '16 more'],
      ['Status', 'Active 212', '12 more'],
    ] as const) {
      await workbench.palette('Lockstep: Refresh Sessions');
      // What a palette gives the focus back to, as it closes, closes a list that is open by then.
      await workbench.quickInput.whenClosed();
      await workbench.sidebar.whenStill(VIEW);
      await chooses('Group Sessions By…', grouping);
      await eventually(groups, (all) => all[0] === group, { what: group });
      await workbench.sidebar.whenStill(VIEW);
      // Only rows on the screen are in the page: those of the agents, and the last ones of the first group.
      await row('Many 209').press('End');
      const more = row('Show More').filter({ hasText: left });
      await more.click();
      await more.waitFor({ state: 'detached' });
      await row('Fix the flaky checkout test').waitFor();
      await workbench.page.keyboard.press('Home');
      await eventually(groups, (all) => all[0] === group, { what: group });
    }
  });
});
