import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { OpenclawRow } from '../../server/protocol/openclawMethods.ts';
import { markdownText } from '../services/markdownText.ts';
import { transcriptOf, type OpenclawSession } from '../services/openclawSessions.ts';
import { fullCount } from './age.ts';

export type OpenclawAct =
  | { readonly kind: 'reset' | 'delete' }
  | {
      readonly kind: 'compact';
      /** Lines that stay. */
      readonly maxLines: number;
    };

/** A session that something is to be done with, as it stands on disk. */
export interface PlannedSession {
  readonly session: OpenclawSession;
  readonly row: OpenclawRow;
  /** Of its transcript, where they were counted. */
  readonly lines: number | undefined;
  /** How many sub-agents it has. */
  readonly children: number;
}

/** Whether there is nothing to be done with a session. */
export function isNothing(act: OpenclawAct, { lines }: PlannedSession): boolean {
  return act.kind === 'compact' && (lines === undefined || lines <= act.maxLines);
}

/** What would be done with a session, in sentences. */
export function changesOf(act: OpenclawAct, planned: PlannedSession): string[] {
  const transcript = transcriptOf(planned.session);
  const name = transcript === undefined ? undefined : basename(transcript);
  const changes = [...actChanges(act, planned, name)];
  const { state, evidence } = planned.session.activity;
  if (state === 'running')
    changes.push(vscode.l10n.t('An agent works on it now ({0}), and may lose what it is doing.', evidence));
  return changes;
}

function* actChanges(
  act: OpenclawAct,
  { row, lines, children }: PlannedSession,
  name: string | undefined,
): Iterable<string> {
  const tokens = row.totalTokens ?? 0;
  switch (act.kind) {
    case 'reset':
      yield renamedText(name, 'reset');
      yield vscode.l10n.t('A new transcript begins. The label and the settings stay.');
      if (tokens > 0) yield vscode.l10n.t('Its token counts are set to 0: {0} now.', fullCount(tokens));
      return;
    case 'delete':
      yield vscode.l10n.t('Its entry is removed: {0}', row.key);
      yield renamedText(name, 'deleted');
      if (children > 0) yield vscode.l10n.t('Its sub-agents stay: {0}.', fullCount(children));
      return;
    case 'compact':
      if (name === undefined || lines === undefined) {
        yield vscode.l10n.t('It has no transcript, so there is nothing to do.');
      } else if (lines <= act.maxLines) {
        yield vscode.l10n.t('Its transcript has {0} lines, so there is nothing to do.', fullCount(lines));
      } else {
        yield vscode.l10n.t(
          'Of its {0} lines, {1} stay: the first and the last ones. {2} are removed.',
          fullCount(lines),
          fullCount(act.maxLines),
          fullCount(lines - act.maxLines),
        );
        yield vscode.l10n.t('The whole transcript is kept as {0}.', `${name}.bak.<${timeWord()}>`);
        if (tokens > 0) yield vscode.l10n.t('Its token counts are cleared: {0} now.', fullCount(tokens));
      }
  }
}

function renamedText(name: string | undefined, ending: 'reset' | 'deleted'): string {
  return name === undefined
    ? vscode.l10n.t('It has no transcript.')
    : vscode.l10n.t(
        'The transcript {0} is renamed to {1}, unless another session uses it too.',
        name,
        `${name}.${ending}.<${timeWord()}>`,
      );
}

function timeWord(): string {
  return vscode.l10n.t('time');
}

/** What would be done with several sessions, as a page of markdown. */
export function openclawReport(act: OpenclawAct, sessions: readonly PlannedSession[]): string {
  return [
    `# ${headingOf(act)}`,
    '',
    vscode.l10n.t('This is the plan. Nothing was changed.'),
    '',
    ...sessions.flatMap((planned) => [
      `## ${markdownText(planned.session.title)}`,
      '',
      ...changesOf(act, planned).map((change) => `- ${markdownText(change)}`),
      '',
    ]),
  ].join('\n');
}

function headingOf({ kind }: OpenclawAct): string {
  switch (kind) {
    case 'reset':
      return vscode.l10n.t('Lockstep: What a Reset Would Do');
    case 'compact':
      return vscode.l10n.t('Lockstep: What Compacting Would Do');
    case 'delete':
      return vscode.l10n.t('Lockstep: What Deleting Would Do');
  }
}
