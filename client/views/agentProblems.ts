import * as vscode from 'vscode';
import { Settings } from '../ids.ts';
import type { AgentModel } from '../services/agentModel.ts';
import { plainText } from '../services/plainText.ts';

/** Tells what is wrong with the setting of the agents, once in a window for each thing that is. */
export class AgentProblems implements vscode.Disposable {
  readonly #agents: AgentModel;
  readonly #told = new Set<string>();
  readonly #listening: { dispose(): void };

  constructor(agents: AgentModel) {
    this.#agents = agents;
    this.#listening = agents.onDidChange(() => this.#look());
  }

  dispose(): void {
    this.#listening.dispose();
  }

  #look(): void {
    const fresh = this.#agents.problems.filter((problem) => !this.#told.has(problem));
    for (const problem of fresh) this.#told.add(problem);
    const [first] = fresh;
    if (first !== undefined) void tell(first, fresh.length - 1);
  }
}

async function tell(problem: string, others: number): Promise<void> {
  const message = others === 0 ? problem : vscode.l10n.t('{0} There are {1} more problems.', problem, others);
  const open = vscode.l10n.t('Open Settings');
  if ((await vscode.window.showWarningMessage(plainText(message), open)) !== open) return;
  await vscode.commands.executeCommand(
    'workbench.action.openSettings',
    `${Settings.section}.${Settings.agents}`,
  );
}
