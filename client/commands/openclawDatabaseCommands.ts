import * as vscode from 'vscode';
import {
  sessionsCompact,
  sessionsDelete,
  sessionsPatch,
  sessionsReset,
} from '../../server/protocol/openclawWriteMethods.ts';
import type { SourceSession } from '../../server/protocol/sourceSession.ts';
import { Commands } from '../ids.ts';
import { isOpenclaw, type OpenclawSession } from '../services/openclawSessions.ts';
import type { CommandHandler } from './commandTable.ts';
import { offerCommands } from './openclawCommandMessage.ts';
import { askLabel, askLines } from './openclawInput.ts';
import { openclawLine } from '../../server/protocol/openclawLine.ts';
import { targetOpenclaw } from './openclawTarget.ts';
import type { Targets } from './target.ts';

type Act = 'rename' | 'reset' | 'compact' | 'delete';

/** For sessions in a database, which OpenClaw alone changes: the command of its own that does it. */
export function openclawDatabaseCommands(
  targets: Targets,
  reportError: (error: unknown) => Promise<void>,
): Record<string, CommandHandler> {
  return {
    [Commands.showOpenclawCommand]: async (argument, selected) => {
      const title = vscode.l10n.t('Show OpenClaw Command');
      const options = { title, eligible: isInDatabase, many: false };
      const [session] = await targetOpenclaw(argument, selected, targets, options);
      if (!session) return;
      const act = await askAct(title, session);
      const call = act && (await askCall(act, title, session));
      if (!call) return;
      const line = openclawLine({ stateDir: session.openclaw.stateDir, ...call }, process.platform);
      const message = vscode.l10n.t(
        'OpenClaw keeps "{0}" in a database that it alone changes. While its gateway runs, this command does it: {1}',
        session.title,
        line,
      );
      // Not awaited: the command is done; the message stays as long as it likes.
      void offerCommands(message, [line]).catch(reportError);
    },
  };
}

function isInDatabase(session: SourceSession): session is OpenclawSession {
  return isOpenclaw(session) && session.openclaw.era === 'sqlite';
}

async function askAct(title: string, session: OpenclawSession): Promise<Act | undefined> {
  const choices: (vscode.QuickPickItem & { act: Act })[] = [
    {
      label: vscode.l10n.t('Rename Label…'),
      iconPath: new vscode.ThemeIcon('tag'),
      act: 'rename',
    },
    {
      label: vscode.l10n.t('Reset'),
      detail: vscode.l10n.t('Begin anew, and keep the label and the settings'),
      iconPath: new vscode.ThemeIcon('debug-restart'),
      act: 'reset',
    },
    {
      label: vscode.l10n.t('Compact…'),
      detail: vscode.l10n.t('Shorten the transcript to its last lines'),
      iconPath: new vscode.ThemeIcon('fold'),
      act: 'compact',
    },
    {
      label: vscode.l10n.t('Delete'),
      iconPath: new vscode.ThemeIcon('trash'),
      act: 'delete',
    },
  ];
  const picked = await vscode.window.showQuickPick(
    choices.filter(({ act }) => act !== 'delete' || !session.openclaw.protected),
    {
      title,
      placeHolder: vscode.l10n.t('What is OpenClaw to do with it? Lockstep shows the command for it.'),
      ignoreFocusOut: true,
    },
  );
  return picked?.act;
}

async function askCall(act: Act, title: string, { openclaw }: OpenclawSession) {
  const { key } = openclaw;
  switch (act) {
    case 'rename': {
      const label = await askLabel(title, openclaw.label);
      return label === undefined ? undefined : { method: sessionsPatch.name, params: { key, label } };
    }
    case 'reset':
      return { method: sessionsReset.name, params: { key } };
    case 'compact': {
      const maxLines = await askLines(title);
      return maxLines === undefined ? undefined : { method: sessionsCompact.name, params: { key, maxLines } };
    }
    case 'delete':
      return { method: sessionsDelete.name, params: { key, deleteTranscript: true } };
  }
}
