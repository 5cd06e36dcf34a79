import * as vscode from 'vscode';

/** Shows where a file is. A window without a desktop has no file manager; there the file itself is shown. */
export async function revealInFiles(path: string): Promise<void> {
  const hasDesktop = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  await vscode.commands.executeCommand(hasDesktop ? 'revealFileInOS' : 'vscode.open', vscode.Uri.file(path));
}
