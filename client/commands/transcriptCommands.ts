import * as vscode from 'vscode';
import * as z from 'zod';
import { Commands } from '../ids.ts';
import { OWN_REF } from '../services/sessionHeaders.ts';
import type { TranscriptPanels } from '../transcript/panels.ts';
import type { TranscriptCalls } from '../transcript/transcriptCalls.ts';
import type { CommandHandler } from './commandTable.ts';
import { pickPlace } from './jumpList.ts';
import { transcriptPlaceOf } from './runTarget.ts';
import { openable, refChoices, targetRef, type Targets } from './target.ts';

export interface TranscriptParts {
  readonly panels: TranscriptPanels;
  readonly targets: Targets;
  readonly callsFor: (ref: string) => TranscriptCalls;
}

/** What "Open Transcript" takes from other commands, extensions and links: a place in a transcript. */
const place = z.object({ ref: z.string().min(1), position: z.int().min(0).optional() });

/** Opening transcripts, of Lockstep's own sessions and of other agents', and finding one's way in them. */
export function transcriptCommands({
  panels,
  targets,
  callsFor,
}: TranscriptParts): Record<string, CommandHandler> {
  return {
    [Commands.openTranscript]: async (argument) => {
      const session = openable(argument);
      if (session) {
        panels.open('ref' in session ? session.ref : OWN_REF + session.id, true);
        return;
      }
      const row = transcriptPlaceOf(argument);
      if (row) {
        panels.open(row.ref, true, row.position);
        return;
      }
      const known = place.safeParse(argument);
      if (known.success) {
        panels.open(known.data.ref, false, known.data.position);
        return;
      }
      const ref = await pickRef(targets, vscode.l10n.t('Open Transcript'));
      if (ref !== undefined) panels.open(ref, false);
    },

    [Commands.findInTranscript]: () => panels.openFind(),

    [Commands.goToInTranscript]: async (argument) => {
      const title = vscode.l10n.t('Go to Iteration in Transcript');
      const ref = targetRef(argument) ?? panels.activeRef ?? (await pickRef(targets, title));
      if (ref === undefined) return;
      const position = await pickPlace(callsFor(ref).outline);
      if (position !== undefined) panels.open(ref, false, position);
    },
  };
}

/** A session of any origin that the person picks. */
export async function pickRef({ sessions, sources }: Targets, title: string): Promise<string | undefined> {
  const picked = await vscode.window.showQuickPick(refChoices(sessions, sources), {
    title,
    placeHolder: vscode.l10n.t('Choose a session'),
    matchOnDescription: true,
  });
  return picked?.ref;
}
