import { basename } from 'node:path';
import * as vscode from 'vscode';
import { plainText } from '../services/plainText.ts';
import type { OpenclawSession } from '../services/openclawSessions.ts';
import { fullCount } from '../views/age.ts';
import {
  changesOf,
  openclawReport,
  type OpenclawAct,
  type PlannedSession,
} from '../views/openclawPreview.ts';
import type { Reports } from '../views/reports.ts';

/** More than fit into a sentence are counted. */
const MOST_TOLD = 3;

/** A session that nothing was done with, and why. */
export interface Left {
  readonly title: string;
  /** A sentence. */
  readonly reason: string;
  /** Where a call failed. */
  readonly error?: unknown;
  /** OpenClaw's own command that does it. */
  readonly command?: string | undefined;
}

/** The question before anything is changed: with what would change, which for several sessions is a page below it. */
export async function agreesTo(
  act: OpenclawAct,
  planned: readonly PlannedSession[],
  reports: Reports,
): Promise<boolean> {
  const { question, button } = questionOf(act, planned);
  const [only] = planned.length === 1 ? planned : [];
  if (!only) await reports.show('Lockstep OpenClaw', openclawReport(act, planned));
  const detail = only
    ? changesOf(act, only).join('\n')
    : vscode.l10n.t('What would change is on the page that has opened.');
  const options = { modal: true, detail: plainText(detail) };
  return (await vscode.window.showWarningMessage(plainText(question), options, button)) === button;
}

export async function agreesToRename(
  session: OpenclawSession,
  before: string | undefined,
  label: string | null,
): Promise<boolean> {
  const { agentId, key } = session.openclaw;
  const question =
    label === null
      ? vscode.l10n.t('Remove the label of "{0}"?', session.title)
      : vscode.l10n.t('Label "{0}" as "{1}"?', session.title, label);
  const detail = [
    before === undefined
      ? vscode.l10n.t('It has no label now.')
      : vscode.l10n.t('Its label is "{0}" now.', before),
    agentId === undefined
      ? vscode.l10n.t('The entry {0} is changed in sessions.json.', key)
      : vscode.l10n.t('The entry {0} is changed in sessions.json of the agent {1}.', key, agentId),
  ].join('\n');
  const button = label === null ? vscode.l10n.t('Remove Label') : vscode.l10n.t('Rename');
  const options = { modal: true, detail: plainText(detail) };
  return (await vscode.window.showWarningMessage(plainText(question), options, button)) === button;
}

function questionOf(act: OpenclawAct, planned: readonly PlannedSession[]) {
  const [first] = planned;
  const title = planned.length === 1 ? first?.session.title : undefined;
  const count = fullCount(planned.length);
  switch (act.kind) {
    case 'reset':
      return {
        question:
          title === undefined
            ? vscode.l10n.t('Reset {0} sessions of OpenClaw?', count)
            : vscode.l10n.t('Reset "{0}"?', title),
        button: vscode.l10n.t('Reset'),
      };
    case 'compact':
      return {
        question:
          title === undefined
            ? vscode.l10n.t('Compact {0} sessions of OpenClaw?', count)
            : vscode.l10n.t('Compact "{0}"?', title),
        button: vscode.l10n.t('Compact'),
      };
    case 'delete':
      return {
        question:
          title === undefined
            ? vscode.l10n.t('Delete {0} sessions of OpenClaw?', count)
            : vscode.l10n.t('Delete "{0}"?', title),
        button: vscode.l10n.t('Delete'),
      };
  }
}

/** What was done, where the old transcripts are, and what was left, in sentences. */
export function doneText(
  act: OpenclawAct,
  done: readonly PlannedSession[],
  archived: readonly string[],
  left: readonly Left[],
): string {
  const [first] = done;
  const title = done.length === 1 ? first?.session.title : undefined;
  const shown = archived.slice(0, MOST_TOLD).map((path) => basename(path));
  const more = archived.length - shown.length;
  return [
    ...(done.length === 0 ? [] : [actText(act, title, done.length)]),
    ...(shown.length === 0
      ? []
      : [
          more > 0
            ? vscode.l10n.t('Kept: {0}, and {1} more.', shown.join(', '), more)
            : vscode.l10n.t('Kept: {0}.', shown.join(', ')),
        ]),
    ...left.slice(0, MOST_TOLD).map((one) => vscode.l10n.t('"{0}" was left: {1}', one.title, one.reason)),
    ...(left.length > MOST_TOLD ? [vscode.l10n.t('{0} more were left.', left.length - MOST_TOLD)] : []),
  ].join(' ');
}

function actText({ kind }: OpenclawAct, title: string | undefined, count: number): string {
  switch (kind) {
    case 'reset':
      return title === undefined
        ? vscode.l10n.t('{0} sessions begin anew.', count)
        : vscode.l10n.t('"{0}" begins anew.', title);
    case 'compact':
      return title === undefined
        ? vscode.l10n.t('{0} sessions are compacted.', count)
        : vscode.l10n.t('"{0}" is compacted.', title);
    case 'delete':
      return title === undefined
        ? vscode.l10n.t('{0} sessions are deleted.', count)
        : vscode.l10n.t('"{0}" is deleted.', title);
  }
}
