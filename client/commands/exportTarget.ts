import { rename } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { writeExport } from '../services/exportFile.ts';
import { plainText } from '../services/plainText.ts';
import { bytesText } from '../views/age.ts';

/** Where people keep what they export. */
export function exportFolder(): vscode.Uri {
  return vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir());
}

/** Writes a file of these parts, with progress. False where the person has cancelled it. */
export async function exportTo(target: vscode.Uri, parts: AsyncIterable<string>): Promise<boolean> {
  const isFile = target.scheme === 'file';
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      cancellable: true,
      title: vscode.l10n.t('Exporting to {0}', plainText(basename(target.path))),
    },
    (progress, cancelled) =>
      writeExport({
        parts,
        folder: isFile ? dirname(target.fsPath) : tmpdir(),
        // VS Code's own rename would first delete what is there.
        place: (path) =>
          isFile
            ? rename(path, target.fsPath)
            : Promise.resolve(vscode.workspace.fs.copy(vscode.Uri.file(path), target, { overwrite: true })),
        isCancelled: () => cancelled.isCancellationRequested,
        onProgress: (bytes) => progress.report({ message: bytesText(bytes) }),
      }),
  );
}

/** Says what was exported, and offers to open it. */
export async function tellExported(message: string, target: vscode.Uri): Promise<void> {
  const open = vscode.l10n.t('Open');
  if ((await vscode.window.showInformationMessage(plainText(message), open)) === open)
    await vscode.commands.executeCommand('vscode.open', target);
}
