import * as vscode from 'vscode';
import type { Run, RunQuestion, RunStatus, RunStep } from '../../server/protocol/workflowMethods.ts';
import { listText } from '../services/plainText.ts';
import { waitsForPerson } from '../services/runStates.ts';
import { amountText } from './limitText.ts';

type ParkedFor = NonNullable<Run['parkedFor']>;

export function runStatusLabel(status: RunStatus): string {
  switch (status) {
    case 'active':
      return vscode.l10n.t('Active');
    case 'interrupted':
      return vscode.l10n.t('Interrupted');
    case 'pausing':
      return vscode.l10n.t('Pausing');
    case 'paused':
      return vscode.l10n.t('Paused');
    case 'parked':
      return vscode.l10n.t('Parked');
    case 'stopping':
      return vscode.l10n.t('Stopping');
    case 'completed':
      return vscode.l10n.t('Completed');
    case 'failed':
      return vscode.l10n.t('Failed');
    case 'stopped':
      return vscode.l10n.t('Stopped');
  }
}

export function stepStatusLabel(status: RunStep['status']): string {
  switch (status) {
    case 'waiting':
      return vscode.l10n.t('Waiting');
    case 'running':
      return vscode.l10n.t('Running');
    case 'retrying':
      return vscode.l10n.t('Retrying');
    case 'done':
      return vscode.l10n.t('Done');
    case 'failed':
      return vscode.l10n.t('Failed');
    case 'skipped':
      return vscode.l10n.t('Skipped');
    case 'parked':
      return vscode.l10n.t('Parked');
  }
}

const warning = () => new vscode.ThemeColor('list.warningForeground');
const quiet = () => new vscode.ThemeColor('descriptionForeground');
const live = () => new vscode.ThemeColor('charts.green');
const paused = () => new vscode.ThemeColor('charts.blue');

export function runIcon(run: Pick<Run, 'status' | 'questions' | 'parkedFor'>): vscode.ThemeIcon {
  if (run.questions.length > 0 && waitsForPerson(run)) return new vscode.ThemeIcon('question', warning());
  switch (run.status) {
    case 'active':
      return new vscode.ThemeIcon('sync~spin', live());
    case 'interrupted':
      return new vscode.ThemeIcon('debug-disconnect', warning());
    case 'pausing':
      return new vscode.ThemeIcon('loading~spin', paused());
    case 'paused':
      return new vscode.ThemeIcon('debug-pause', paused());
    case 'parked':
      return new vscode.ThemeIcon(run.parkedFor?.reason === 'gate' ? 'person' : 'stop-circle', warning());
    case 'stopping':
      return new vscode.ThemeIcon('loading~spin', quiet());
    case 'completed':
      return new vscode.ThemeIcon('pass', quiet());
    case 'failed':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('errorForeground'));
    case 'stopped':
      return new vscode.ThemeIcon('circle-slash', quiet());
  }
}

export function stepIcon(step: RunStep): vscode.ThemeIcon {
  if (step.isAsking) return new vscode.ThemeIcon('question', warning());
  switch (step.status) {
    case 'waiting':
      return new vscode.ThemeIcon('circle-outline', quiet());
    case 'running':
      return new vscode.ThemeIcon('sync~spin', live());
    case 'retrying':
      return new vscode.ThemeIcon('history', warning());
    case 'done':
      return new vscode.ThemeIcon('pass', quiet());
    case 'failed':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('errorForeground'));
    case 'skipped':
      return new vscode.ThemeIcon('debug-step-over', quiet());
    case 'parked':
      return new vscode.ThemeIcon(step.hasGate && !step.isGateOpen ? 'person' : 'stop-circle', warning());
  }
}

/** Of an iteration, as its runner has told it. */
export function outcomeText(outcome: string): string {
  switch (outcome) {
    case 'done':
      return vscode.l10n.t('Done');
    case 'again':
      return vscode.l10n.t('Not yet');
    case 'failed':
      return vscode.l10n.t('Failed');
    case 'interrupted':
      return vscode.l10n.t('Interrupted');
    default:
      return listText(outcome);
  }
}

export function iterationIcon(outcome: string | undefined): vscode.ThemeIcon {
  switch (outcome) {
    case 'done':
      return new vscode.ThemeIcon('pass', quiet());
    case 'again':
      return new vscode.ThemeIcon('redo', quiet());
    case 'failed':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('errorForeground'));
    case 'interrupted':
      return new vscode.ThemeIcon('debug-disconnect', warning());
    default:
      return new vscode.ThemeIcon('sync', quiet());
  }
}

/** What a run waits for, or how it is: short enough for a list. */
export function runStateText(run: Run): string {
  if (run.questions.length > 0 && waitsForPerson(run)) return vscode.l10n.t('asks you');
  if (run.status !== 'parked' || run.parkedFor === undefined) return runStatusLabel(run.status).toLowerCase();
  const { reason, step = '' } = run.parkedFor;
  switch (reason) {
    case 'gate':
      return vscode.l10n.t('at the gate of {0}', step);
    case 'iterations':
      return vscode.l10n.t('out of iterations');
    case 'stepIterations':
      return vscode.l10n.t('{0} is out of iterations', step);
    case 'wallClock':
      return vscode.l10n.t('out of time');
    case 'tokens':
      return vscode.l10n.t('out of tokens');
    case 'costUsd':
      return vscode.l10n.t('at its cost limit');
    case 'outputBytes':
      return vscode.l10n.t('at its output limit');
  }
}

/** Why a run is parked, as a sentence. */
export function parkedText(name: string, { reason, step = '', used = 0, limit = 0 }: ParkedFor): string {
  const run = listText(name);
  switch (reason) {
    case 'gate':
      return vscode.l10n.t('"{0}" waits at the gate of step "{1}".', run, step);
    case 'iterations':
      return vscode.l10n.t('"{0}" has used {1} of {2} iterations.', run, used, limit);
    case 'stepIterations':
      return vscode.l10n.t('Step "{1}" of "{0}" has used {2} of {3} iterations.', run, step, used, limit);
    case 'wallClock':
      return vscode.l10n.t('"{0}" has worked for {1} of {2}.', run, ...amounts('wallClock', used, limit));
    case 'tokens':
      return vscode.l10n.t('"{0}" has used {1} of {2} tokens.', run, ...amounts('tokens', used, limit));
    case 'costUsd':
      return vscode.l10n.t('"{0}" has cost {1} of {2}.', run, ...amounts('costUsd', used, limit));
    case 'outputBytes':
      return vscode.l10n.t(
        'The agents of "{0}" have printed {1} of {2}.',
        run,
        ...amounts('output', used, limit),
      );
  }
}

function amounts(name: Parameters<typeof amountText>[0], used: number, limit: number): [string, string] {
  return [amountText(name, used), amountText(name, limit)];
}

/** What an agent's option does, whatever the agent calls it. */
export function optionText(kind: RunQuestion['options'][number]['kind']): string {
  switch (kind) {
    case 'allow_once':
      return vscode.l10n.t('allows it once');
    case 'allow_always':
      return vscode.l10n.t('allows it from now on');
    case 'reject_once':
      return vscode.l10n.t('refuses it once');
    case 'reject_always':
      return vscode.l10n.t('refuses it from now on');
  }
}
