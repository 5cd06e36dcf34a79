import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { Commands } from '../ids.ts';
import { plainText } from '../services/plainText.ts';
import type { CommandLauncher } from '../services/commandLauncher.ts';
import type { CommandHandler } from './commandTable.ts';

/** Putting the `lockstep` command where shells find it, and taking it away. */
export function installCommands(
  launcher: CommandLauncher,
  reportError: (error: unknown) => Promise<void>,
): Record<string, CommandHandler> {
  const refuse = (): void => {
    const message = vscode.l10n.t(
      '{0} is not of Lockstep, and was left as it is. Move it away and try again.',
      launcher.path,
    );
    void vscode.window.showErrorMessage(plainText(message));
  };
  return {
    [Commands.installCommand]: async () => {
      if ((await launcher.install()) === 'foreign') return refuse();
      // Not awaited: the command is done; the message stays as long as it likes.
      void tellInstalled(launcher).catch(reportError);
    },
    [Commands.uninstallCommand]: async () => {
      const found = await launcher.uninstall();
      if (found === 'foreign') return refuse();
      const message =
        found === 'none'
          ? vscode.l10n.t("The 'lockstep' command is not installed: there is no {0}.", launcher.path)
          : vscode.l10n.t("The 'lockstep' command is uninstalled: {0} is gone.", launcher.path);
      void vscode.window.showInformationMessage(plainText(message));
    },
  };
}

async function tellInstalled(launcher: CommandLauncher): Promise<void> {
  const done = vscode.l10n.t("The 'lockstep' command is installed: {0}.", launcher.path);
  if (launcher.isOnPath) {
    const message = `${done} ${vscode.l10n.t('It works in new terminals.')}`;
    await vscode.window.showInformationMessage(plainText(message));
    return;
  }
  const here = vscode.l10n.t('It works in new terminals of VS Code.');
  const line = launcher.pathLine;
  const elsewhere =
    process.platform === 'win32'
      ? vscode.l10n.t(
          '{0} is not on your PATH. To use it elsewhere too, run in PowerShell: {1}',
          dirname(launcher.path),
          line,
        )
      : vscode.l10n.t(
          '{0} is not on your PATH. To use it elsewhere too, run: {1}',
          dirname(launcher.path),
          line,
        );
  const copy = vscode.l10n.t('Copy Line');
  const answer = await vscode.window.showInformationMessage(plainText(`${done} ${here} ${elsewhere}`), copy);
  if (answer === copy) await vscode.env.clipboard.writeText(line);
}
