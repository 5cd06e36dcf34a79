import { stat } from 'node:fs/promises';
import * as vscode from 'vscode';
import { Commands } from '../ids.ts';
import type { CommandHandler } from './commandTable.ts';
import { revealBidi } from '../services/plainText.ts';
import { revealInFiles } from './revealInFiles.ts';
import { shellLine } from '../../server/protocol/shellLine.ts';
import { targetSource, type Targets } from './target.ts';

/** The commands on other agents' sessions. None of them writes to an agent's files. */
export function sourceCommands(targets: Targets): Record<string, CommandHandler> {
  return {
    [Commands.copyResumeCommand]: async (argument) => {
      const title = vscode.l10n.t('Copy Resume Command');
      const session = await targetSource(argument, targets, title, ({ resume }) => resume !== undefined);
      if (!session?.resume) return;
      await vscode.env.clipboard.writeText(shellLine(session.resume, process.platform));
    },

    [Commands.resumeInTerminal]: async (argument) => {
      const title = vscode.l10n.t('Resume in Terminal');
      const session = await targetSource(argument, targets, title, ({ resume }) => resume !== undefined);
      if (!session?.resume) return;
      const { cwd } = session.resume;
      const terminal = vscode.window.createTerminal({
        name: revealBidi(session.title),
        // A folder that is gone would leave a terminal that cannot start.
        ...(cwd !== undefined && (await isFolder(cwd)) ? { cwd } : {}),
      });
      terminal.show();
      terminal.sendText(shellLine(session.resume, process.platform));
    },

    [Commands.revealFile]: async (argument) => {
      const session = await targetSource(argument, targets, vscode.l10n.t('Reveal File'), () => true);
      if (!session) return;
      await revealInFiles(session.path);
    },
  };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
