import * as vscode from 'vscode';
import type { Session } from '../../server/protocol/session.ts';
import { sessionsRestore } from '../../server/protocol/sessionTrashMethods.ts';
import { plainText } from '../services/plainText.ts';
import type { Call } from '../services/call.ts';

/** Takes sessions out of the trash, one after the other. */
export async function restoreAll(call: Call, ids: readonly string[]): Promise<Session[]> {
  const restored: Session[] = [];
  for (const id of ids) restored.push(await call(sessionsRestore, { id }));
  return restored;
}

/** Says what is in the trash now, and takes it out again when asked to. */
export class TrashMessages {
  readonly #call: Call;
  readonly #reportError: (error: unknown) => Promise<void>;

  constructor(call: Call, reportError: (error: unknown) => Promise<void>) {
    this.#call = call;
    this.#reportError = reportError;
  }

  removedOne(id: string, title: string): void {
    this.#tell([id], vscode.l10n.t('"{0}" is in the trash.', title), false);
  }

  /** `left` tells of each session that is not in the trash, and why. */
  removed(ids: readonly string[], left: readonly string[]): void {
    this.#tell(ids, withLeft(removedText(ids.length), left), left.length > 0);
  }

  #tell(ids: readonly string[], message: string, isWarning: boolean): void {
    const undo = vscode.l10n.t('Undo');
    const show = isWarning ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
    const unlessUndone = async () => {
      const buttons = ids.length === 0 ? [] : [undo];
      if ((await show(plainText(message), ...buttons)) === undo) await restoreAll(this.#call, ids);
    };
    // Not awaited: the command is done; the message stays as long as it likes.
    void unlessUndone().catch(this.#reportError);
  }
}

function removedText(count: number): string {
  return count === 1
    ? vscode.l10n.t('1 session is in the trash.')
    : vscode.l10n.t('{0} sessions are in the trash.', count);
}

/** What was done, then what was left and why: the first few, since a message is no list. */
function withLeft(done: string, left: readonly string[]): string {
  const [first] = left;
  if (first === undefined) return done;
  const shown = left.slice(0, 3).join('; ');
  const words =
    left.length === 1
      ? vscode.l10n.t('1 was left. {0}', first)
      : left.length <= 3
        ? vscode.l10n.t('{0} were left. {1}', left.length, shown)
        : vscode.l10n.t('{0} were left. {1}; and {2} more', left.length, shown, left.length - 3);
  return `${done} ${words}`;
}
