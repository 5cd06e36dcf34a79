import * as vscode from 'vscode';
import type { Lock } from '../../server/protocol/lock.ts';
import { Settings, Views } from '../ids.ts';
import { ownerText, lockLabel } from './lockItem.ts';
import { groupOfLock, lockIdentity } from './lockNode.ts';
import type { LockModel } from '../services/lockModel.ts';
import { plainText } from '../services/plainText.ts';

/** Whether a lock is held for longer than the user wants to know of. Notes that an agent runs are no locks in this. */
export function isOverdue(lock: Lock): boolean {
  const most = vscode.workspace.getConfiguration(Settings.section).get<number>(Settings.lockWarnAfterMs, 0);
  const isLock = lock.removable || lock.format === 'proper-lockfile';
  return most > 0 && isLock && groupOfLock(lock) !== 'stale' && lock.ageMs > most;
}

/** Warns once of each lock that is held for too long; several at a time in one warning. */
export class LockWarnings implements vscode.Disposable {
  readonly #locks: LockModel;
  readonly #warned = new Set<string>();
  readonly #listening: { dispose(): void };

  constructor(locks: LockModel) {
    this.#locks = locks;
    this.#listening = locks.onDidChange(() => this.#look());
  }

  dispose(): void {
    this.#listening.dispose();
  }

  #look(): void {
    const overdue = this.#locks.locks.filter(isOverdue);
    const fresh = overdue.filter((lock) => !this.#warned.has(lockIdentity(lock)));
    this.#warned.clear();
    for (const lock of overdue) this.#warned.add(lockIdentity(lock));
    if (fresh.length > 0) void this.#warn(fresh);
  }

  async #warn(locks: readonly Lock[]): Promise<void> {
    const [first] = locks;
    const seconds = Math.floor((first?.ageMs ?? 0) / 1000);
    const message =
      first === undefined || locks.length > 1
        ? vscode.l10n.t('{0} locks are held for long.', locks.length)
        : vscode.l10n.t(
            'The lock on "{0}" is held by {1} for {2} s now.',
            lockLabel(first),
            ownerText(first.owner) ?? vscode.l10n.t('unknown'),
            seconds,
          );
    const show = vscode.l10n.t('Show Locks');
    const settings = vscode.l10n.t('Settings');
    const answer = await vscode.window.showWarningMessage(plainText(message), show, settings);
    if (answer === show) await vscode.commands.executeCommand(`${Views.locks}.focus`);
    if (answer === settings) {
      const id = `${Settings.section}.${Settings.lockWarnAfterMs}`;
      await vscode.commands.executeCommand('workbench.action.openSettings', id);
    }
  }
}
