import * as vscode from 'vscode';
import { Commands } from '../ids.ts';
import { OWN_REF } from '../services/sessionHeaders.ts';
import type { TranscriptPanels } from '../transcript/panels.ts';
import type { CommandHandler } from './commandTable.ts';
import { openable, refChoices, type Targets } from './target.ts';

/** Opening transcripts, of Lockstep's own sessions and of other agents'. */
export function transcriptCommands(
  panels: TranscriptPanels,
  targets: Targets,
): Record<string, CommandHandler> {
  return {
    [Commands.openTranscript]: async (argument) => {
      const session = openable(argument);
      if (session) {
        panels.open('ref' in session ? session.ref : OWN_REF + session.id, true);
        return;
      }
      const ref = await pick(targets);
      if (ref !== undefined) panels.open(ref, false);
    },
  };
}

async function pick({ sessions, sources }: Targets): Promise<string | undefined> {
  const picked = await vscode.window.showQuickPick(refChoices(sessions, sources), {
    title: vscode.l10n.t('Open Transcript'),
    placeHolder: vscode.l10n.t('Choose a session'),
    matchOnDescription: true,
  });
  return picked?.ref;
}
