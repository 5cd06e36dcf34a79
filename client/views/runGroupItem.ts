import * as vscode from 'vscode';
import type { RunGroup } from '../services/workflowListing.ts';

/** The row below the runs of a place that shows more of them. */
export function moreRunsItem(left: number): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Show More'));
  item.description = vscode.l10n.t('{0} more', left);
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  return item;
}

/** The last row, where not all runs were read: none is hidden without a word. */
export function olderRunsItem(canShow: boolean): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Older Runs'));
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  item.description = canShow ? vscode.l10n.t('show more') : vscode.l10n.t('in the Sessions view');
  item.tooltip = canShow
    ? vscode.l10n.t('Runs that are older than all that are shown here')
    : vscode.l10n.t('More runs than this view can show. All of them are in the Sessions view.');
  return item;
}

/** The row of the runs whose file is not in the list. */
export function runGroupItem(group: RunGroup, total: number): vscode.TreeItem {
  const item = new vscode.TreeItem(groupLabel(group), vscode.TreeItemCollapsibleState.Collapsed);
  item.description = String(total);
  item.iconPath = new vscode.ThemeIcon(group === 'otherFiles' ? 'file' : 'folder');
  item.contextValue = 'runGroup';
  item.tooltip = groupTooltip(group);
  return item;
}

function groupLabel(group: RunGroup): string {
  switch (group) {
    case 'otherFiles':
      return vscode.l10n.t('Other Files');
    case 'otherWorkspaces':
      return vscode.l10n.t('Other Workspaces');
  }
}

function groupTooltip(group: RunGroup): string {
  switch (group) {
    case 'otherFiles':
      return vscode.l10n.t(
        'Runs in this workspace whose file was deleted or moved, or is not in the workspace',
      );
    case 'otherWorkspaces':
      return vscode.l10n.t('Runs in folders that are not open in this window');
  }
}
