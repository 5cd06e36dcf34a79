import * as vscode from 'vscode';
import type { SessionStatus } from '../../server/protocol/session.ts';
import type { SessionGroup, SessionSummary } from '../services/sessionModel.ts';
import { revealBidi } from '../services/plainText.ts';
import { runOfSession } from '../services/sessionRuns.ts';
import { dollars, fullTime, shortAge, shortCount } from './age.ts';

export function statusGroupLabel(group: SessionGroup): string {
  return group === 'archived' ? vscode.l10n.t('Archived') : statusLabel(group);
}

export function statusLabel(status: SessionStatus): string {
  switch (status) {
    case 'active':
      return vscode.l10n.t('Active');
    case 'paused':
      return vscode.l10n.t('Paused');
    case 'timeout':
      return vscode.l10n.t('At Limit');
    case 'completed':
      return vscode.l10n.t('Completed');
    case 'failed':
      return vscode.l10n.t('Failed');
  }
}

export function statusIcon(status: SessionStatus): vscode.ThemeIcon {
  switch (status) {
    case 'active':
      return new vscode.ThemeIcon('play-circle', new vscode.ThemeColor('charts.green'));
    case 'paused':
      return new vscode.ThemeIcon('debug-pause', new vscode.ThemeColor('charts.blue'));
    case 'timeout':
      return new vscode.ThemeIcon('stop-circle', new vscode.ThemeColor('list.warningForeground'));
    case 'completed':
      return new vscode.ThemeIcon('pass', new vscode.ThemeColor('descriptionForeground'));
    case 'failed':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('errorForeground'));
  }
}

/** A pause was asked for; whoever drives the session carries it out at the end of the iteration. */
function pausingIcon(): vscode.ThemeIcon {
  return new vscode.ThemeIcon('loading~spin', new vscode.ThemeColor('charts.blue'));
}

/** The row of one of Lockstep's own sessions. */
export function sessionItem(session: SessionSummary, isPinned: boolean, now: number): vscode.TreeItem {
  const item = new vscode.TreeItem(revealBidi(session.title));
  const iterations = `${session.iterations}/${session.maxIterations}`;
  const age = shortAge(session.updatedAt, now);
  const label = session.label === undefined ? '' : ` · ${session.label}`;
  const pausing = session.pausing ? `${vscode.l10n.t('pausing')} · ` : '';
  const kind = kindText(session);
  item.description = `${pausing}${kind === undefined ? '' : `${kind} · `}${iterations} · ${age}${label}`;
  item.iconPath = session.pausing ? pausingIcon() : statusIcon(session.status);
  const state = session.pausing ? 'pausing' : session.status;
  const archived = session.archivedAt === undefined ? '' : '.archived';
  const run = runOfSession(session) === undefined ? '' : '.run';
  item.contextValue = `session.${state}${archived}${run}${isPinned ? '.pinned' : ''}`;
  item.tooltip = tooltip(session);
  item.accessibilityInformation = {
    label: vscode.l10n.t(
      '{0}, {1}, {2} of {3} iterations, changed {4}',
      session.title,
      statusLabel(session.status),
      session.iterations,
      session.maxIterations,
      fullTime(session.updatedAt),
    ),
  };
  return item;
}

/** What a session is, where it is not one of its own. */
function kindText({ kind }: SessionSummary): string | undefined {
  if (kind === 'workflow') return vscode.l10n.t('run');
  return kind === 'step' ? vscode.l10n.t('step') : undefined;
}

function tooltip(session: SessionSummary): string {
  const rows: [string, string | undefined][] = [
    [
      vscode.l10n.t('Status'),
      session.pausing
        ? vscode.l10n.t('Active; pauses at the end of the iteration')
        : statusLabel(session.status),
    ],
    [vscode.l10n.t('Iterations'), `${session.iterations} / ${session.maxIterations}`],
    [vscode.l10n.t('Kind'), kindText(session)],
    [vscode.l10n.t('Mode'), session.mode],
    [vscode.l10n.t('Label'), session.label],
    [vscode.l10n.t('Model'), session.model],
    [vscode.l10n.t('Tokens'), session.tokens.total === 0 ? undefined : shortCount(session.tokens.total)],
    [vscode.l10n.t('Cost'), session.costUsd === undefined ? undefined : dollars(session.costUsd)],
    [vscode.l10n.t('Error'), session.error],
    [vscode.l10n.t('Folder'), session.workspace],
    [vscode.l10n.t('Started'), fullTime(session.createdAt)],
    [vscode.l10n.t('Changed'), fullTime(session.updatedAt)],
    [vscode.l10n.t('Id'), session.id],
  ];
  return tooltipOf(session.title, rows);
}

/** A tooltip of plain text, not markdown: titles and paths come from outside, and nothing in them may become a link. */
export function tooltipOf(title: string, rows: readonly (readonly [string, string | undefined])[]): string {
  const lines = rows.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${oneLine(value)}`]));
  return [oneLine(title), '', ...lines].join('\n');
}

function oneLine(value: string): string {
  const line = revealBidi(value).replaceAll(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
