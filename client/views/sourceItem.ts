import * as vscode from 'vscode';
import type { Activity, SourceProblem, SourceSession } from '../../server/protocol/sourceSession.ts';
import { isChangeable, isDeletable, isOpenclaw } from '../services/openclawSessions.ts';
import { revealBidi } from '../services/plainText.ts';
import { dollars, fullTime, shortAge, shortCount } from './age.ts';
import { tooltipOf } from './sessionItem.ts';
import type { SessionNode } from './sessionNode.ts';

function activityLabel(state: Activity['state']): string {
  switch (state) {
    case 'running':
      return vscode.l10n.t('Running');
    case 'open':
      return vscode.l10n.t('Turn open');
    case 'idle':
      return vscode.l10n.t('Idle');
    case 'ended':
      return vscode.l10n.t('Ended');
  }
}

function activityIcon(session: SourceSession): vscode.ThemeIcon {
  switch (session.activity.state) {
    case 'running':
      return new vscode.ThemeIcon('play-circle', new vscode.ThemeColor('charts.green'));
    case 'open':
      return new vscode.ThemeIcon('comment-unresolved', new vscode.ThemeColor('charts.yellow'));
    case 'idle':
    case 'ended':
      return new vscode.ThemeIcon(session.parentRef === undefined ? 'comment' : 'type-hierarchy-sub');
  }
}

/** The tokens that the list has read; with a sign where the file holds more. */
function tokensText(session: SourceSession): string | undefined {
  if (session.tokens === undefined) return undefined;
  return `${session.partial ? '≥ ' : ''}${shortCount(session.tokens.total)}`;
}

/** The row of another agent's session. */
export function sourceItem(
  { session, hasChildren, agent, isPinned = false, isChild = false }: SessionNode & { type: 'source' },
  now: number,
): vscode.TreeItem {
  const item = new vscode.TreeItem(
    revealBidi(session.title),
    hasChildren ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
  );
  const tokens = tokensText(session);
  const { openclaw } = session;
  const agentName = [agent, openclaw?.agentId].filter((part) => part !== undefined).join(' ');
  const parts = [
    agentName === '' ? undefined : agentName,
    openclaw?.archived === true ? vscode.l10n.t('archived') : undefined,
    shortAge(session.updatedAt, now),
    session.model,
    tokens === undefined ? undefined : vscode.l10n.t('{0} tokens', tokens),
  ];
  item.description = parts.filter((part) => part !== undefined).join(' · ');
  item.iconPath = activityIcon(session);
  const resumable = session.resume ? '.resumable' : '';
  item.contextValue = `source${resumable}${openclawContext(session)}${isChild ? '.child' : ''}${isPinned ? '.pinned' : ''}`;
  item.tooltip = tooltipOf(session.title, [
    [vscode.l10n.t('Activity'), `${activityLabel(session.activity.state)} (${session.activity.evidence})`],
    [vscode.l10n.t('Model'), session.model],
    [vscode.l10n.t('Tokens'), tokens],
    [vscode.l10n.t('Cost'), session.costUsd === undefined ? undefined : dollars(session.costUsd)],
    [vscode.l10n.t('Folder'), session.cwd],
    [vscode.l10n.t('Started'), session.createdAt === undefined ? undefined : fullTime(session.createdAt)],
    [vscode.l10n.t('Changed'), fullTime(session.updatedAt)],
    [vscode.l10n.t('Damaged lines'), session.damagedLines === 0 ? undefined : String(session.damagedLines)],
    [vscode.l10n.t('OpenClaw agent'), openclaw?.agentId],
    [vscode.l10n.t('Label'), openclaw?.label],
    [vscode.l10n.t('Key'), openclaw?.key],
    [vscode.l10n.t('File'), session.path],
  ]);
  const words = [activityLabel(session.activity.state), fullTime(session.updatedAt)] as const;
  item.accessibilityInformation = {
    label:
      agentName === ''
        ? vscode.l10n.t('{0}, {1}, changed {2}', session.title, ...words)
        : vscode.l10n.t('{0}, {1}, {2}, changed {3}', session.title, agentName, ...words),
  };
  return item;
}

/** What menus have to know of a session of OpenClaw. */
function openclawContext(session: SourceSession): string {
  if (!isOpenclaw(session)) return '';
  if (!isChangeable(session)) return '.inDatabase';
  return isDeletable(session) ? '.inFile' : '.inFile.main';
}

/** The row of a file that should have been a session. */
export function problemItem(problem: SourceProblem): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Cannot be read'));
  item.description = problem.path;
  item.iconPath = new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  item.tooltip = tooltipOf(problem.path, [[vscode.l10n.t('Reason'), problem.message]]);
  item.contextValue = 'problem';
  item.accessibilityInformation = {
    label: vscode.l10n.t('{0} cannot be read: {1}', problem.path, problem.message),
  };
  return item;
}
