import * as vscode from 'vscode';

export type CommandHandler = (argument: unknown) => Promise<void> | void;

/** Registers a table of commands. What a handler throws goes to `onError`, with a way to run the command again. */
export function registerCommands(
  table: Readonly<Record<string, CommandHandler>>,
  onError: (error: unknown, retry: () => Promise<void>) => Promise<void>,
): vscode.Disposable[] {
  return Object.entries(table).map(([id, handler]) => {
    const run = async (argument: unknown): Promise<void> => {
      try {
        await handler(argument);
      } catch (error) {
        // Not awaited: a command has ended when its error is shown, not when somebody has read it.
        void onError(error, () => run(argument));
      }
    };
    return vscode.commands.registerCommand(id, run);
  });
}
