import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { Commands, Views } from '../../../client/ids.ts';

/** Runs inside the extension host. What it cannot see (trees, dialogs) is tested through the UI. */
const cases: Readonly<Record<string, () => Promise<void>>> = {
  'activates by itself, and registers every command of the manifest': async () => {
    const extension = vscode.extensions.getExtension('lockstep.lockstep');
    assert.ok(extension, 'the extension is not installed');
    const begun = performance.now();
    const cpu = process.cpuUsage();
    const wasActive = extension.isActive;
    await extension.activate();
    const took = (performance.now() - begun).toFixed(1);
    const used = (process.cpuUsage(cpu).user / 1000).toFixed(1);
    // oxlint-disable-next-line no-console -- the figure is for the run's log
    console.log(
      `activation: ${took} ms, ${used} ms of them at work${wasActive ? ' (it was active already)' : ''}`,
    );
    const registered = await vscode.commands.getCommands(true);
    for (const command of Object.values(Commands)) assert.ok(registered.includes(command), command);
    assert.ok(registered.includes(`${Views.sessions}.focus`));
  },

  'has no texts that were not translated in its manifest': async () => {
    const extension = vscode.extensions.getExtension('lockstep.lockstep');
    assert.doesNotMatch(JSON.stringify(extension?.packageJSON), /"%[^"]+%"/);
    await Promise.resolve();
  },

  'opens a transcript as a panel, once': async () => {
    const tabs = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const before = tabs().length;
    const node = { type: 'source', session: { ref: 'pi:no-such.jsonl', title: 'x' } };
    for (let time = 0; time < 2; time++) await vscode.commands.executeCommand(Commands.openTranscript, node);
    await until(() => tabs().length > before);
    await vscode.commands.executeCommand(Commands.refresh);
    assert.equal(tabs().length, before + 1);
    const input = tabs().at(-1)?.input;
    assert.ok(input instanceof vscode.TabInputWebview);
    assert.match(input.viewType, /lockstep\.transcript$/);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  },
};

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

export async function run(): Promise<void> {
  for (const [name, test] of Object.entries(cases)) {
    try {
      await test();
    } catch (error) {
      throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    // oxlint-disable-next-line no-console -- the run's log
    console.log(`holds: ${name}`);
  }
}
