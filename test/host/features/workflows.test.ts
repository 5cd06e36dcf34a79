import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import { eventually } from '../../../scripts/host/eventually.ts';
import { FileDialog } from '../../../scripts/host/fileDialog.ts';
import { openWindow } from '../../../scripts/host/window.ts';
import type { Workbench } from '../../../scripts/host/workbench.ts';
import { startLockstepHost, type LockstepHost } from '../lockstepHost.ts';
import { ScriptedAgent } from '../scriptedAgent.ts';

const VIEW = 'Workflows';

/** The protocol's own example agent, which asks before it changes a file. */
const ACP_AGENT = createRequire(import.meta.url)
  .resolve('acp-example')
  .replace(/dist\/.*$/, 'dist/examples/agent.js');

const FIX = `name: fix-tests
agent: scripted
inputs:
  goal: { description: What is to be done, default: Make it green }
  who: { description: For whom }
steps:
  - id: fix
    prompt: \${inputs.goal} for \${inputs.who}
    until: test -e done
    maxIterations: 2
  - id: review
    needs: [fix]
    gate: manual
    prompt: Review it
`;
const ONE_STEP = (name: string, agent = 'scripted') =>
  `name: ${name}\nsteps:\n  - id: only\n    agent: ${agent}\n    prompt: Do it\n`;

describe('workflows in VS Code', () => {
  let host: LockstepHost;
  let agent: ScriptedAgent;
  let workbench: Workbench;

  before(async () => {
    agent = await ScriptedAgent.start();
    host = await startLockstepHost({
      content: 'empty',
      settings: {
        'lockstep.agents': {
          scripted: { protocol: 'command', command: agent.command },
          asking: { protocol: 'acp', command: [process.execPath, ACP_AGENT] },
        },
      },
    });
    ({ workbench } = await host.open());
    await workbench.statusBarItem('Lockstep: 0 active, 0 paused').waitFor();
    await workbench.sidebar.collapseView('Sessions');
    await workbench.sidebar.expandView(VIEW);
  });
  after(async () => {
    await host.stop();
    await agent.stop();
  });

  const row = (text: string | RegExp) => workbench.sidebar.row(text, VIEW);
  const write = async (name: string, text: string) => {
    const path = join(host.workspace, name);
    await writeFile(path, text);
    return path;
  };
  /** In a toast: the centre closes by itself while nothing is in it, also when a notification is on its way. */
  const told = (text: string) => workbench.notifications.toast(text);
  const press = (text: string, button: string) =>
    told(text).getByRole('button', { name: button, exact: true }).click();
  const menu = (text: string | RegExp, item: string) => workbench.sidebar.contextMenu(text, item, VIEW);
  const action = (text: string | RegExp, title: string) => workbench.sidebar.rowAction(text, title, VIEW);
  /** Runs a file that has no inputs and has been run before, or says yes to what it asks. */
  const run = async (name: string, isNew: boolean) => {
    await action(name, 'Run Workflow…');
    if (isNew) await workbench.dialog.press('Run');
  };

  it('there are none at first, and a new one begins from a template', async () => {
    const welcome = workbench.sidebar.welcome(VIEW);
    await welcome.getByText('No workflows yet.').waitFor();
    await welcome.getByText('New Workflow').click();
    await workbench.quickInput.asks('Choose the agent that does the work');
    await workbench.quickInput.offers('scripted');
    await workbench.quickInput.choose('scripted');
    await workbench.editorTab('fix-tests.lockstep.yaml').waitFor();
    assert.match(await workbench.editorText(), /agent: "scripted"/);
    await row(/fix-tests.*\.lockstep\/workflows/).waitFor();
  });

  it('come with a guide', async () => {
    await workbench.palette('Lockstep: Show Guide to Workflows');
    const guide = await workbench.webview('.markdown-body');
    await guide.getByRole('heading', { name: 'Workflows: agents in bounded loops' }).waitFor();
  });

  it('are listed as files come, change and go', async () => {
    const path = await write('broken.lockstep.yaml', 'name: broken\nsteps:\n  - id: a\n    promt: x\n');
    await row(/^broken/).waitFor();
    await row(/error.*broken\.lockstep\.yaml/).waitFor();
    await write('broken.lockstep.yaml', ONE_STEP('mended'));
    await row('mended').waitFor();
    await row('broken').waitFor({ state: 'detached' });
    await rm(path);
    await row('mended').waitFor({ state: 'detached' });
    await rm(join(host.workspace, '.lockstep'), { recursive: true });
    await workbench.sidebar.welcome(VIEW).getByText('No workflows yet.').waitFor();
  });

  it('with errors do not run, which is said with a way to the place', async () => {
    await write('broken.lockstep.yaml', 'name: broken\nsteps:\n  - id: a\n    promt: x\n');
    await row(/error.*broken\.lockstep\.yaml/).waitFor();
    assert.deepEqual(await workbench.sidebar.rowActions('broken', VIEW), []);
    await workbench.palette('View: Close All Editors');
    await workbench.palette('Lockstep: Run Workflow…');
    await workbench.quickInput.asks('Choose a workflow file');
    await workbench.quickInput.choose('broken');
    await press('"broken" cannot run', 'Open File');
    await workbench.editorTab('broken.lockstep.yaml').waitFor();
    await rm(join(host.workspace, 'broken.lockstep.yaml'));
    await workbench.notifications.clear();
  });

  describe('a run', () => {
    it('is started from the tree: its inputs are asked for, with a way back, and then what it will run', async () => {
      await write('fix.lockstep.yaml', FIX);
      await row('fix-tests').waitFor();
      await action('fix-tests', 'Run Workflow…');
      const { quickInput, dialog } = workbench;
      await quickInput.asks('goal: What is to be done');
      assert.match(await quickInput.title(), /Run fix-tests \(1\/2\)/);
      assert.equal(await quickInput.value(), 'Make it green');
      await quickInput.fill('Make it greener');
      await quickInput.accept();
      await quickInput.asks('who: For whom');
      await quickInput.accept();
      await quickInput.asks('Give a value for who.');
      await workbench.page.locator('.quick-input-widget').getByRole('button', { name: 'Back' }).click();
      await quickInput.asks('goal: What is to be done');
      assert.equal(await quickInput.value(), 'Make it greener');
      await quickInput.accept();
      await quickInput.asks('who: For whom');
      await quickInput.fill('the shop');
      await quickInput.accept();
      const consent = await dialog.text();
      assert.match(consent, /Run "fix-tests"\? This file has not been run before/);
      assert.match(consent, /scripted: \S*node \S*agent\.mjs/);
      assert.match(consent, /fix: test -e done/);
      assert.match(consent, /Iterations: at most 3 \(enforced by Lockstep\)/);
      await dialog.press('Run');
    });

    it('is watched live, with its steps, and counted in the status bar', async () => {
      const turn = await agent.next();
      assert.match(turn.prompt, /Make it greener for the shop/);
      await row(/1\/3 · active/).waitFor();
      await row(/^fix1\/2 · scripted$/).waitFor();
      await row(/^review0\/1 · gate$/).waitFor();
      await workbench.statusBarItem('Runs: 1 at work, 0 wait for you').waitFor();
      await action(/1\/3 · active/, 'Pause Run');
      await row(/1\/3 · pausing/).waitFor();
      turn.answer('Done for now.');
      await row(/1\/3 · paused/).waitFor();
    });

    it('is resumed, and at its limit a notification offers to continue', async () => {
      await action(/1\/3 · paused/, 'Resume Run');
      const turn = await agent.next();
      await row(/2\/3 · active/).waitFor();
      turn.answer('Still not.');
      await row(/2\/3 · fix is out of iterations/).waitFor();
      await workbench.page.locator('.activitybar').getByText('1', { exact: true }).waitFor();
      const message = 'Step "fix" of "fix-tests" has used 2 of 2 iterations.';
      await told(message).getByRole('button', { name: 'Continue with 2 More', exact: true }).waitFor();
      await press(message, 'Continue…');
      await workbench.quickInput.asks('How many more?');
      assert.equal(await workbench.quickInput.value(), '2');
      await workbench.quickInput.fill('1');
      await workbench.quickInput.accept();
      const third = await agent.next();
      await row(/3\/4 · active/).waitFor();
      await writeFile(join(host.workspace, 'done'), '');
      third.answer('Now.');
      await row(/at the gate of review/).waitFor();
    });

    it('waits at a gate until a person continues it, and tells when it is completed', async () => {
      await press('"fix-tests" waits at the gate of step "review".', 'Continue');
      const turn = await agent.next();
      assert.match(turn.prompt, /Review it/);
      turn.answer('Fine.');
      await row(/4\/4 · completed/).waitFor();
      await told('The run of "fix-tests" is completed, after 4 iterations.').waitFor();
      await workbench.notifications.clear();
    });

    it('shows the iterations of its steps, and their transcripts', async () => {
      await workbench.sidebar.expand(/4\/4 · completed/, VIEW);
      await workbench.sidebar.expand(/^fix3\/3/, VIEW);
      await row(/^Iteration 3/).waitFor();
      await workbench.sidebar.click(/^fix3\/3/, VIEW);
      const step = await workbench.webview('lockstep-transcript');
      await step.getByText('Still not.').waitFor();
      await workbench.sidebar.click(/^Iteration 1/, VIEW);
      await menu(/4\/4 · completed/, 'Open Transcript');
      await workbench.editorTab(/^fix-tests$/).waitFor();
    });

    it('of a file that was run before asks for no consent, and is stopped for good after it was asked', async () => {
      await write('loop.lockstep.yaml', ONE_STEP('loop'));
      await row('loop').waitFor();
      await run('loop', true);
      (await agent.next()).answer('Once.');
      await row(/1\/1 · completed/).waitFor();
      await told('The run of "loop" is completed').waitFor();
      await workbench.notifications.clear();
      await run('loop', false);
      await agent.next();
      await row(/1\/1 · active/).waitFor();
      await action(/1\/1 · active/, 'Stop Run…');
      assert.match(await workbench.dialog.text(), /Stop the run of "loop"\?/);
      await workbench.dialog.press('Stop');
      await row(/1\/1 · stopped/).waitFor();
      assert.equal(await workbench.page.locator('.notification-toast').count(), 0);
    });

    it('stands with other files once its own is gone', async () => {
      await rm(join(host.workspace, 'loop.lockstep.yaml'));
      await row('loop').waitFor({ state: 'detached' });
      await workbench.sidebar.expand('Other Files', VIEW);
      await menu(/^loop1\/1 · stopped/, 'Open Workflow File');
      await told('The file is not there any more').waitFor();
      await workbench.notifications.clear();
    });

    it('is saved first where its file has changes', async () => {
      const path = await write('typed.lockstep.yaml', ONE_STEP('typed'));
      await workbench.sidebar.click('typed', VIEW);
      await workbench.editorTab('typed.lockstep.yaml').click();
      await workbench.page.locator('.editor-group-container.active .view-lines').click();
      await workbench.page.keyboard.press('Control+End');
      await workbench.page.keyboard.type('# seen');
      await workbench.page.keyboard.press('Control+F5');
      await workbench.dialog.press('Run');
      (await agent.next()).answer('Done.');
      await told('The run of "typed" is completed, after 1 iteration.').waitFor();
      assert.match(await readFile(path, 'utf8'), /# seen/);
      await rm(path);
      await workbench.notifications.clear();
    });
  });

  describe('an agent that asks', () => {
    it('is answered from the notification', async () => {
      await write('ask.lockstep.yaml', ONE_STEP('ask', 'asking'));
      await row('ask').waitFor();
      await run('ask', true);
      const message = 'Step "only" of "ask" asks: Modifying critical configuration file';
      const notification = told(message);
      await notification.waitFor();
      await row(/asks you/)
        .first()
        .waitFor();
      await notification.getByRole('button', { name: /Allow/ }).click();
      await told('The run of "ask" is completed').waitFor();
      await workbench.notifications.clear();
    });

    it('is answered from the tree', async () => {
      await run('ask', false);
      await row(/1\/1 · asks you/)
        .first()
        .waitFor();
      await workbench.notifications.clear();
      await action(/^only1\/1 · asks you/, 'Answer Question…');
      await workbench.quickInput.asks('Modifying critical configuration file');
      await workbench.quickInput.choose(/Skip|Reject/);
      await row(/1\/1 · asks you/)
        .first()
        .waitFor({ state: 'detached' });
      await told('The run of "ask" is completed').waitFor();
      await workbench.notifications.clear();
    });
  });
});

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
    await writeFile(join(host.workspace, 'a.lockstep.yaml'), ONE_STEP('a'));
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
    await writeFile(join(host.workspace, 'a.lockstep.yaml'), ONE_STEP('a'));
    const loop = '    until: "false"\n    maxIterations: 3\n';
    await writeFile(join(host.workspace, 'loop.lockstep.yaml'), ONE_STEP('loop') + loop);
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
    await writeFile(join(host.workspace, 'a.lockstep.yaml'), ONE_STEP('a', 'nobody'));
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
