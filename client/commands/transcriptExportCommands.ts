import { basename } from 'node:path';
import * as vscode from 'vscode';
import { Commands } from '../ids.ts';
import type { Call } from '../services/call.ts';
import { fileNameOf } from '../services/fileName.ts';
import { TranscriptReplaced, transcriptMarkdown } from '../services/transcriptMarkdown.ts';
import type { TranscriptPanels } from '../transcript/panels.ts';
import type { Kinds } from '../transcript/transcriptFeed.ts';
import { bytesText } from '../views/age.ts';
import type { CommandHandler } from './commandTable.ts';
import { exportFolder, exportTo, tellExported } from './exportTarget.ts';
import { targetRef, type Targets } from './target.ts';
import { pickRef } from './transcriptCommands.ts';

/** Bytes: more than this is for a file. */
const MOST_COPIED = 8 * 1024 * 1024;

export interface TranscriptExportParts {
  readonly call: Call;
  readonly panels: TranscriptPanels;
  readonly targets: Targets;
  /** The session's title, where this window knows it. */
  readonly titleOf: (ref: string) => string | undefined;
  readonly reportError: (error: unknown) => Promise<void>;
}

/** Transcripts as Markdown: into a file, and onto the clipboard. */
export function transcriptExportCommands(parts: TranscriptExportParts): Record<string, CommandHandler> {
  const { call, panels, targets, reportError } = parts;

  /** What the command is for, and how much of it; undefined when the person backs out. */
  const ask = async (argument: unknown, title: string) => {
    const ref = targetRef(argument) ?? panels.activeRef ?? (await pickRef(targets, title));
    if (ref === undefined) return undefined;
    const shown = panels.kindsOf(ref);
    if (shown === undefined) return { ref };
    const choice = await askKinds(title, shown);
    return choice && { ref, ...choice };
  };

  const toFile = async (what: { readonly ref: string; readonly kinds?: Kinds }): Promise<void> => {
    const name = fileNameOf(parts.titleOf(what.ref) ?? '', vscode.l10n.t('Transcript'));
    const target = await vscode.window.showSaveDialog({
      title: vscode.l10n.t('Export Transcript'),
      saveLabel: vscode.l10n.t('Export'),
      defaultUri: vscode.Uri.joinPath(exportFolder(), `${name}.md`),
      filters: { [vscode.l10n.t('Markdown')]: ['md'] },
    });
    if (target === undefined) return;
    if (!(await exportTo(target, transcriptMarkdown(call, what)))) return;
    const message = vscode.l10n.t('The transcript was exported to {0}.', basename(target.path));
    // Not awaited: the command is done; the message stays as long as it likes.
    void tellExported(message, target).catch(reportError);
  };

  return {
    [Commands.exportTranscript]: async (argument) => {
      const what = await ask(argument, vscode.l10n.t('Export Transcript'));
      if (what) await unlessReplaced(() => toFile(what));
    },

    [Commands.copyTranscript]: async (argument) => {
      const what = await ask(argument, vscode.l10n.t('Copy Transcript as Markdown'));
      if (!what) return;
      await unlessReplaced(async () => {
        const text = await shortText(transcriptMarkdown(call, what));
        if (text !== undefined) {
          await vscode.env.clipboard.writeText(text);
          void vscode.window.showInformationMessage(vscode.l10n.t('The transcript is on the clipboard.'));
          return;
        }
        // Not awaited: the command is done; the message stays as long as it likes.
        void offerExport(() => toFile(what)).catch(reportError);
      });
    },
  };
}

/** Of a panel that hides some kinds of items: as it is shown, or everything. */
async function askKinds(title: string, shown: NonNullable<Kinds>): Promise<{ kinds?: Kinds } | undefined> {
  const choices: (vscode.QuickPickItem & { what: { kinds?: Kinds } })[] = [
    {
      label: vscode.l10n.t('What the filter shows'),
      iconPath: new vscode.ThemeIcon('filter'),
      what: { kinds: shown },
    },
    {
      label: vscode.l10n.t('The whole transcript'),
      iconPath: new vscode.ThemeIcon('comment-discussion'),
      what: {},
    },
  ];
  const placeHolder = vscode.l10n.t('The transcript is filtered. What is wanted?');
  return (await vscode.window.showQuickPick(choices, { title, placeHolder }))?.what;
}

/** The parts as one text; undefined where it is too long for the clipboard. */
async function shortText(parts: AsyncIterable<string>): Promise<string | undefined> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Copying the transcript') },
    async () => {
      const all: string[] = [];
      let bytes = 0;
      for await (const part of parts) {
        bytes += Buffer.byteLength(part);
        if (bytes > MOST_COPIED) return undefined;
        all.push(part);
      }
      return all.join('');
    },
  );
}

async function offerExport(toFile: () => Promise<void>): Promise<void> {
  const message = vscode.l10n.t(
    'The transcript is too long for the clipboard: it has more than {0}.',
    bytesText(MOST_COPIED),
  );
  const button = vscode.l10n.t('Export…');
  if ((await vscode.window.showWarningMessage(message, button)) === button) await unlessReplaced(toFile);
}

async function unlessReplaced(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof TranscriptReplaced)) throw error;
    const message = vscode.l10n.t('The transcript was replaced while it was read. Run the command again.');
    void vscode.window.showWarningMessage(message);
  }
}
