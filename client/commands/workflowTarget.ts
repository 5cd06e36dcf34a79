import * as vscode from 'vscode';
import { Languages } from '../ids.ts';
import { folderName } from '../services/folder.ts';
import { listText } from '../services/plainText.ts';
import type { WorkflowFileModel } from '../services/workflowFileModel.ts';
import { workflowFileIcon } from '../views/workflowFileItem.ts';
import { workflowNode, type RunTargets } from './runTarget.ts';

/**
 * The workflow file that a command is for: that of its row or its editor, the one whose address it was given, that of
 * the active editor, or one that the person picks.
 */
export async function targetFile(
  argument: unknown,
  { tree, runs }: Pick<RunTargets, 'tree' | 'runs'>,
  files: WorkflowFileModel,
  title: string,
): Promise<vscode.Uri | undefined> {
  if (argument instanceof vscode.Uri) return argument;
  // A row gives an object, a key of the view a word; an address has a scheme.
  if (typeof argument === 'string' && argument.includes(':')) return vscode.Uri.parse(argument, true);
  const node = workflowNode(argument, tree);
  if (node?.type === 'workflowFile') return vscode.Uri.file(node.file.path);
  if (node?.type === 'run' || node?.type === 'runStep') {
    const file = (runs.get(node.run.id) ?? node.run).file;
    if (file !== undefined) return vscode.Uri.file(file);
    void vscode.window.showInformationMessage(vscode.l10n.t('{0}: this run has no file.', title));
    return undefined;
  }
  const active = vscode.window.activeTextEditor?.document;
  if (active?.languageId === Languages.workflow) return active.uri;
  return pickFile(files, title);
}

async function pickFile(files: WorkflowFileModel, title: string): Promise<vscode.Uri | undefined> {
  await files.reload();
  files.mustBeRead();
  if (files.files.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('{0}: there is no workflow file in the folders of this window.', title),
    );
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(
    files.files.map((file) => ({
      label: listText(file.workflow?.name ?? folderName(file.path)),
      description: vscode.workspace.asRelativePath(file.path),
      ...(file.workflow?.description === undefined ? {} : { detail: listText(file.workflow.description) }),
      iconPath: workflowFileIcon(file),
      path: file.path,
    })),
    {
      title,
      placeHolder: vscode.l10n.t('Choose a workflow file'),
      matchOnDescription: true,
      matchOnDetail: true,
    },
  );
  return picked && vscode.Uri.file(picked.path);
}
