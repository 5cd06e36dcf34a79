import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../../scripts/host/eventually.ts';
import { readContextMenu } from '../../../scripts/host/menus.ts';
import type { Workbench } from '../../../scripts/host/workbench.ts';
import { talk, writeAgentDatabase } from '../../server/sources/openclaw/sqlite/agentDatabase.ts';
import { parseStore, writeStore } from '../../server/sources/openclaw/stateDirectory.ts';
import { startLockstepHost, type LockstepHost } from '../lockstepHost.ts';

const MINUTE = 60_000;

describe('sessions of OpenClaw in VS Code', () => {
  let host: LockstepHost;
  let workbench: Workbench;
  let stateDir: string;
  let sessionsDir: string;

  before(async () => {
    host = await startLockstepHost({ content: 'empty' });
    stateDir = host.env.OPENCLAW_STATE_DIR;
    sessionsDir = join(stateDir, 'agents', 'main', 'sessions');
    await makeStateDirectory();
    ({ workbench } = await host.open());
    await workbench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await row('Garden plan').waitFor();
  });
  after(() => host.stop());

  const row = (title: string) => workbench.sidebar.row(title, 'Sessions');
  const menu = (title: string, item: string) => workbench.sidebar.contextMenu(title, item, 'Sessions');
  const menuOf = async (title: string) => {
    await workbench.sidebar.whenStill('Sessions');
    await row(title).locator('.label-name').click({ button: 'right' });
    return readContextMenu(workbench.page);
  };
  const storeNow = async () => parseStore(await readFile(join(sessionsDir, 'sessions.json'), 'utf8'));
  const entry = async (key: string) => (await storeNow())[key];
  const clipboard = (pattern: RegExp) =>
    eventually(
      () => workbench.page.evaluate('navigator.clipboard.readText()'),
      (text) => pattern.test(String(text)),
      { what: 'the command on the clipboard' },
    );

  it('stand below the sessions that began them, with agent and tokens, and labels for their titles', async () => {
    await workbench.sidebar.expand('Garden plan', 'Sessions');
    await workbench.sidebar.expand('lookup', 'Sessions');
    await row('deeper').waitFor();
    const rows = await workbench.sidebar.rows('Sessions');
    const levels = ['Garden plan', 'lookup', 'deeper'].map(
      (title) => rows.find(({ label }) => label === title)?.level,
    );
    assert.deepEqual(levels, [2, 3, 4]);
    const main = rows.find(({ label }) => label === 'Garden plan');
    assert.match(main?.description ?? '', /^main · \d+m · .*9K tokens$/);
    assert.match(main?.ariaLabel ?? '', /^Garden plan, main, /);
  });

  it('have in their menu what can be done with them, and nothing else', async () => {
    const changes = [
      'Rename Label…',
      'Reset OpenClaw Session…',
      'Compact OpenClaw Session…',
      'Delete OpenClaw Session…',
    ];
    const ofFile = await menuOf('lookup');
    for (const change of changes) assert.ok(ofFile.includes(change), change);
    assert.ok(!ofFile.includes('Show OpenClaw Command…'));
    const ofMain = await menuOf('Garden plan');
    assert.ok(ofMain.includes('Reset OpenClaw Session…') && !ofMain.includes('Delete OpenClaw Session…'));
    const ofDatabase = await menuOf('Lab notes');
    assert.ok(ofDatabase.includes('Show OpenClaw Command…'));
    for (const change of changes) assert.ok(!ofDatabase.includes(change), change);
  });

  it('are renamed once the person has seen what changes; others read the label at once', async () => {
    await menu('Seeds', 'Rename Label…');
    await workbench.quickInput.asks('The new label');
    assert.equal(await workbench.quickInput.value(), 'Seeds');
    await workbench.quickInput.fill('Seed order');
    await workbench.quickInput.accept();
    assert.match(
      await workbench.dialog.text(),
      /Label "Seeds" as "Seed order"\?[^]*agent:main:web:seeds[^]*of the agent main/,
    );
    await workbench.dialog.press('Rename');
    await row('Seed order').waitFor();
    assert.equal((await entry('agent:main:web:seeds'))?.['label'], 'Seed order');
  });

  it('refuse a label that another one has, in words', async () => {
    await menu('Seed order', 'Rename Label…');
    await workbench.quickInput.asks('The new label');
    await workbench.quickInput.fill('lookup');
    await workbench.quickInput.accept();
    await workbench.dialog.press('Rename');
    await workbench.notifications.item(/label already in use: lookup/i);
    await workbench.notifications.clear();
  });

  it('are compacted to the lines that the person was shown, and the whole is kept', async () => {
    await menu('Seed order', 'Compact OpenClaw Session…');
    await workbench.quickInput.asks('How many lines of the transcript stay');
    await workbench.quickInput.fill('5');
    await workbench.quickInput.accept();
    assert.match(
      await workbench.dialog.text(),
      /Compact "Seed order"\?[^]*Of its 21 lines, 5 stay[^]*16 are removed\.[^]*seeds\.jsonl\.bak\.<time>/,
    );
    await workbench.dialog.press('Compact');
    await workbench.notifications.item(/"Seed order" is compacted\. Kept: seeds\.jsonl\.bak\./);
    const lines = (await readFile(join(sessionsDir, 'seeds.jsonl'), 'utf8')).trim().split('\n');
    assert.equal(lines.length, 5);
    await workbench.notifications.clear();
  });

  it('are not reset when they have changed since the person looked', async () => {
    await menu('Seed order', 'Reset OpenClaw Session…');
    await workbench.dialog.text();
    await change('agent:main:web:seeds', { updatedAt: Date.now() });
    await workbench.dialog.press('Reset');
    await workbench.notifications.item('"Seed order" was left: It was changed meanwhile.');
    await workbench.notifications.clear();
  });

  it('are reset: a new transcript, the old one renamed, the label kept', async () => {
    await menu('Seed order', 'Reset OpenClaw Session…');
    assert.match(
      await workbench.dialog.text(),
      /Reset "Seed order"\?[^]*seeds\.jsonl is renamed to seeds\.jsonl\.reset\.<time>[^]*The label and the settings stay/,
    );
    await workbench.dialog.press('Reset');
    await workbench.notifications.item(/"Seed order" begins anew\. Kept: seeds\.jsonl\.reset\./);
    const renewed = await entry('agent:main:web:seeds');
    assert.equal(renewed?.['label'], 'Seed order');
    assert.notEqual(renewed['sessionId'], 'seeds');
    await workbench.notifications.clear();
  });

  it('are deleted by the Delete key, several at once, after a page of what goes', async () => {
    await workbench.sidebar.whenStill('Sessions');
    await workbench.sidebar.click('Seed order', 'Sessions');
    await row('Watering')
      .locator('.label-name')
      .click({ modifiers: ['ControlOrMeta'] });
    await workbench.page.keyboard.press('Delete');
    assert.match(await workbench.dialog.text(), /Delete 2 sessions of OpenClaw\?/);
    const page = await workbench.webview('.markdown-body h1:text("What Deleting Would Do")');
    await page.getByText('The transcript watering.jsonl is renamed to watering.jsonl.deleted.').waitFor();
    await workbench.dialog.press('Delete');
    await row('Seed order').waitFor({ state: 'detached' });
    await row('Watering').waitFor({ state: 'detached' });
    await workbench.notifications.item('2 sessions are deleted.');
    assert.ok((await readdir(sessionsDir)).some((name) => name.startsWith('watering.jsonl.deleted.')));
    assert.equal(await entry('agent:main:web:seeds'), undefined);
    await workbench.notifications.clear();
  });

  it("in a database are OpenClaw's to change: its command is shown, and copied", async () => {
    // VS Code takes two rows for selected, also once they are gone, until another one is.
    await workbench.sidebar.click('Lab notes', 'Sessions');
    await (await workbench.webview('lockstep-transcript')).getByText('Nothing yet.').waitFor();
    await menu('Lab notes', 'Show OpenClaw Command…');
    await workbench.quickInput.asks('What is OpenClaw to do with it?');
    await workbench.quickInput.choose('Reset');
    await workbench.notifications.press('OpenClaw keeps "Lab notes" in a database', 'Copy Command');
    const copied = await clipboard(/sessions\.reset/);
    assert.equal(
      copied,
      `OPENCLAW_STATE_DIR=${stateDir} openclaw gateway call sessions.reset --params '{"key":"agent:modern:lab"}'`,
    );
    await workbench.notifications.clear();
  });

  it('are left alone while a gateway runs on them, and its command runs in a terminal', async (t) => {
    const folder = join(tmpdir(), `openclaw-${process.getuid?.() ?? 0}`);
    const lock = join(folder, `gateway.lockstep-test-${process.pid}.lock`);
    await mkdir(folder, { recursive: true });
    t.after(() => rm(lock, { force: true }));
    const configPath = join(stateDir, 'openclaw.json');
    await writeFile(lock, JSON.stringify({ pid: process.pid, configPath, createdAt: new Date() }));
    await menu('lookup', 'Delete OpenClaw Session…');
    assert.match(await workbench.dialog.text(), /Its sub-agents stay: 1\./);
    await workbench.dialog.press('Delete');
    await workbench.notifications.press('takes no lock that others could respect', 'Run in Terminal');
    await workbench.terminal.whenShows('gateway call sessions.delete');
    assert.ok(await entry('agent:main:subagent:one'));
  });

  /** What another process, such as OpenClaw, does to an entry. */
  async function change(key: string, fields: object): Promise<void> {
    const store = await storeNow();
    await writeStore(stateDir, 'main', { ...store, [key]: { ...store[key], ...fields } });
  }

  async function makeStateDirectory(): Promise<void> {
    const now = Date.now();
    const session = (sessionId: string, minutes: number, more: object) => ({
      sessionId,
      updatedAt: now - minutes * MINUTE,
      ...more,
    });
    await writeStore(stateDir, 'main', {
      'agent:main:main': session('garden', 3, {
        label: 'Garden plan',
        inputTokens: 8000,
        outputTokens: 1000,
        totalTokens: 9000,
        totalTokensFresh: true,
      }),
      'agent:main:subagent:one': session('one', 4, { label: 'lookup', spawnedBy: 'agent:main:main' }),
      'agent:main:subagent:two': session('two', 5, {
        label: 'deeper',
        spawnedBy: 'agent:main:subagent:one',
      }),
      'agent:main:web:seeds': session('seeds', 6, { label: 'Seeds', totalTokens: 700 }),
      'agent:main:web:watering': session('watering', 7, { label: 'Watering' }),
    });
    for (const id of ['garden', 'one', 'two', 'seeds', 'watering']) {
      const texts = Array.from({ length: 20 }, (_, at) => `Message ${at} of ${id}`);
      const lines = talk(...texts).map((line) => `${JSON.stringify(line)}\n`);
      await writeFile(join(sessionsDir, `${id}.jsonl`), lines.join(''));
    }
    writeAgentDatabase(stateDir, 'modern', [
      {
        key: 'agent:modern:main',
        id: 'm-main',
        updatedAt: now - 9 * MINUTE,
        events: talk('Hi'),
      },
      {
        key: 'agent:modern:lab',
        id: 'm-lab',
        updatedAt: now - 8 * MINUTE,
        entry: { label: 'Lab notes' },
        events: talk('What did we measure?', 'Nothing yet.'),
      },
    ]);
  }
});
