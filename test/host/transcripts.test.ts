import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../scripts/host/eventually.ts';
import type { VsCodeWindow } from '../../scripts/host/window.ts';
import type { Workbench } from '../../scripts/host/workbench.ts';
import { sessionsAddMessage } from '../../server/protocol/sessionHistoryMethods.ts';
import { sessionsFind } from '../../server/protocol/sessionQueryMethods.ts';
import { sourcesSessions } from '../../server/protocol/sourceMethods.ts';
import { RpcClient } from '../support/rpcClient.ts';
import { startLockstepHost, type LockstepHost } from './lockstepHost.ts';

describe('sessions of other agents and transcripts, in VS Code', () => {
  let host: LockstepHost;
  let window: VsCodeWindow;
  let workbench: Workbench;

  before(async () => {
    host = await startLockstepHost({ content: 'demo' });
    window = await host.open();
    workbench = window.workbench;
  });
  after(() => host.stop());

  const other = (t: { after: (fn: () => void) => void }) => new RpcClient(t, host.home, { env: host.env });
  const transcript = () => workbench.webview('lockstep-transcript');

  it("stand under their agent's name, sub-agents under their session", async () => {
    await workbench.sidebar.row('Claude Code').waitFor();
    await workbench.sidebar.row('pi').waitFor();
    await workbench.sidebar.expand('Discount codes at checkout');
    const { rows, at } = await eventually(
      async () => {
        const all = await workbench.sidebar.rows();
        return { rows: all, at: all.findIndex(({ label }) => label === 'Discount codes at checkout') };
      },
      (seen) => seen.rows[seen.at + 1]?.level === 3,
      { what: 'the nested sub-agent' },
    );
    assert.equal(rows[at]?.level, 2);
    assert.match(rows[at]?.description ?? '', /\d+d · claude-\S+ · [\d.]+K? tokens/);
  });

  it("open as a transcript of the agent's own file", async () => {
    await workbench.sidebar.click('Discount codes at checkout');
    await workbench.editorTab('Discount codes').waitFor();
    const frame = await transcript();
    await frame.getByText('Claude Code').first().waitFor();
  });

  it('copy the command that resumes them', async () => {
    await workbench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await workbench.sidebar.contextMenu('Discount codes at checkout', 'Copy Resume Command');
    const copied = await eventually(
      () => workbench.page.evaluate('navigator.clipboard.readText()'),
      (text) => typeof text === 'string' && text.startsWith('claude'),
    );
    assert.match(String(copied), /^claude --resume [0-9a-f-]{36}$/);
  });

  it('grow while the agent writes, and wait for a line that is half written', async (t) => {
    const { sessions } = await other(t).call(sourcesSessions, { kinds: ['claude-code'] });
    const session = sessions.find(({ title }) => title === 'Discount codes at checkout');
    assert.ok(session);
    const line = (text: string) =>
      JSON.stringify({
        type: 'assistant',
        uuid: `live-${text.length}`,
        sessionId: session.id,
        timestamp: new Date().toISOString(),
        message: { id: 'live', role: 'assistant', model: 'claude-live', content: [{ type: 'text', text }] },
      });
    const whole = line('Written while you look.');
    await appendFile(session.path, `${whole}\n`);
    const frame = await transcript();
    await frame.getByText('Written while you look.').waitFor();
    const half = line('Written in two halves.');
    await appendFile(session.path, half.slice(0, 40));
    await appendFile(session.path, `${half.slice(40)}\n`);
    await frame.getByText('Written in two halves.').waitFor();
    assert.equal(await frame.getByText('Written while you look.').count(), 1);
  });

  it("of Lockstep's own sessions follow what any process records", async (t) => {
    await workbench.sidebar.click('Fix the flaky checkout test');
    await workbench.editorTab('Fix the flaky').waitFor();
    const agent = other(t);
    const { sessions } = await agent.call(sessionsFind, { text: 'flaky checkout' });
    const id = sessions[0]?.id ?? '';
    await agent.call(sessionsAddMessage, { id, role: 'assistant', content: 'All done, have a look.' });
    const frame = await eventually(
      async () => {
        const candidate = await transcript();
        return (await candidate.getByText('All done, have a look.').count()) > 0 ? candidate : undefined;
      },
      (found) => found !== undefined,
    );
    assert.ok(frame);
    await frame.getByText('3/50').first().waitFor();
  });

  it('reveal their file', async () => {
    await workbench.sidebar.contextMenu('Faster product search', 'Reveal File');
    await workbench.editorTab(/\.jsonl/).waitFor();
    assert.match(await workbench.editorText(), /"type":"session"/);
  });

  it('resume in a terminal, in their own folder', async () => {
    await workbench.sidebar.rowAction('Discount codes at checkout', 'Resume in Terminal');
    await workbench.terminal.whenShows('claude --resume');
    await workbench.terminal.whenShows(/shop/);
  });

  it('can be limited to this workspace, which says what it leaves out', async () => {
    await workbench.sidebar.viewAction('Sessions', 'Show Sessions of This Workspace Only');
    await workbench.sidebar
      .message('Sessions')
      .getByText(/sessions of other folders are not shown/)
      .waitFor();
    await workbench.sidebar.row('Discount codes at checkout').waitFor();
    const titles = (await workbench.sidebar.rows()).map(({ label }) => label);
    assert.ok(!titles.includes('Add a --dry-run flag to the stock import'), titles.join(', '));
    await workbench.sidebar.viewAction('Sessions', 'Show Sessions of All Workspaces');
    await workbench.sidebar.message('Sessions').waitFor({ state: 'hidden' });
  });

  it('appear in the list when an agent makes a new file', async () => {
    const line = {
      type: 'user',
      uuid: 'n1',
      sessionId: '11111111-2222-4333-8444-555555555555',
      timestamp: new Date().toISOString(),
      cwd: host.workspace,
      message: { role: 'user', content: 'A session that has just begun' },
    };
    const folder = join(host.env['CLAUDE_CONFIG_DIR'] ?? '', 'projects', '-home-dev-projects-shop');
    await appendFile(join(folder, '11111111-2222-4333-8444-555555555555.jsonl'), `${JSON.stringify(line)}\n`);
    await workbench.sidebar.row('A session that has just begun').waitFor();
  });

  it('log no error in the window', () => {
    assert.deepEqual(window.consoleErrors, []);
  });

  it('come back after the window is reloaded', async () => {
    await workbench.sidebar.click('Fix the flaky checkout test');
    await (await transcript()).getByText('All done, have a look.').waitFor();
    const loaded = workbench.page.waitForEvent('load');
    await workbench.palette('Developer: Reload Window');
    await loaded;
    await workbench.whenReady(60_000);
    await workbench.editorTab('Fix the flaky').waitFor();
    const frame = await transcript();
    await frame.getByText('All done, have a look.').waitFor();
  });
});
