import * as vscode from 'vscode';
import { Commands } from '../ids.ts';
import { listText } from '../services/plainText.ts';
import { OWN_REF } from '../services/sessionHeaders.ts';
import { sessionGroups } from '../services/sessionModel.ts';
import type { TranscriptPanels } from '../transcript/panels.ts';
import { statusIcon, statusLabel } from '../views/sessionItem.ts';
import type { CommandHandler } from './commandTable.ts';
import { openable, type Targets } from './target.ts';

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
  const own = sessionGroups.flatMap((group) => sessions.list(group));
  const picked = await vscode.window.showQuickPick(
    [
      ...own.map((session) => ({
        label: listText(session.title),
        description: statusLabel(session.status),
        iconPath: statusIcon(session.status),
        ref: OWN_REF + session.id,
      })),
      ...sources.groups.flatMap(({ label, sessions: theirs }) =>
        theirs.map((session) => ({
          label: listText(session.title),
          description: label,
          iconPath: new vscode.ThemeIcon('comment'),
          ref: session.ref,
        })),
      ),
    ],
    {
      title: vscode.l10n.t('Open Transcript'),
      placeHolder: vscode.l10n.t('Choose a session'),
      matchOnDescription: true,
    },
  );
  return picked?.ref;
}
