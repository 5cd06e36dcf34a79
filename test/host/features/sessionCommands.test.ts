import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { eventually } from '../../../scripts/host/eventually.ts';
import { FileDialog } from '../../../scripts/host/fileDialog.ts';
import type { Workbench } from '../../../scripts/host/workbench.ts';
import { locksAcquire } from '../../../server/protocol/lockMethods.ts';
import { sessionsAddMessage } from '../../../server/protocol/sessionHistoryMethods.ts';
import {
  sessionsArchive,
  sessionsComplete,
  sessionsIterate,
  sessionsStart,
} from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsExport, sessionsImport } from '../../../server/protocol/sessionCopyMethods.ts';
import { sessionsFind } from '../../../server/protocol/sessionQueryMethods.ts';
import { sessionsRemove } from '../../../server/protocol/sessionTrashMethods.ts';
import { RpcClient } from '../../support/rpcClient.ts';
import { startLockstepHost, type LockstepHost } from '../lockstepHost.ts';

describe('commands on sessions in VS Code', () => {
  let host: LockstepHost;
  let workbench: Workbench;
  let dialog: FileDialog;

  before(async () => {
    host = await startLockstepHost({ content: 'empty' });
    ({ workbench } = await host.open());
    dialog = new FileDialog(workbench.page);
    await workbench.statusBarItem('Lockstep: 0 active, 0 paused').waitFor();
  });
  after(() => host.stop());

  const other = (t: Pick<TestContext, 'after'>) => new RpcClient(t, host.home);
  const row = (title: string | RegExp) => workbench.sidebar.row(title, 'Sessions');
  const count = (title: string) => row(title).count();
  const whenCount = (title: string, wanted: number) =>
    eventually(
      () => count(title),
      (found) => found === wanted,
      { what: `"${title}" ${wanted} times` },
    );
  const start = async (t: Pick<TestContext, 'after'>, ...tasks: string[]) => {
    const agent = other(t);
    const made = [];
    for (const task of tasks) made.push(await agent.call(sessionsStart, { task, mode: 'writer' }));
    for (const task of tasks) await row(task).first().waitFor();
    return { agent, ids: made.map(({ id }) => id) };
  };
  /** Clicks one row, and adds others to the selection. */
  const select = async (first: string, ...more: string[]) => {
    await workbench.sidebar.whenStill('Sessions');
    await workbench.sidebar.click(first, 'Sessions');
    for (const title of more) {
      await row(title)
        .locator('.label-name')
        .click({ modifiers: ['ControlOrMeta'] });
    }
    await eventually(
      async () => (await workbench.sidebar.rows('Sessions')).filter(({ selected }) => selected).length,
      (selected) => selected === more.length + 1,
      { what: 'the selection' },
    );
  };

  describe('statistics', () => {
    it('are a friendly word where nothing can be counted', async () => {
      await workbench.palette('Lockstep: Show Statistics');
      const page = await workbench.webview('.markdown-body');
      await page.getByText('There are no sessions yet, so there is nothing to count.').waitFor();
    });

    it('are figures, tables, and charts that a screen reader can tell', async (t) => {
      const { agent, ids } = await start(t, 'To be counted', 'To be completed');
      const [id = '', ended = ''] = ids;
      await agent.call(sessionsIterate, { id });
      await agent.call(sessionsAddMessage, {
        id,
        role: 'assistant',
        content: 'x',
        usage: { input: 1200, output: 300, costUsd: 0.25 },
      });
      await agent.call(sessionsComplete, { id: ended });
      await workbench.palette('Lockstep: Show Statistics');
      const page = await workbench.webview('.markdown-body table');
      await page.getByRole('heading', { name: 'Lockstep: Statistics' }).waitFor();
      await page.getByRole('row', { name: 'Sessions 2' }).waitFor();
      await page.getByRole('row', { name: 'Success rate 100 % of 1 that ended' }).waitFor();
      await page.getByRole('row', { name: 'writer 2 100 %' }).waitFor();
      await page.getByRole('row', { name: 'Total 1,500' }).waitFor();
      await page.getByRole('img', { name: /^Chart of Started by day, from .*: 2, at most 2 on / }).waitFor();
      const fill = await page.evaluate("getComputedStyle(document.querySelector('svg[role=img]')).fill");
      assert.match(String(fill), /^rgb\((?!0, 0, 0\))/);
    });
  });

  describe('fork', () => {
    it('makes a session with the whole history, and shows it', async (t) => {
      const { agent, ids } = await start(t, 'To be forked');
      const [id = ''] = ids;
      await agent.call(sessionsIterate, { id });
      await workbench.sidebar.contextMenu('To be forked', 'Fork Session', 'Sessions');
      await whenCount('To be forked', 2);
      await eventually(
        () => workbench.sidebar.rows('Sessions'),
        (rows) => rows.some(({ label, selected }) => label === 'To be forked' && selected),
        { what: 'the fork to be selected' },
      );
      const { sessions } = await agent.call(sessionsFind, { text: 'To be forked' });
      const fork = sessions.find(({ forkedFrom }) => forkedFrom?.id === id);
      assert.equal(fork?.iterations, 1);
    });
  });

  describe('export and import', () => {
    it('keep a session: exported, deleted and imported it is the same, under the same id', async (t) => {
      const { agent, ids } = await start(t, 'Round trip: a/b');
      const [id = ''] = ids;
      await agent.call(sessionsAddMessage, { id, role: 'user', content: 'Grüße ✓' });
      await workbench.sidebar.contextMenu('Round trip: a/b', 'Export Session…', 'Sessions');
      await workbench.quickInput.asks('What is the export for?');
      await workbench.quickInput.choose('JSON Lines');
      await dialog.offers('/Round trip- a-b.jsonl');
      const file = join(host.workspace, 'kept.jsonl');
      await dialog.choose(file);
      await workbench.notifications.item('"Round trip: a/b" was exported to kept.jsonl.');
      assert.match(await readFile(file, 'utf8'), /Grüße ✓/);
      assert.deepEqual(await readdir(host.workspace), ['kept.jsonl']);
      await workbench.notifications.clear();

      await workbench.sidebar.contextMenu('Round trip: a/b', 'Delete Session', 'Sessions');
      await row('Round trip: a/b').waitFor({ state: 'detached' });
      await workbench.palette('Lockstep: Import Sessions…');
      await dialog.choose(file);
      await workbench.notifications.item('"Round trip: a/b" was imported.');
      await row('Round trip: a/b').waitFor();
      const { sessions } = await agent.call(sessionsFind, { text: 'Round trip' });
      assert.deepEqual(
        sessions.map(({ messages }) => messages),
        [1],
      );
      await workbench.notifications.clear();
    });

    it('say so when ids and labels were taken', async (t) => {
      const agent = other(t);
      await agent.call(sessionsStart, { task: 'Labelled', mode: 'm', label: 'the-label' });
      await row('Labelled').waitFor();
      await workbench.sidebar.contextMenu('Labelled', 'Export Session…', 'Sessions');
      await workbench.quickInput.asks('What is the export for?');
      await workbench.quickInput.choose('JSON Lines');
      const file = join(host.workspace, 'labelled.jsonl');
      await dialog.choose(file);
      await workbench.notifications.item('was exported to labelled.jsonl');
      await workbench.palette('Lockstep: Import Sessions…');
      await dialog.choose(file);
      const told = await workbench.notifications.item('"Labelled" was imported.');
      assert.match(await told.innerText(), /It has a new id, since its own was taken\./);
      assert.match(await told.innerText(), /are dropped: "the-label"/);
      await whenCount('Labelled', 2);
      await workbench.notifications.clear();
    });

    it('write several sessions into one page to read, and replace a file only when that is wanted', async (t) => {
      await start(t, 'First of two', 'Second of two');
      const file = join(host.workspace, 'read.md');
      await writeFile(file, 'precious');
      const exportTo = async () => {
        await select('First of two', 'Second of two');
        await workbench.sidebar.contextMenu('Second of two', 'Export Session…', 'Sessions');
        await workbench.quickInput.asks('What is the export for?');
        await workbench.quickInput.choose('Markdown');
        await dialog.offers('.md');
        await dialog.choose(file);
      };
      await exportTo();
      await dialog.keep();
      assert.equal(await readFile(file, 'utf8'), 'precious');
      await exportTo();
      await dialog.replace();
      await workbench.notifications.press('2 sessions were exported to read.md.', 'Open');
      await workbench.editorTab('read.md').waitFor();
      const text = await readFile(file, 'utf8');
      assert.ok(text.includes('First of two') && text.includes('Second of two'));
      await workbench.notifications.clear();
    });

    it('refuse a file that is no export, in words', async () => {
      const file = join(host.workspace, 'broken.jsonl');
      await writeFile(file, '{"not": "an export"}\n');
      await workbench.palette('Lockstep: Import Sessions…');
      await dialog.choose(file);
      await workbench.notifications.item('Invalid parameters');
      await writeFile(file, Buffer.from([0xff, 0xfe, 0x00]));
      await workbench.palette('Lockstep: Import Sessions…');
      await dialog.choose(file);
      await workbench.notifications.item('it is not text in UTF-8');
      await workbench.notifications.clear();
    });
  });

  describe('delete', () => {
    it('puts a session into the trash, from which Undo takes it', async (t) => {
      await start(t, 'Deleted by mistake');
      await workbench.sidebar.contextMenu('Deleted by mistake', 'Delete Session', 'Sessions');
      await row('Deleted by mistake').waitFor({ state: 'detached' });
      await workbench.notifications.press('"Deleted by mistake" is in the trash.', 'Undo');
      await row('Deleted by mistake').waitFor();
      await workbench.notifications.clear();
    });

    it('works on all that is selected, by its key, and leaves what somebody drives', async (t) => {
      const { agent, ids } = await start(t, 'Selected A', 'Selected B', 'Selected and driven');
      const lease = await agent.call(locksAcquire, {
        session: ids[2] ?? '',
        name: 'night-shift',
        ttlMs: 600_000,
      });
      assert.ok(lease.token);
      await select('Selected A', 'Selected B', 'Selected and driven');
      await workbench.page.keyboard.press('Delete');
      await row('Selected A').waitFor({ state: 'detached' });
      await row('Selected B').waitFor({ state: 'detached' });
      const told = await workbench.notifications.item('2 sessions are in the trash. 1 was left.');
      assert.match(await told.innerText(), /"Selected and driven": .*night-shift/);
      assert.equal(await count('Selected and driven'), 1);
      await workbench.notifications.press('2 sessions are in the trash.', 'Undo');
      await row('Selected A').waitFor();
      await row('Selected B').waitFor();
      await workbench.notifications.clear();
    });

    it('is refused with what to do while somebody drives the one session', async (t) => {
      const { agent, ids } = await start(t, 'Driven alone');
      await agent.call(locksAcquire, { session: ids[0] ?? '', name: 'day-shift', ttlMs: 600_000 });
      await workbench.sidebar.contextMenu('Driven alone', 'Delete Session', 'Sessions');
      const told = await workbench.notifications.item('Session is locked');
      assert.match(await told.innerText(), /day-shift/);
      await told.getByRole('button', { name: 'Try Again' }).waitFor();
      await workbench.notifications.clear();
    });

    it('is for own sessions only: its key on another row says so', async () => {
      await workbench.sidebar.click('Completed', 'Sessions');
      await workbench.page.keyboard.press('Delete');
      await workbench.notifications.item("Only Lockstep's own sessions can be deleted");
      await workbench.notifications.clear();
    });

    it('is taken back from the palette, with several at once', async (t) => {
      await start(t, 'Back again A', 'Back again B');
      for (const title of ['Back again A', 'Back again B']) {
        await workbench.sidebar.contextMenu(title, 'Delete Session', 'Sessions');
        await row(title).waitFor({ state: 'detached' });
      }
      await workbench.palette('Lockstep: Restore Deleted Session…');
      await workbench.quickInput.asks('Choose what to take out of the trash');
      await workbench.quickInput.offers('Back again A');
      const [first] = await workbench.quickInput.rows();
      assert.equal(first?.label, 'Back again B');
      assert.match(first.description, /^Active · kept for 7 d more$/);
      await workbench.quickInput.toggle('Back again A');
      await workbench.quickInput.toggle('Back again B');
      await workbench.quickInput.accept();
      await workbench.quickInput.whenClosed();
      await workbench.notifications.item('2 sessions are restored.');
      await row('Back again A').waitFor();
      await row('Back again B').waitFor();
      await workbench.notifications.clear();
    });
  });

  describe('clean-up of old sessions', () => {
    it('says when nothing is old', async () => {
      await workbench.palette('Lockstep: Clean Up Old Sessions…');
      await workbench.quickInput.asks('When did they end');
      await workbench.quickInput.choose('Other…');
      await workbench.quickInput.asks('more than this many days ago');
      await workbench.quickInput.fill('0');
      await workbench.quickInput.asks('1 to 36');
      await workbench.quickInput.fill('1');
      await workbench.quickInput.accept();
      await workbench.quickInput.whenClosed();
      await workbench.notifications.item('No session ended, or was archived, more than a day ago.');
      await workbench.notifications.clear();
    });

    it('shows what it would remove, removes what is left checked, and takes it back', async (t) => {
      const file = join(host.workspace, 'old.jsonl');
      await importOld(other(t), file, ['Old and done', 'Old and wanted', 'Old and changed']);
      await workbench.palette('Lockstep: Clean Up Old Sessions…');
      await workbench.quickInput.asks('When did they end');
      await workbench.quickInput.choose('More than 30 days ago');
      await workbench.quickInput.asks('Put what is checked into the trash');
      await workbench.quickInput.offers('Old and done');
      const planned = await workbench.quickInput.rows();
      assert.deepEqual(planned.map(({ label }) => label).sort(), [
        'Old and changed',
        'Old and done',
        'Old and wanted',
      ]);
      for (const { description } of planned) assert.match(description, /^Completed · ended \d+d ago$/);
      await workbench.quickInput.toggle('Old and wanted');
      // While the person reads the plan, somebody else changes one of them.
      const agent = other(t);
      const { sessions } = await agent.call(sessionsFind, { text: 'Old and changed' });
      await agent.call(sessionsArchive, { id: sessions[0]?.id ?? '' });
      await workbench.quickInput.accept();
      await workbench.quickInput.whenClosed();
      const told = await workbench.notifications.item('1 session is in the trash. 1 was left.');
      assert.match(await told.innerText(), /"Old and changed": .*changed/);
      const left = async () =>
        (await agent.call(sessionsFind, { text: 'Old and', archived: true })).sessions
          .map(({ title }) => title)
          .sort();
      assert.deepEqual(await left(), ['Old and changed', 'Old and wanted']);
      await workbench.notifications.press('1 session is in the trash.', 'Undo');
      await eventually(left, (titles) => titles.includes('Old and done'));
      await workbench.notifications.clear();
    });

    /** Sessions that ended long ago, by way of an export whose times are changed. */
    async function importOld(agent: RpcClient, file: string, tasks: readonly string[]): Promise<void> {
      const ids: string[] = [];
      for (const task of tasks) {
        const { id } = await agent.call(sessionsStart, { task, mode: 'm' });
        await agent.call(sessionsComplete, { id });
        ids.push(id);
      }
      const { content } = await agent.call(sessionsExport, { ids });
      const year = new Date().getUTCFullYear();
      for (const id of ids) await agent.call(sessionsRemove, { id });
      await writeFile(file, content.replaceAll(`"${year}-`, `"${year - 1}-`));
      await agent.call(sessionsImport, { content: await readFile(file, 'utf8') });
    }
  });
});
