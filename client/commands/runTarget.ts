import * as vscode from 'vscode';
import { runsGet, type Run } from '../../server/protocol/workflowMethods.ts';
import type { Call } from '../services/call.ts';
import type { RunModel } from '../services/runModel.ts';
import { OWN_REF } from '../services/sessionHeaders.ts';
import { runOfSession } from '../services/sessionRuns.ts';
import { isOfFolders } from '../services/workflowListing.ts';
import { runChoice } from '../views/runItem.ts';
import type { SessionNode } from '../views/sessionNode.ts';
import type { WorkflowNode } from '../views/workflowNode.ts';
import type { WorkflowsTree } from '../views/workflowsTree.ts';

/** What the binding of a key gives: VS Code gives a key no row. */
const SELECTION = 'selection';

export interface RunTargets {
  readonly call: Call;
  readonly runs: RunModel;
  readonly tree: WorkflowsTree;
  /** This window's folders. */
  readonly folders: () => readonly string[];
}

/** A row of ours; VS Code gives it back as what we gave it. For a key it is the selected one. */
export function workflowNode(
  argument: unknown,
  tree: Pick<WorkflowsTree, 'selection'>,
): WorkflowNode | SessionNode | undefined {
  const given = argument === SELECTION ? tree.selection[0] : argument;
  if (typeof given !== 'object' || given === null || !('type' in given)) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- commands on rows are called by VS Code with our own nodes
  return given as WorkflowNode | SessionNode;
}

/**
 * The run that a command is for: that of its row, the one whose id it was given, or one that the person picks among
 * those it works on. Its state is as the server tells it now: rows and lenses may be older.
 */
export async function targetRun(
  argument: unknown,
  targets: RunTargets,
  title: string,
  eligible: (run: Run) => boolean,
): Promise<Run | undefined> {
  const { call, runs, folders } = targets;
  const id = runId(argument, targets);
  if (id !== undefined) return call(runsGet, { id });
  await runs.reload();
  runs.mustBeRead();
  const here = (run: Run) => (isOfFolders(run, folders()) ? 0 : 1);
  const choices = runs.runs.filter(eligible).sort((a, b) => here(a) - here(b));
  if (choices.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('{0}: no run is in a state for it.', title));
    return undefined;
  }
  const now = Date.now();
  const picked = await vscode.window.showQuickPick(
    choices.map((run) => runChoice(run, now)),
    {
      title,
      placeHolder: vscode.l10n.t('Choose a run'),
      matchOnDescription: true,
      matchOnDetail: true,
    },
  );
  return picked?.run;
}

function runId(argument: unknown, { tree }: RunTargets): string | undefined {
  if (typeof argument === 'string' && argument !== SELECTION) return argument;
  const node = workflowNode(argument, tree);
  switch (node?.type) {
    case 'run':
    case 'runStep':
      return node.run.id;
    case 'session':
      return runOfSession(node.session);
    default:
      return undefined;
  }
}

/** The transcript of a row of the Workflows tree. */
export function transcriptPlaceOf(
  argument: unknown,
): { readonly ref: string; readonly position?: number } | undefined {
  const node = workflowNode(argument, { selection: [] });
  switch (node?.type) {
    case 'run':
      return { ref: OWN_REF + node.run.id };
    case 'runStep':
      return node.step.session === undefined ? undefined : { ref: OWN_REF + node.step.session };
    case 'runIteration':
      return { ref: node.ref, position: node.entry.position };
    default:
      return undefined;
  }
}
