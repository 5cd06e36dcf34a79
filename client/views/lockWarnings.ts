import * as vscode from 'vscode';
import type { Lock } from '../../server/protocol/lock.ts';
import { Settings, Views } from '../ids.ts';
import { durationText } from './age.ts';
import { ownerText, lockLabel } from './lockItem.ts';
import { groupOfLock, lockIdentity } from './lockNode.ts';
import type { LockModel } from '../services/lockModel.ts';
import { plainText } from '../services/plainText.ts';

/** How long a lock may be held before the user wants to know of it, in milliseconds; 0: however long. */
export function overdueMs(): number {
  return vscode.workspace.getConfiguration(Settings.section).get<number>(Settings.lockWarnAfterMs, 0);
}

/** Whether a lock is held for longer than `mostMs`. Notes that an agent runs are no locks in this. */
export function isOverdue(lock: Lock, mostMs: number): boolean {
  const group = groupOfLock(lock);
  const isLock = lock.removable || lock.format === 'proper-lockfile';
  return mostMs > 0 && isLock && (group === 'held' || group === 'unverifiable') && lock.ageMs > mostMs;
}

const MEMENTO_KEY = 'warnedLocks';

/** Warns once of each lock that is held for too long; several at a time in one warning. */
export class LockWarnings implements vscode.Disposable {
  readonly #locks: LockModel;
  readonly #state: vscode.Memento;
  readonly #listening: { dispose(): void };

  /** `state` is that of all windows, so that not each of them warns. */
  constructor(locks: LockModel, state: vscode.Memento) {
    this.#locks = locks;
    this.#state = state;
    this.#listening = locks.onDidChange(() => this.#look());
  }

  dispose(): void {
    this.#listening.dispose();
  }

  #look(): void {
    const most = overdueMs();
    const overdue = this.#locks.locks.filter((lock) => isOverdue(lock, most));
    const warned = new Set(this.#state.get<string[]>(MEMENTO_KEY, []));
    const fresh = overdue.filter((lock) => !warned.has(lockIdentity(lock)));
    if (fresh.length === 0) return;
    // Those that ended meanwhile are forgotten.
    void this.#state.update(MEMENTO_KEY, overdue.map(lockIdentity));
    void this.#warn(fresh);
  }

  async #warn(locks: readonly Lock[]): Promise<void> {
    const [first] = locks;
    const message =
      first === undefined || locks.length > 1
        ? vscode.l10n.t('{0} locks are held for long.', locks.length)
        : vscode.l10n.t(
            'The lock on "{0}" is held by {1} for {2} now.',
            lockLabel(first),
            ownerText(first.owner) ?? vscode.l10n.t('unknown'),
            durationText(first.ageMs),
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
