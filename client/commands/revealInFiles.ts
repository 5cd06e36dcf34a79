import * as vscode from 'vscode';

/** Whether the window has a file manager to show files of this machine in. */
export function hasDesktop(): boolean {
  return vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
}

/** Shows where a file is. A window without a desktop has no file manager; there the file itself is shown. */
export async function revealInFiles(path: string): Promise<void> {
  await vscode.commands.executeCommand(
    hasDesktop() ? 'revealFileInOS' : 'vscode.open',
    vscode.Uri.file(path),
  );
}
