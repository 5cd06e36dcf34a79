import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Workbench } from '../../../scripts/host/workbench.ts';
import { startLockstepHost, type LockstepHost } from '../lockstepHost.ts';
import { ScriptedAgent } from '../scriptedAgent.ts';
import { ACP_AGENT, oneStep } from '../workflowSamples.ts';

const VIEW = 'Workflows';

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
    await write('broken.lockstep.yaml', oneStep('mended'));
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
      await row(/^Iteration 3.* · done$/).waitFor();
      await row(/^Iteration 1.* · not yet$/).waitFor();
      await workbench.sidebar.click(/^fix3\/3/, VIEW);
      const step = await workbench.webview('lockstep-transcript');
      await step.getByText('Still not.').waitFor();
      await workbench.sidebar.click(/^Iteration 1/, VIEW);
      await menu(/4\/4 · completed/, 'Open Transcript');
      await workbench.editorTab(/^fix-tests$/).waitFor();
    });

    it('of a file that was run before asks for no consent, and is stopped for good after it was asked', async () => {
      await write('loop.lockstep.yaml', oneStep('loop'));
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
      const path = await write('typed.lockstep.yaml', oneStep('typed'));
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
      await write('ask.lockstep.yaml', oneStep('ask', 'asking'));
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
