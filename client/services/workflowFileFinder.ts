import * as vscode from 'vscode';
import { Soon } from './every.ts';

/** Each alone: the watcher takes one, and braces within braces are not what every place understands. */
const PATTERNS = [
  '**/*.lockstep.yaml',
  '**/.lockstep/workflows/*.yaml',
  '**/.lockstep/workflows/*.yml',
] as const;
/** Programs that others wrote bring their own; nobody in this workspace means to run them. */
const LEFT_OUT = '**/node_modules/**';
/** Tools that write many files do so in bursts. */
const CHANGED_AFTER_MS = 200;

/** The paths of the workflow files of this window's folders, at most so many. */
export async function findWorkflowFiles(most: number): Promise<readonly string[]> {
  const uris = await vscode.workspace.findFiles(`{${PATTERNS.join(',')}}`, LEFT_OUT, most);
  return uris.filter(({ scheme }) => scheme === 'file').map(({ fsPath }) => fsPath);
}

/**
 * Tells when a workflow file may have been made, changed or deleted, or folders have come or gone. `holdsFile` says
 * whether a file that is known is in a folder.
 */
export function watchWorkflowFiles(
  changed: () => void,
  holdsFile: (folder: string) => boolean,
): vscode.Disposable {
  const soon = new Soon(CHANGED_AFTER_MS, changed);
  const ask = () => soon.ask();
  const watchers = PATTERNS.map((pattern) => vscode.workspace.createFileSystemWatcher(pattern));
  // Of a folder that is deleted, VS Code tells, and not of what was in it.
  const deletions = vscode.workspace.createFileSystemWatcher('**', true, true, false);
  return vscode.Disposable.from(
    soon,
    deletions,
    deletions.onDidDelete(({ fsPath }) => holdsFile(fsPath) && ask()),
    ...watchers,
    ...watchers.flatMap((watcher) => [
      watcher.onDidCreate(ask),
      watcher.onDidChange(ask),
      watcher.onDidDelete(ask),
    ]),
    vscode.workspace.onDidChangeWorkspaceFolders(ask),
  );
}
