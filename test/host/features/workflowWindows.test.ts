import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import { eventually } from '../../../scripts/host/eventually.ts';
import { FileDialog } from '../../../scripts/host/fileDialog.ts';
import { openWindow } from '../../../scripts/host/window.ts';
import { startLockstepHost, type LockstepHost } from '../lockstepHost.ts';
import { ScriptedAgent } from '../scriptedAgent.ts';
import { ACP_AGENT, oneStep } from '../workflowSamples.ts';

const VIEW = 'Workflows';

describe('what a run has come to', () => {
  let host: LockstepHost;
  let agent: ScriptedAgent;

  before(async () => {
    agent = await ScriptedAgent.start();
    host = await startLockstepHost({
      content: 'empty',
      settings: {
        'lockstep.agents': {
          scripted: { protocol: 'command', command: agent.command },
          broken: { protocol: 'command', command: 'sh -c evil' },
        },
        'lockstep.runs.notifyWhenCompleted': false,
      },
    });
    await writeFile(join(host.workspace, 'a.lockstep.yaml'), oneStep('a'));
  });
  after(async () => {
    await host.stop();
    await agent.stop();
  });

  it('is told in one of the windows, and seen and changed in both', async () => {
    const windows = [await host.open(), await host.open()];
    const [first, second] = windows.map(({ workbench }) => workbench);
    assert.ok(first && second);
    for (const { sidebar } of [first, second]) {
      await sidebar.collapseView('Sessions');
      await sidebar.expandView(VIEW);
      await sidebar.row('a', VIEW).waitFor();
    }
    await first.notifications.clear();
    await second.notifications.clear();
    await first.sidebar.rowAction('a', 'Run Workflow…', VIEW);
    await first.dialog.press('Run');
    const turn = await agent.next();
    await second.sidebar.row(/1\/1 · active/, VIEW).waitFor();
    await second.sidebar.rowAction(/1\/1 · active/, 'Pause Run', VIEW);
    await first.sidebar.row(/1\/1 · pausing/, VIEW).waitFor();
    // As a session, too, it is the run that goes on.
    await first.sidebar.expandView('Sessions');
    await first.sidebar.rowAction('a', 'Resume Session', 'Sessions');
    await second.sidebar.row(/1\/1 · active/, VIEW).waitFor();
    turn.fail('No key was set.');
    for (const { sidebar } of [first, second]) await sidebar.row(/1\/1 · failed/, VIEW).waitFor();
    const told = async () => {
      const all = await Promise.all([first, second].map(({ notifications }) => notifications.list()));
      return all.flat().filter(({ message }) => message.includes('The run of "a" failed'));
    };
    const [notice, ...others] = await eventually(told, (found) => found.length > 0);
    assert.deepEqual(others, []);
    assert.equal(notice?.severity, 'error');
    assert.deepEqual(notice?.buttons, ['Show Run', 'Open Transcript']);
  });

  it('is silent about completed runs where that is set, and says what is wrong with the agents', async () => {
    const { workbench } = await host.open();
    const problem = 'lockstep.agents: the agent "broken": command must be a list';
    // By now it was told; its toast may be gone again.
    await workbench.statusBarItem('Lockstep: 0 active').waitFor();
    await workbench.sidebar.expandView(VIEW);
    await workbench.sidebar.row('a', VIEW).waitFor();
    await workbench.notifications.item(problem);
    await workbench.notifications.clear();
    await workbench.sidebar.rowAction('a', 'Run Workflow…', VIEW);
    (await agent.next()).answer('Done.');
    await workbench.sidebar.row(/1\/1 · completed/, VIEW).waitFor();
    const told = await workbench.notifications.list();
    assert.deepEqual(
      told.filter(({ message }) => message.includes('completed')),
      [],
    );
  });
});

describe('a run whose window is closed', () => {
  let host: LockstepHost;
  let agent: ScriptedAgent;

  before(async () => {
    agent = await ScriptedAgent.start();
    host = await startLockstepHost({
      content: 'empty',
      settings: { 'lockstep.agents': { scripted: { protocol: 'command', command: agent.command } } },
    });
    await writeFile(join(host.workspace, 'a.lockstep.yaml'), oneStep('a'));
    const loop = '    until: "false"\n    maxIterations: 3\n';
    await writeFile(join(host.workspace, 'loop.lockstep.yaml'), oneStep('loop') + loop);
  });
  after(async () => {
    await host.stop();
    await agent.stop();
  });

  const runnerPid = async () => {
    const command = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
    const env = { ...process.env, ...host.env };
    const { stdout } = await promisify(execFile)(process.execPath, [command, 'call', 'locks.list'], { env });
    const { locks } = z
      .object({ locks: z.array(z.object({ kind: z.string(), owner: z.object({ pid: z.number() }) })) })
      .parse(JSON.parse(stdout));
    // It holds the run, and the step that is at work.
    const [pid, ...others] = new Set(
      locks.filter(({ kind }) => kind === 'lease').map(({ owner }) => owner.pid),
    );
    assert.ok(pid !== undefined && others.length === 0);
    return pid;
  };

  it('goes on, and a window of another folder tells what it comes to, and where', async () => {
    const own = await host.open();
    const elsewhere = join(host.workspace, '..', 'elsewhere');
    await mkdir(elsewhere);
    const other = await openWindow(host.browser, host.server, { folder: elsewhere });
    await other.workbench.statusBarItem('Lockstep: 0 active, 0 paused').waitFor();
    await own.workbench.sidebar.expandView(VIEW);
    await own.workbench.sidebar.rowAction('a', 'Run Workflow…', VIEW);
    assert.match(await own.workbench.dialog.text(), new RegExp(`Folder: ${host.workspace}`));
    await own.workbench.dialog.press('Run');
    const turn = await agent.next();
    // One that is at work is no reason to begin another.
    await own.workbench.sidebar.rowAction('a', 'Run Workflow…', VIEW);
    assert.match(await own.workbench.dialog.text(), /A run of "a" is at work already/);
    await own.workbench.dialog.press('Show Run');
    await own.close();
    turn.fail('No key was set.');
    await other.workbench.notifications.toast('The run of "a (workspace)" failed').waitFor();
    await other.close();
  });

  it('is told as interrupted where its process is gone, and goes on when it is resumed', async () => {
    const { workbench } = await host.open();
    await workbench.sidebar.expandView(VIEW);
    await workbench.sidebar.rowAction('loop', 'Run Workflow…', VIEW);
    await workbench.dialog.press('Run');
    await agent.next();
    await workbench.sidebar.row(/1\/3 · active/, VIEW).waitFor();
    process.kill(await runnerPid(), 'SIGKILL');
    await workbench.sidebar.row(/1\/3 · interrupted/, VIEW).waitFor();
    const notice = workbench.notifications.toast('The run of "loop" was interrupted.');
    await notice.getByRole('button', { name: 'Resume' }).click();
    const turn = await agent.next();
    await workbench.sidebar.row(/2\/3 · active/, VIEW).waitFor();
    turn.fail('Enough.');
    await workbench.sidebar.row(/2\/3 · failed/, VIEW).waitFor();
  });
});

describe('workflows in a window without a folder', () => {
  let host: LockstepHost;

  before(async () => {
    host = await startLockstepHost({
      content: 'empty',
      settings: {
        'lockstep.agents': { asking: { protocol: 'acp', command: [process.execPath, ACP_AGENT] } },
      },
    });
  });
  after(() => host.stop());

  it('begin as a file in a place that is asked for, and their agents ask there', async () => {
    const { page, workbench } = await openWindow(host.browser, host.server);
    await workbench.sidebar.open('Lockstep');
    await workbench.sidebar.expandView(VIEW);
    await workbench.sidebar.welcome(VIEW).getByText('No folder is open in this window.').waitFor();
    await workbench.palette('Lockstep: New Workflow…');
    await workbench.quickInput.asks('Choose the agent that does the work');
    await workbench.quickInput.choose('asking');
    const dialog = new FileDialog(page);
    await dialog.offers('fix-tests.lockstep.yaml');
    await dialog.choose(join(host.workspace, 'loose.lockstep.yaml'));
    await workbench.editorTab('loose.lockstep.yaml').waitFor();
    await workbench.palette('Lockstep: Run Workflow…');
    await workbench.quickInput.asks('goal: What is to be done');
    await workbench.quickInput.accept();
    assert.match(await workbench.dialog.text(), new RegExp(`Folder: ${host.workspace}`));
    await workbench.dialog.press('Run');
    const question = workbench.notifications.toast('Step "fix" of "fix-tests" asks: Modifying critical');
    await question.getByRole('button', { name: /Allow/ }).waitFor();
    await workbench.palette('Lockstep: Stop Run…');
    await workbench.quickInput.asks('Choose a run');
    await workbench.quickInput.choose('fix-tests');
    await workbench.dialog.press('Stop');
    await workbench.sidebar.row(/1\/15 · stopped/, VIEW).waitFor();
  });
});

describe('workflows in a workspace that is not trusted', () => {
  let host: LockstepHost;

  before(async () => {
    host = await startLockstepHost({ content: 'empty', trust: false });
    await writeFile(join(host.workspace, 'a.lockstep.yaml'), oneStep('a', 'nobody'));
  });
  after(() => host.stop());

  it('are shown and checked, and nothing runs', async () => {
    const { workbench } = await host.open();
    await workbench.sidebar.expandView(VIEW);
    await workbench.sidebar.row('a', VIEW).waitFor();
    await workbench.sidebar
      .message(VIEW)
      .getByText('Restricted Mode: workflows can be read, not run.')
      .waitFor();
    const run = workbench.sidebar.row('a', VIEW).locator('.actions a.action-label');
    assert.equal(await run.getAttribute('aria-disabled'), 'true');
    await workbench.sidebar.click('a', VIEW);
    await workbench.editorTab('a.lockstep.yaml').waitFor();
    const titles = await workbench.quickInput.paletteTitles('Lockstep: ');
    assert.ok(titles.includes('Lockstep: Open Workflow File'));
    for (const title of [
      'Run Workflow…',
      'New Workflow…',
      'Pause Run',
      'Resume Run',
      'Stop Run…',
      'Answer Question…',
    ])
      assert.ok(!titles.includes(`Lockstep: ${title}`), title);
  });
});
