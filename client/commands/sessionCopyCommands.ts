import { basename } from 'node:path';
import * as vscode from 'vscode';
import {
  MAX_EXPORTED,
  MAX_IMPORT_CHARACTERS,
  sessionsFork,
  sessionsImport,
  type ExportFormat,
} from '../../server/protocol/sessionCopyMethods.ts';
import type { ResultOf } from '../../server/protocol/method.ts';
import { Commands } from '../ids.ts';
import { sessionParts } from '../services/exportFile.ts';
import { fileNameOf } from '../services/fileName.ts';
import { plainText } from '../services/plainText.ts';
import type { Call } from '../services/call.ts';
import type { SessionSummary } from '../services/sessionModel.ts';
import { runOfSession } from '../services/sessionRuns.ts';
import { bytesText } from '../views/age.ts';
import type { CommandHandler } from './commandTable.ts';
import { exportFolder, exportTo, tellExported } from './exportTarget.ts';
import { targetSession, targetSessions, type Targets } from './target.ts';

type Imported = ResultOf<typeof sessionsImport>['sessions'];

/** What makes sessions of sessions, and files of them: fork, export, import. */
export function sessionCopyCommands(
  call: Call,
  targets: Targets,
  reportError: (error: unknown) => Promise<void>,
): Record<string, CommandHandler> {
  return {
    [Commands.forkSession]: async (argument) => {
      const title = vscode.l10n.t('Fork Session');
      const isNoRun = (candidate: SessionSummary) => runOfSession(candidate) === undefined;
      const session = await targetSession(argument, targets, title, isNoRun);
      if (!session) return;
      const fork = await call(sessionsFork, { id: session.id });
      await targets.tree.reveal(fork.id);
    },

    [Commands.exportSessions]: async (argument, selected) => {
      const title = vscode.l10n.t('Export Sessions');
      const sessions = await targetSessions(argument, selected, targets, title, () => true);
      if (sessions.length === 0) return;
      if (sessions.length > MAX_EXPORTED) {
        const message = vscode.l10n.t('At most {0} sessions can be exported at once.', MAX_EXPORTED);
        void vscode.window.showWarningMessage(message);
        return;
      }
      const format = await askFormat(title);
      if (format === undefined) return;
      const target = await vscode.window.showSaveDialog({
        title,
        saveLabel: vscode.l10n.t('Export'),
        defaultUri: defaultTarget(sessions, format),
        filters: filtersOf(format),
      });
      if (target === undefined) return;
      const ids = sessions.map(({ id }) => id);
      if (!(await exportTo(target, sessionParts(call, ids, format)))) return;
      // Not awaited: the command is done; the message stays as long as it likes.
      void tellExported(exportedText(sessions, target), target).catch(reportError);
    },

    [Commands.importSessions]: async () => {
      const [file] =
        (await vscode.window.showOpenDialog({
          title: vscode.l10n.t('Import Sessions'),
          openLabel: vscode.l10n.t('Import'),
          defaultUri: exportFolder(),
          filters: filtersOf('jsonl'),
        })) ?? [];
      if (file === undefined) return;
      const content = await readExport(file);
      if (content === undefined) return;
      const { sessions } = await vscode.window.withProgress(
        {
          location: vscode.ProgressLocation.Notification,
          title: vscode.l10n.t('Importing {0}', plainText(basename(file.path))),
        },
        () => call(sessionsImport, { content }),
      );
      void vscode.window.showInformationMessage(plainText(importedText(sessions)));
      if (sessions[0]) await targets.tree.reveal(sessions[0].id);
    },
  };
}

async function askFormat(title: string): Promise<ExportFormat | undefined> {
  const formats: (vscode.QuickPickItem & { format: ExportFormat })[] = [
    {
      label: vscode.l10n.t('Markdown'),
      description: '.md',
      detail: vscode.l10n.t('To read, and to show to others'),
      iconPath: new vscode.ThemeIcon('markdown'),
      format: 'markdown',
    },
    {
      label: vscode.l10n.t('JSON Lines'),
      description: '.jsonl',
      detail: vscode.l10n.t('To keep everything, and to import it again'),
      iconPath: new vscode.ThemeIcon('json'),
      format: 'jsonl',
    },
  ];
  const placeHolder = vscode.l10n.t('What is the export for?');
  return (await vscode.window.showQuickPick(formats, { title, placeHolder, ignoreFocusOut: true }))?.format;
}

function filtersOf(format: ExportFormat): Record<string, string[]> {
  return format === 'markdown'
    ? { [vscode.l10n.t('Markdown')]: ['md'] }
    : { [vscode.l10n.t('JSON Lines')]: ['jsonl'], [vscode.l10n.t('All Files')]: ['*'] };
}

/** Named after the session; several are named after the day. */
function defaultTarget(sessions: readonly SessionSummary[], format: ExportFormat): vscode.Uri {
  const [only] = sessions.length === 1 ? sessions : [];
  const day = new Date().toLocaleDateString('sv'); // as ISO 8601, of the reader's own day
  const name = only ? fileNameOf(only.title, `session ${day}`) : `${sessions.length} sessions ${day}`;
  return vscode.Uri.joinPath(exportFolder(), `${name}.${format === 'markdown' ? 'md' : 'jsonl'}`);
}

function exportedText(sessions: readonly SessionSummary[], target: vscode.Uri): string {
  const [first] = sessions;
  const name = basename(target.path);
  return sessions.length === 1
    ? vscode.l10n.t('"{0}" was exported to {1}.', first?.title ?? '', name)
    : vscode.l10n.t('{0} sessions were exported to {1}.', sessions.length, name);
}

/** The text of an export; undefined where it cannot be one, which is said. */
async function readExport(file: vscode.Uri): Promise<string | undefined> {
  const name = plainText(basename(file.path));
  const { size } = await vscode.workspace.fs.stat(file);
  // A character takes at most three bytes of UTF-8 for each unit that the limit counts.
  if (size > MAX_IMPORT_CHARACTERS * 3) {
    const message = vscode.l10n.t('{0} is too large to be imported: {1}.', name, bytesText(size));
    void vscode.window.showErrorMessage(message);
    return undefined;
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await vscode.workspace.fs.readFile(file));
    if (text.trim() !== '') return text;
    void vscode.window.showErrorMessage(vscode.l10n.t('{0} is empty.', name));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    void vscode.window.showErrorMessage(
      vscode.l10n.t('{0} is no export of sessions: it is not text in UTF-8.', name),
    );
  }
  return undefined;
}

/** What came of an import, in sentences. */
function importedText(sessions: Imported): string {
  const renewed = sessions.filter(({ from, id }) => from !== id).length;
  const labels = sessions.flatMap(({ droppedLabel }) => droppedLabel ?? []);
  const [first] = sessions;
  return [
    sessions.length === 1
      ? vscode.l10n.t('"{0}" was imported.', first?.title ?? '')
      : vscode.l10n.t('{0} sessions were imported.', sessions.length),
    ...(renewed === 0
      ? []
      : [
          sessions.length === 1
            ? vscode.l10n.t('It has a new id, since its own was taken.')
            : vscode.l10n.t('{0} have new ids, since theirs were taken.', renewed),
        ]),
    ...(labels.length === 0
      ? []
      : [vscode.l10n.t('Labels that were taken already and are dropped: {0}.', listOf(labels))]),
  ].join(' ');
}

function listOf(words: readonly string[]): string {
  const shown = words.slice(0, 5).map((word) => `"${word}"`);
  return words.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ');
}
