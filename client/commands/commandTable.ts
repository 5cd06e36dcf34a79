import * as vscode from 'vscode';

/**
 * `argument` is the row that a command was called on. `selected` is all of the selected rows, where that row is one of
 * several: VS Code gives nothing else for one row, and nothing for a row beside the selection.
 */
export type CommandHandler = (argument: unknown, selected?: readonly unknown[]) => Promise<void> | void;

/** Registers a table of commands. What a handler throws goes to `onError`, with a way to run the command again. */
export function registerCommands(
  table: Readonly<Record<string, CommandHandler>>,
  onError: (error: unknown, retry: () => Promise<void>) => Promise<void>,
): vscode.Disposable[] {
  return Object.entries(table).map(([id, handler]) => {
    const run = async (argument: unknown, selected?: unknown): Promise<void> => {
      try {
        await handler(argument, Array.isArray(selected) ? selected : undefined);
      } catch (error) {
        // Not awaited: a command has ended when its error is shown, not when somebody has read it.
        void onError(error, () => run(argument, selected));
      }
    };
    return vscode.commands.registerCommand(id, run);
  });
}
