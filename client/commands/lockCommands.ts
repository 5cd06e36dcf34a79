import * as vscode from 'vscode';
import type { Lock } from '../../server/protocol/lock.ts';
import { locksClean, type CleanResult } from '../../server/protocol/lockMethods.ts';
import { Commands } from '../ids.ts';
import type { LockModel } from '../services/lockModel.ts';
import { plainText } from '../services/plainText.ts';
import { OWN_REF } from '../services/sessionHeaders.ts';
import type { Call } from '../services/call.ts';
import type { TranscriptPanels } from '../transcript/panels.ts';
import { formatLabel, lockLabel, lockPlace, ownerText, reasonText } from '../views/lockItem.ts';
import type { LockNode } from '../views/lockNode.ts';
import type { CommandHandler } from './commandTable.ts';
import { revealInFiles } from './revealInFiles.ts';

export interface LockParts {
  readonly call: Call;
  readonly locks: LockModel;
  readonly panels: TranscriptPanels;
}

/** The commands on locks. Whatever removes one gives the server the fingerprint of what the person saw. */
export function lockCommands({ call, locks, panels }: LockParts): Record<string, CommandHandler> {
  const clean = async (chosen: readonly Lock[]): Promise<void> => {
    const result = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Cleaning up stale locks') },
      () => call(locksClean, { dryRun: false, items: chosen.map(({ fingerprint }) => fingerprint) }),
    );
    await locks.reload();
    // Not awaited: the command is done; the message stays as long as it likes.
    void tell(result);
  };
  const cleanRow: CommandHandler = async (argument) => {
    const lock = lockOf(argument);
    if (lock) await clean([lock]);
  };

  return {
    [Commands.cleanLocks]: async () => {
      const { planned } = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Looking for stale locks') },
        () => call(locksClean, {}),
      );
      if (planned.length === 0) {
        void vscode.window.showInformationMessage(vscode.l10n.t('There are no stale locks.'));
        return;
      }
      const chosen = await choose(planned);
      if (chosen !== undefined && chosen.length > 0) await clean(chosen);
    },
    [Commands.cleanLock]: cleanRow,
    [Commands.releaseLease]: cleanRow,
    [Commands.revealLock]: async (argument) => {
      const path = lockOf(argument)?.path;
      if (path !== undefined) await revealInFiles(path);
    },
    [Commands.copyLockPath]: async (argument) => {
      const path = lockOf(argument)?.path;
      if (path !== undefined) await vscode.env.clipboard.writeText(path);
    },
    [Commands.openLockedSession]: (argument) => {
      const session = lockOf(argument)?.session;
      if (session !== undefined) panels.open(OWN_REF + session, true);
    },
    [Commands.refreshLocks]: () => locks.reload(),
  };
}

/** Rows come from VS Code as what we gave it. */
function lockOf(argument: unknown): Lock | undefined {
  if (typeof argument !== 'object' || argument === null || !('type' in argument)) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- commands on rows are called by VS Code with our own nodes
  const node = argument as LockNode;
  return node.type === 'lock' ? node.lock : undefined;
}

/** The plan as a list with checkboxes, all of them set; undefined when the person backs out. */
async function choose(planned: readonly Lock[]): Promise<readonly Lock[] | undefined> {
  const items = planned.map((lock) => ({
    label: lockLabel(lock),
    description: [ownerText(lock.owner), lock.reasons.map(reasonText).join('; ')]
      .filter((part) => part !== undefined)
      .join(' · '),
    detail: `${lock.kind === 'lease' ? vscode.l10n.t('Lease') : formatLabel(lock.format)} · ${lockPlace(lock)}`,
    picked: true,
    lock,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Clean Up Stale Locks'),
    placeHolder: vscode.l10n.t('Remove the locks that are checked'),
    canPickMany: true,
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  return picked?.map(({ lock }) => lock);
}

async function tell({ removed, skipped }: CleanResult): Promise<void> {
  const done =
    removed.length === 1
      ? vscode.l10n.t('1 stale lock was removed.')
      : vscode.l10n.t('{0} stale locks were removed.', removed.length);
  const [first] = skipped;
  if (first === undefined) {
    await vscode.window.showInformationMessage(done);
    return;
  }
  const left =
    skipped.length === 1
      ? vscode.l10n.t('1 was left: {0}.', first.message)
      : vscode.l10n.t('{0} were left; the first, since {1}.', skipped.length, first.message);
  await vscode.window.showWarningMessage(plainText(`${done} ${left}`));
}
