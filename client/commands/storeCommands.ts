import { basename } from 'node:path';
import * as vscode from 'vscode';
import {
  storeBackup,
  storeBackups,
  storeRecover,
  type Backup,
  type StoreRecovery,
} from '../../server/protocol/storeMethods.ts';
import { Commands } from '../ids.ts';
import { listText, plainText } from '../services/plainText.ts';
import type { Call } from '../services/call.ts';
import { bytesText, fullTime, shortAge } from '../views/age.ts';
import { recoveryReport, recoverySummary } from '../views/recoveryReport.ts';
import type { Reports } from '../views/reports.ts';
import type { CommandHandler } from './commandTable.ts';
import { hasDesktop, revealInFiles } from './revealInFiles.ts';

export interface StoreParts {
  readonly call: Call;
  readonly reports: Reports;
  /** All that is read of the store. */
  readonly models: readonly { reload(): Promise<void> }[];
  readonly reportError: (error: unknown) => Promise<void>;
}

/** Which file to recover from; without a path, the store itself. */
interface Origin {
  readonly from?: string;
}

/** Backing up the store, and saving what is readable of a damaged one. */
export function storeCommands({
  call,
  reports,
  models,
  reportError,
}: StoreParts): Record<string, CommandHandler> {
  /** Not awaited by commands: they are done; the message stays as long as it likes. */
  const tell = (message: string, path: string | undefined): void => {
    void showFile(message, path).catch(reportError);
  };
  return {
    [Commands.backUpStore]: async () => {
      const made = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Backing up the store') },
        () => call(storeBackup, {}),
      );
      const message = vscode.l10n.t(
        'The store is backed up: {0}, {1}.',
        basename(made.path),
        bytesText(made.bytes),
      );
      tell(message, made.path);
    },

    [Commands.recoverStore]: async () => {
      const origin = await askOrigin(call);
      if (origin === undefined) return;
      const plan = await vscode.window.withProgress(
        {
          location: vscode.ProgressLocation.Notification,
          title: vscode.l10n.t('Looking for what can be recovered'),
        },
        () => call(storeRecover, { ...origin, dryRun: true }),
      );
      await reports.show('Lockstep Recovery', recoveryReport(plan));
      if (!(await agrees(plan, origin))) return;
      const done = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Recovering the store') },
        () => call(storeRecover, { ...origin, dryRun: false, fingerprint: plan.fingerprint }),
      );
      await reports.show('Lockstep Recovery', recoveryReport(done));
      // Another store stands in its place now, of which no change was told.
      await Promise.all(models.map((model) => model.reload()));
      tell(vscode.l10n.t('The store is recovered. {0}', recoverySummary(done)), done.kept);
    },
  };
}

/** The question before anything is changed. The plan lies open below it. */
async function agrees(plan: StoreRecovery, { from }: Origin): Promise<boolean> {
  const recover = vscode.l10n.t('Recover');
  const message =
    from === undefined
      ? vscode.l10n.t('Recover the store?')
      : vscode.l10n.t('Replace the store by what can be saved of {0}?', basename(from));
  const kept = vscode.l10n.t(
    'What was saved becomes the store. The file that is the store now is kept, under another name beside it.',
  );
  const detail = `${recoverySummary(plan)}\n\n${kept}`;
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, recover)) === recover;
}

/** Asks what to recover from; undefined when the person backs out. */
async function askOrigin(call: Call): Promise<Origin | undefined> {
  const items: (vscode.QuickPickItem & { origin?: Origin; isOther?: true })[] = [
    {
      label: vscode.l10n.t('The Store'),
      detail: vscode.l10n.t('Save what is readable of it'),
      iconPath: new vscode.ThemeIcon('database'),
      origin: {},
    },
    ...(await backupItems(call)),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    {
      label: vscode.l10n.t('Another File…'),
      detail: vscode.l10n.t('A backup, or the copy of a damaged store'),
      iconPath: new vscode.ThemeIcon('folder-opened'),
      isOther: true,
    },
  ];
  const title = vscode.l10n.t('Recover Store');
  const placeHolder = vscode.l10n.t('What is to be recovered? First comes a plan, which changes nothing.');
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder, ignoreFocusOut: true });
  if (picked?.isOther !== true) return picked?.origin;
  const [file] = (await vscode.window.showOpenDialog({ title, openLabel: vscode.l10n.t('Recover') })) ?? [];
  return file && { from: file.fsPath };
}

async function backupItems(call: Call): Promise<(vscode.QuickPickItem & { origin?: Origin })[]> {
  const now = Date.now();
  let backups: readonly Backup[] = [];
  try {
    ({ backups } = await call(storeBackups, {}));
  } catch {
    // A folder of backups that cannot be read is no reason not to recover the store.
  }
  if (backups.length === 0) return [];
  return [
    { label: vscode.l10n.t('Backups'), kind: vscode.QuickPickItemKind.Separator },
    ...backups.map(({ path, bytes, madeAt, kind }) => ({
      label: fullTime(madeAt),
      description: [kindLabel(kind), shortAge(madeAt, now), bytesText(bytes)].join(' · '),
      detail: listText(path),
      iconPath: new vscode.ThemeIcon('archive'),
      origin: { from: path },
    })),
  ];
}

function kindLabel(kind: Backup['kind']): string {
  switch (kind) {
    case 'daily':
      return vscode.l10n.t('daily');
    case 'manual':
      return vscode.l10n.t('by hand');
    case 'before-update':
      return vscode.l10n.t('before an update of Lockstep');
  }
}

/** A window without a desktop has no file manager, and nothing in it shows a database: there the path is copied. */
async function showFile(message: string, path: string | undefined): Promise<void> {
  const button = hasDesktop() ? vscode.l10n.t('Reveal') : vscode.l10n.t('Copy Path');
  const buttons = path === undefined ? [] : [button];
  const answer = await vscode.window.showInformationMessage(plainText(message), ...buttons);
  if (answer !== button || path === undefined) return;
  if (hasDesktop()) await revealInFiles(path);
  else await vscode.env.clipboard.writeText(path);
}
