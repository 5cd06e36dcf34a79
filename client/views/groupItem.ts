import * as vscode from 'vscode';
import type { Session } from '../../server/protocol/session.ts';
import { folderName, folderPlace } from '../services/folder.ts';
import type { GroupOf } from '../services/listGroups.ts';
import { revealBidi } from '../services/plainText.ts';
import type { ShownGroup } from '../services/sessionList.ts';
import type { SourceGroup } from '../services/sourceModel.ts';
import { statusGroupLabel, statusIcon } from './sessionItem.ts';

/** What a group's row takes from elsewhere. */
export interface GroupSurroundings {
  readonly agents: readonly SourceGroup[];
  /** Names that more than one folder of the list has. */
  readonly ambiguous: ReadonlySet<string>;
}

/** The row of a group. Its number is that of its sessions, also of those that are not shown yet. */
export function groupItem(group: ShownGroup, { agents, ambiguous }: GroupSurroundings): vscode.TreeItem {
  const { of } = group;
  const item = new vscode.TreeItem(
    groupLabel(of, agents),
    group.isOpen ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed,
  );
  const total = of.by === 'problems' ? group.problems.length : group.total;
  const count = group.isAtLeast ? `${total}+` : String(total);
  item.description = count;
  item.iconPath = groupIcon(of);
  item.contextValue = of.by === 'agent' ? 'sourceGroup' : 'group';
  item.accessibilityInformation = { label: `${groupLabel(of, agents)}, ${count}` };
  if (of.by === 'agent') item.tooltip = agents.find(({ kind }) => kind === of.agent)?.root ?? '';
  if (of.by === 'folder' && of.folder !== undefined) {
    const place = revealBidi(folderPlace(of.folder));
    item.tooltip = revealBidi(of.folder);
    if (ambiguous.has(folderName(of.folder))) {
      item.description = `${count} · ${place}`;
      item.accessibilityInformation = { label: `${groupLabel(of, agents)}, ${place}, ${count}` };
    }
  }
  return item;
}

function groupLabel(of: GroupOf, agents: readonly SourceGroup[]): string {
  switch (of.by) {
    case 'pinned':
      return vscode.l10n.t('Pinned');
    case 'status':
      return statusGroupLabel(of.status);
    case 'own':
      return vscode.l10n.t('Lockstep');
    case 'kind':
      return kindLabel(of.kind);
    case 'agent':
      return agents.find(({ kind }) => kind === of.agent)?.label ?? of.agent;
    case 'folder':
      return of.folder === undefined ? vscode.l10n.t('No Folder') : revealBidi(folderName(of.folder));
    case 'problems':
      return vscode.l10n.t('Cannot be read');
  }
}

function kindLabel(kind: Session['kind']): string {
  switch (kind) {
    case 'session':
      return vscode.l10n.t('Sessions');
    case 'workflow':
      return vscode.l10n.t('Workflows');
    case 'step':
      return vscode.l10n.t('Steps');
    case 'conversation':
      return vscode.l10n.t('Conversations');
  }
}

function groupIcon(of: GroupOf): vscode.ThemeIcon {
  switch (of.by) {
    case 'pinned':
      return new vscode.ThemeIcon('pinned');
    case 'status':
      return of.status === 'archived' ? new vscode.ThemeIcon('archive') : statusIcon(of.status);
    case 'own':
      return new vscode.ThemeIcon('layers');
    case 'kind':
      return new vscode.ThemeIcon(kindIcons[of.kind]);
    case 'agent':
      return new vscode.ThemeIcon('hubot');
    case 'folder':
      return new vscode.ThemeIcon(of.folder === undefined ? 'circle-slash' : 'folder');
    case 'problems':
      return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  }
}

const kindIcons: Readonly<Record<Session['kind'], string>> = {
  session: 'layers',
  workflow: 'type-hierarchy',
  step: 'list-ordered',
  conversation: 'comment-discussion',
};
