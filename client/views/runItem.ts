import * as vscode from 'vscode';
import type { Run, RunStep } from '../../server/protocol/workflowMethods.ts';
import type { AgentInfo } from '../services/agentModel.ts';
import { folderName } from '../services/folder.ts';
import { listText } from '../services/plainText.ts';
import { isEnded, waitsForPerson } from '../services/runStates.ts';
import type { StepIteration } from '../services/stepIterations.ts';
import { dollars, durationText, fullCount, fullTime, listTime, shortCount } from './age.ts';
import { limitName, limitText } from './limitText.ts';
import {
  iterationIcon,
  outcomeText,
  parkedText,
  runIcon,
  runStateText,
  runStatusLabel,
  stepIcon,
  stepStatusLabel,
} from './runWords.ts';
import { tooltipOf } from './sessionItem.ts';

/** The row of a run: below its file when it began, elsewhere its name, too. */
export function runItem(run: Run, isBelowFile: boolean, now: number): vscode.TreeItem {
  const began = listTime(run.startedAt, now);
  const name = listText(run.name);
  const item = new vscode.TreeItem(
    isBelowFile ? began : name,
    isEnded(run) ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.Expanded,
  );
  const iterations = `${run.iterations}/${run.maxIterations}`;
  const state = runStateText(run);
  item.description = [iterations, state, ...(isBelowFile ? [] : [began])].join(' · ');
  item.iconPath = runIcon(run);
  item.contextValue = `run.${run.status}${run.questions.length > 0 && waitsForPerson(run) ? '.asking' : ''}`;
  item.tooltip = runTooltip(run);
  item.accessibilityInformation = {
    label: vscode.l10n.t(
      'Run of {0}, begun {1}, {2}, {3} of {4} iterations',
      name,
      fullTime(run.startedAt),
      state,
      run.iterations,
      run.maxIterations,
    ),
  };
  return item;
}

function runTooltip(run: Run): string {
  const { parkedFor, tokens, costUsd } = run;
  return tooltipOf(run.name, [
    [vscode.l10n.t('Status'), runStatusLabel(run.status)],
    [vscode.l10n.t('Waits'), parkedFor === undefined ? undefined : parkedText(run.name, parkedFor)],
    ...run.questions.map(({ title }) => [vscode.l10n.t('Asks'), title] as const),
    [vscode.l10n.t('Error'), run.error],
    [vscode.l10n.t('Iterations'), `${run.iterations} / ${run.maxIterations}`],
    ...Object.entries(run.inputs).map(([name, value]) => [vscode.l10n.t('Input {0}', name), value] as const),
    ...run.limits.map((limit) => [limitName(limit.name), limitText(limit)] as const),
    [vscode.l10n.t('Tokens'), tokens === undefined ? vscode.l10n.t('not reported') : fullCount(tokens)],
    [vscode.l10n.t('Cost'), costUsd === undefined ? vscode.l10n.t('not reported') : dollars(costUsd)],
    [vscode.l10n.t('At work'), durationText(run.activeMs)],
    [vscode.l10n.t('Started'), fullTime(run.startedAt)],
    [vscode.l10n.t('Ended'), run.endedAt === undefined ? undefined : fullTime(run.endedAt)],
    [vscode.l10n.t('File'), run.file],
    [vscode.l10n.t('Folder'), run.workspace],
    [vscode.l10n.t('Id'), run.id],
  ]);
}

/** The row of a step of a run. `agent` is absent where the setting names no such agent. */
export function stepItem(
  run: Run,
  step: RunStep,
  agent: AgentInfo | undefined,
  now: number,
): vscode.TreeItem {
  const item = new vscode.TreeItem(
    step.id,
    step.session !== undefined && step.iterations > 0
      ? vscode.TreeItemCollapsibleState.Collapsed
      : vscode.TreeItemCollapsibleState.None,
  );
  const note = stepNote(run, step, now);
  item.description = [`${step.iterations}/${step.maxIterations}`, ...note].join(' · ');
  item.iconPath = stepIcon(step);
  item.contextValue = stepContext(step);
  item.tooltip = tooltipOf(step.id, [
    [vscode.l10n.t('Status'), stepStatusLabel(step.status)],
    [vscode.l10n.t('Iterations'), `${step.iterations} / ${step.maxIterations}`],
    [vscode.l10n.t('Agent'), agentText(step.agent, agent)],
    [vscode.l10n.t('Needs'), step.needs.length === 0 ? undefined : step.needs.join(', ')],
    [vscode.l10n.t('Gate'), gateText(step)],
    [vscode.l10n.t('Tries again'), step.retryAt === undefined ? undefined : fullTime(step.retryAt)],
    [vscode.l10n.t('Last failure'), step.message],
  ]);
  item.accessibilityInformation = {
    label: [
      vscode.l10n.t(
        'Step {0}, {1}, {2} of {3} iterations',
        step.id,
        stepStatusLabel(step.status),
        step.iterations,
        step.maxIterations,
      ),
      ...note,
    ].join(', '),
  };
  return item;
}

/** What the menus go by. */
function stepContext({ session, status, isAsking }: RunStep): string {
  const begun = session === undefined ? 'unbegun' : 'begun';
  return `runStep.${begun}${status === 'parked' ? '.parked' : ''}${isAsking ? '.asking' : ''}`;
}

/** What is to be known at once of a step, beyond its icon. */
function stepNote(run: Run, step: RunStep, now: number): string[] {
  if (step.isAsking) return [vscode.l10n.t('asks you')];
  if (step.status === 'retrying' && step.retryAt !== undefined)
    return [vscode.l10n.t('tries again at {0}', listTime(step.retryAt, now))];
  if (step.status === 'parked')
    return [step.hasGate && !step.isGateOpen ? vscode.l10n.t('gate') : vscode.l10n.t('out of iterations')];
  if (step.status === 'failed' && step.message !== undefined) return [listText(step.message)];
  if (step.status === 'waiting' && step.hasGate && !step.isGateOpen && !isEnded(run))
    return [vscode.l10n.t('gate')];
  return step.status === 'running' ? [listText(step.agent)] : [];
}

function gateText({ hasGate, isGateOpen }: RunStep): string | undefined {
  if (!hasGate) return undefined;
  return isGateOpen ? vscode.l10n.t('open') : vscode.l10n.t('closed: a person lets the step begin');
}

/** An agent's name, and what is to be known of it where it is shown. */
export function agentText(name: string, agent: Pick<AgentInfo, 'isExperimental'> | undefined): string {
  if (agent === undefined) return vscode.l10n.t('{0} (not among the agents of this computer)', name);
  return agent.isExperimental ? vscode.l10n.t('{0} (experimental)', name) : name;
}

/** The row of an iteration of a step. */
export function iterationItem(
  { number, timestamp, text, outcome }: StepIteration,
  now: number,
): vscode.TreeItem {
  const label =
    number === undefined ? vscode.l10n.t('Next iteration') : vscode.l10n.t('Iteration {0}', number);
  const item = new vscode.TreeItem(label);
  const said = outcome === undefined || outcome === '' ? undefined : outcomeText(outcome);
  item.description = [timestamp === undefined ? undefined : listTime(timestamp, now), said?.toLowerCase()]
    .filter((part) => part !== undefined)
    .join(' · ');
  item.iconPath = iterationIcon(outcome);
  item.contextValue = 'runIteration';
  item.tooltip = tooltipOf(label, [
    [vscode.l10n.t('Started'), timestamp === undefined ? undefined : fullTime(timestamp)],
    [vscode.l10n.t('Outcome'), said],
    [vscode.l10n.t('Begins with'), text === '' ? undefined : text],
  ]);
  return item;
}

/** The name of a run's file, for messages and rows away from it. */
export function runFileName({ file }: Pick<Run, 'file'>): string | undefined {
  return file === undefined ? undefined : listText(folderName(file));
}

/** A run as something to choose. */
export function runChoice(run: Run, now: number) {
  return {
    label: listText(run.name),
    description: `${run.iterations}/${run.maxIterations} · ${runStateText(run)}`,
    detail: [
      listTime(run.startedAt, now),
      ...(run.tokens === undefined ? [] : [vscode.l10n.t('{0} tokens', shortCount(run.tokens))]),
      runFileName(run) ?? '',
      run.workspace === undefined ? '' : listText(folderName(run.workspace)),
    ]
      .filter((part) => part !== '')
      .join(' · '),
    iconPath: runIcon(run),
    run,
  };
}
