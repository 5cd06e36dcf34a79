import * as vscode from 'vscode';
import { CallError } from '../services/callError.ts';
import { plainText } from '../services/plainText.ts';

/** OpenClaw's own command that does what a call was refused for; undefined where the error names none. */
export function commandOf(error: unknown): string | undefined {
  const command = error instanceof CallError ? error.wire.details['command'] : undefined;
  return typeof command === 'string' ? command : undefined;
}

/** Says which commands do it, and copies or runs them when asked to. */
export async function offerCommands(message: string, commands: readonly string[]): Promise<void> {
  const copy = commands.length === 1 ? vscode.l10n.t('Copy Command') : vscode.l10n.t('Copy Commands');
  const run = vscode.l10n.t('Run in Terminal');
  const answer = await vscode.window.showWarningMessage(plainText(message), copy, run);
  if (answer === copy) await vscode.env.clipboard.writeText(commands.join('\n'));
  if (answer !== run) return;
  const terminal = vscode.window.createTerminal({ name: 'OpenClaw' });
  terminal.show();
  for (const command of commands) terminal.sendText(command);
}
