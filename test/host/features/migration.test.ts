import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Workbench } from '../../../scripts/host/workbench.ts';
import { startLockstepHost, type LockstepHost } from '../lockstepHost.ts';

describe('migration in VS Code', () => {
  let host: LockstepHost;
  let workbench: Workbench;

  before(async () => {
    host = await startLockstepHost({ content: 'empty' });
    await makeOldSessions(host.workspace);
    ({ workbench } = await host.open());
    await workbench.statusBarItem('Lockstep: 0 active, 0 paused').waitFor();
  });
  after(() => host.stop());

  const row = (title: string) => workbench.sidebar.row(title, 'Sessions');
  const page = (heading: string) => workbench.webview(`.markdown-body h1:text("${heading}")`);

  it('says where there is none to take back', async () => {
    await workbench.palette('Lockstep: Restore Migration…');
    await workbench.notifications.item('No migration was made that could be taken back.');
    await workbench.notifications.clear();
  });

  it('shows what it would do, asks, and changes nothing unless it is told to', async () => {
    await workbench.palette('Lockstep: Migrate Sessions…');
    await workbench.quickInput.asks('What is to be migrated?');
    await workbench.quickInput.offers('workspace');
    const [folder] = await workbench.quickInput.rows();
    assert.deepEqual(
      [folder?.label, folder?.description, folder?.detail],
      ['workspace', '4 sessions', host.workspace],
    );
    await workbench.quickInput.choose('workspace');
    await workbench.quickInput.asks('Where do the sessions go?');
    await workbench.quickInput.choose("Lockstep's Store");
    const question = await workbench.dialog.text();
    assert.match(question, /^Migrate 3 sessions to Lockstep's store\?/);
    assert.match(question, /Damaged, and left as they are: 1\./);
    assert.match(question, /First a backup of the old files is made, in a folder backup_old_format/);
    const plan = await page('Migration Plan');
    await plan.getByText('Nothing was changed.').waitFor();
    await plan.getByRole('row', { name: 'Sessions to be migrated 3' }).waitFor();
    await plan.getByRole('cell', { name: 'Fix the login test' }).waitFor();
    await plan.getByRole('cell', { name: /\.sessions\/broken\.json$/ }).waitFor();
    await workbench.dialog.press('Cancel');
    assert.deepEqual((await readdir(host.workspace)).sort(), ['.sessions', 'session_7c2f0d7b']);
  });

  it('migrates, tells what it did and what it left, and is taken back', async () => {
    await workbench.palette('Lockstep: Migrate Sessions…');
    await workbench.quickInput.asks('What is to be migrated?');
    await workbench.quickInput.choose('workspace');
    await workbench.quickInput.asks('Where do the sessions go?');
    await workbench.quickInput.choose("Lockstep's Store");
    await workbench.dialog.press('Migrate');
    await row('Fix the login test').waitFor();
    await row('Lamps in the shop').waitFor();
    const told = "3 sessions were migrated to Lockstep's store. Could not be read or written: 1.";
    await workbench.notifications.press(told, 'Show Report');
    const report = await page('Migration Done');
    await report.getByRole('row', { name: 'Migrated 3' }).waitFor();
    await report.getByRole('cell', { name: /\.sessions\/broken\.json$/ }).waitFor();
    await report.getByText('Copies of').waitFor();
    assert.match(await readFile(join(host.workspace, '.sessions', 'lamps.json'), 'utf8'), /How many lamps/);

    await workbench.notifications.press(told, 'Restore…');
    assert.match(
      await workbench.dialog.text(),
      /Take back the migration of .*workspace\?[^]*Sessions that are taken back: 3\.[^]*trash/,
    );
    await page('What Would Be Taken Back');
    await workbench.dialog.press('Restore');
    await row('Fix the login test').waitFor({ state: 'detached' });
    await workbench.notifications.item('The migration is taken back. Sessions taken back: 3.');
    await workbench.notifications.clear();
  });

  it('brings one session from its row to OpenClaw, and lists it to be taken back', async () => {
    await workbench.palette('Lockstep: Migrate Sessions…');
    await workbench.quickInput.asks('What is to be migrated?');
    await workbench.quickInput.choose('workspace');
    await workbench.quickInput.asks('Where do the sessions go?');
    await workbench.quickInput.choose("Lockstep's Store");
    await workbench.dialog.press('Migrate');
    await row('Lamps in the shop').waitFor();
    await workbench.notifications.clear();

    await workbench.sidebar.contextMenu('Lamps in the shop', 'Migrate Sessions…', 'Sessions');
    await workbench.quickInput.asks('Where do the sessions go?');
    await workbench.quickInput.choose('OpenClaw');
    await workbench.quickInput.asks('The id of the agent');
    await workbench.quickInput.fill('shop');
    await workbench.quickInput.accept();
    assert.match(await workbench.dialog.text(), /^Migrate 1 session to OpenClaw, agent shop in /);
    await workbench.dialog.press('Migrate');
    await workbench.notifications.item('1 session was migrated to OpenClaw, agent shop in ');
    const store = join(host.env.OPENCLAW_STATE_DIR, 'agents', 'shop', 'sessions', 'sessions.json');
    assert.match(await readFile(store, 'utf8'), /Lamps/);
    await workbench.notifications.clear();

    await workbench.palette('Lockstep: Restore Migration…');
    await workbench.quickInput.asks('Which migration is to be taken back');
    await workbench.quickInput.offers(/lockstep:/);
    const [newest] = await workbench.quickInput.rows();
    assert.match(newest?.description ?? '', /^done · migrated: 1 · /);
    await workbench.quickInput.choose(/lockstep:/);
    assert.match(
      await workbench.dialog.text(),
      /entries and transcripts are removed from OpenClaw, agent shop/,
    );
    await workbench.dialog.press('Restore');
    await workbench.notifications.item('The migration is taken back. Sessions taken back: 1.');
    assert.doesNotMatch(await readFile(store, 'utf8'), /Lamps/);
  });
});

/** Sessions as older tools keep them, one of which is damaged. */
async function makeOldSessions(workspace: string): Promise<void> {
  const folder = join(workspace, '.sessions');
  await mkdir(folder);
  const write = (name: string, content: object) => writeFile(join(folder, name), JSON.stringify(content));
  const at = '2026-01-03T09:00:00.000Z';
  await write('lamps.json', {
    messages: [
      { role: 'user', content: 'How many lamps are left?', timestamp: at },
      { role: 'assistant', content: 'Seven.', timestamp: at },
    ],
    metadata: { session_key: 'agent:main:shop', label: 'Lamps', display_name: 'Lamps in the shop' },
    created_at: at,
    updated_at: at,
  });
  await write('greeting.json', {
    messages: [{ role: 'user', content: 'Good morning', timestamp: at }],
    metadata: {},
  });
  await writeFile(join(folder, 'broken.json'), '{"messages": [{"role": "us');
  const old = join(workspace, 'session_7c2f0d7b');
  await mkdir(old);
  const session = {
    id: '7c2f0d7b',
    mode: 'developer',
    task: 'Fix the login test',
    status: 'paused',
    iterations: 1,
    maxIterations: 10,
    createdAt: at,
    updatedAt: at,
    context: {},
    history: [{ timestamp: at, type: 'iteration', data: {} }],
  };
  await writeFile(join(old, 'session.json'), JSON.stringify(session));
}
