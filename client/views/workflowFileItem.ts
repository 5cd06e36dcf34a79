import * as vscode from 'vscode';
import type { Run } from '../../server/protocol/workflowMethods.ts';
import { folderName } from '../services/folder.ts';
import { wireOf } from '../services/notifications.ts';
import { listText, revealBidi } from '../services/plainText.ts';
import { isEnded } from '../services/runStates.ts';
import { MOST_FILES, type WorkflowFile } from '../services/workflowFileModel.ts';
import { tooltipOf } from './sessionItem.ts';

/** The row of a workflow file. `place` is its path as the workspace shows it. */
export function workflowFileItem(file: WorkflowFile, place: string, runs: readonly Run[]): vscode.TreeItem {
  const { path, workflow, error } = file;
  const name = listText(workflow?.name ?? folderName(path));
  const item = new vscode.TreeItem(
    name,
    runs.length === 0
      ? vscode.TreeItemCollapsibleState.None
      : runs.every(isEnded)
        ? vscode.TreeItemCollapsibleState.Collapsed
        : vscode.TreeItemCollapsibleState.Expanded,
  );
  const errors = workflow?.problems.filter(({ severity }) => severity === 'error') ?? [];
  const warnings = workflow?.problems.filter(({ severity }) => severity === 'warning') ?? [];
  const isBroken = error !== undefined || errors.length > 0;
  const trouble = troubleText(error, errors.length);
  const oddities =
    warnings.length === 1 ? vscode.l10n.t('1 warning') : vscode.l10n.t('{0} warnings', warnings.length);
  item.description = [...(trouble === undefined ? [] : [trouble]), revealBidi(place)].join(' · ');
  item.iconPath = workflowFileIcon(file);
  item.contextValue = isBroken ? 'workflowFile.broken' : 'workflowFile.fit';
  item.tooltip = tooltipOf(workflow?.name ?? folderName(path), [
    [vscode.l10n.t('About'), workflow?.description],
    [vscode.l10n.t('Steps'), workflow?.steps.map(({ id }) => id).join(', ')],
    [vscode.l10n.t('Iterations'), workflow && vscode.l10n.t('at most {0}', workflow.maxIterations)],
    ...[...errors, ...warnings].map(
      ({ message, line }) => [vscode.l10n.t('Line {0}', line + 1), message] as const,
    ),
    [vscode.l10n.t('Cannot be read'), error === undefined ? undefined : wireOf(error).message],
    [
      vscode.l10n.t('Restricted Mode'),
      vscode.workspace.isTrusted ? undefined : vscode.l10n.t('workflows can be read, not run'),
    ],
    [vscode.l10n.t('File'), path],
  ]);
  item.accessibilityInformation = {
    label: [
      vscode.l10n.t('Workflow {0}', name),
      ...(trouble === undefined ? [] : [trouble]),
      ...(warnings.length === 0 ? [] : [oddities]),
      runs.length === 1 ? vscode.l10n.t('1 run') : vscode.l10n.t('{0} runs', runs.length),
      revealBidi(place),
    ].join(', '),
  };
  return item;
}

export function workflowFileIcon({ workflow, error }: WorkflowFile): vscode.ThemeIcon {
  const severities = new Set(workflow?.problems.map(({ severity }) => severity));
  if (error !== undefined || severities.has('error'))
    return new vscode.ThemeIcon('error', new vscode.ThemeColor('errorForeground'));
  return severities.has('warning')
    ? new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'))
    : new vscode.ThemeIcon('list-ordered');
}

function troubleText(error: unknown, errors: number): string | undefined {
  if (error !== undefined) return vscode.l10n.t('cannot be read');
  if (errors === 0) return undefined;
  return errors === 1 ? vscode.l10n.t('1 error') : vscode.l10n.t('{0} errors', errors);
}

/** The row after the files, where there are more than are read. */
export function moreFilesItem(): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('More Workflow Files'));
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  item.description = vscode.l10n.t('not shown');
  item.tooltip = vscode.l10n.t(
    'This view shows {0} workflow files. Others run as well: open one, and choose Run above it.',
    MOST_FILES,
  );
  return item;
}
