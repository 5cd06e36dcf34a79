import * as vscode from 'vscode';
import type { CommandHandler } from './commandTable.ts';

/**
 * The handler, for a workspace that is trusted; in another one, words why nothing was done. Menus do not offer such a
 * command there, but lenses, notifications and other extensions call it all the same.
 */
export function inTrust(handler: CommandHandler): CommandHandler {
  return async (argument, selected) => {
    if (vscode.workspace.isTrusted) return handler(argument, selected);
    // Not awaited: the command is done; the message stays as long as it likes.
    void tellRestricted();
    return undefined;
  };
}

async function tellRestricted(): Promise<void> {
  const message = vscode.l10n.t(
    'Restricted Mode: workflows can be read, not run. Trust the workspace to run them.',
  );
  const manage = vscode.l10n.t('Manage Workspace Trust');
  if ((await vscode.window.showWarningMessage(message, manage)) === manage)
    await vscode.commands.executeCommand('workbench.trust.manage');
}
