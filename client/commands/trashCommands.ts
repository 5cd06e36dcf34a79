import * as vscode from 'vscode';
import { sessionsRemove, TRASH_DAYS } from '../../server/protocol/sessionTrashMethods.ts';
import type { Session } from '../../server/protocol/session.ts';
import { sessionsFind } from '../../server/protocol/sessionQueryMethods.ts';
import { Commands, Views } from '../ids.ts';
import { isDeletable } from '../services/openclawSessions.ts';
import { listText, plainText } from '../services/plainText.ts';
import type { Call } from '../services/call.ts';
import type { SessionSummary } from '../services/sessionModel.ts';
import { wireOf } from '../services/notifications.ts';
import { durationText, fullTime } from '../views/age.ts';
import { statusIcon, statusLabel } from '../views/sessionItem.ts';
import type { CommandHandler } from './commandTable.ts';
import { targetSessions, type Targets } from './target.ts';
import { restoreAll, type TrashMessages } from './trashMessages.ts';

const DAY_MS = 24 * 60 * 60_000;
const PAGE = 500;
/** What the binding of the Delete key gives: VS Code gives a key no row. */
const SELECTION = 'selection';

/** Into the trash, and out of it. Nothing asks first what can be undone for a week. */
export function trashCommands(
  call: Call,
  targets: Targets,
  tell: TrashMessages,
): Record<string, CommandHandler> {
  const remove = async (sessions: readonly SessionSummary[]): Promise<void> => {
    const [first] = sessions;
    if (first !== undefined && sessions.length === 1) {
      await call(sessionsRemove, { id: first.id });
      tell.removedOne(first.id, first.title);
      return;
    }
    const removed: string[] = [];
    const left: string[] = [];
    await vscode.window.withProgress({ location: { viewId: Views.sessions } }, async () => {
      for (const { id, title } of sessions) {
        try {
          await call(sessionsRemove, { id });
          removed.push(id);
        } catch (error) {
          left.push(`"${title}": ${wireOf(error).message}`);
        }
      }
    });
    tell.removed(removed, left);
  };

  return {
    [Commands.deleteSessions]: async (argument, selected) => {
      const title = vscode.l10n.t('Delete Session');
      const rows = argument === SELECTION ? targets.tree.selection : undefined;
      if (rows && !rows.some(({ type }) => type === 'session')) {
        if (rows.some((row) => row.type === 'source' && isDeletable(row.session))) {
          await vscode.commands.executeCommand(Commands.deleteOpenclawSessions, rows[0], rows);
          return;
        }
        const message = vscode.l10n.t(
          "Only Lockstep's own sessions can be deleted, and those in files of OpenClaw.",
        );
        void vscode.window.showInformationMessage(message);
        return;
      }
      const sessions = await targetSessions(
        rows?.[0] ?? argument,
        rows ?? selected,
        targets,
        title,
        () => true,
      );
      if (sessions.length > 0) await remove(sessions);
    },

    [Commands.restoreSessions]: async () => {
      const trashed = await findTrashed(call);
      if (trashed.length === 0) {
        void vscode.window.showInformationMessage(vscode.l10n.t('The trash is empty.'));
        return;
      }
      const chosen = await chooseTrashed(trashed);
      if (chosen.length === 0) return;
      const restored = await restoreAll(
        call,
        chosen.map(({ id }) => id),
      );
      void vscode.window.showInformationMessage(plainText(restoredText(chosen, restored)));
      if (restored[0]) await targets.tree.reveal(restored[0].id);
    },
  };
}

/** All that is in the trash, what was put there last coming first. */
async function findTrashed(call: Call): Promise<readonly Session[]> {
  const found: Session[] = [];
  let cursor: string | undefined;
  do {
    const page = await call(sessionsFind, {
      trashed: true,
      archived: true,
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.sessions);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return found.sort((a, b) => ((a.trashedAt ?? '') < (b.trashedAt ?? '') ? 1 : -1));
}

async function chooseTrashed(trashed: readonly Session[]): Promise<readonly Session[]> {
  const now = Date.now();
  const items = trashed.map((session) => ({
    label: listText(session.title),
    description: [statusLabel(session.status), timeLeft(session, now)].join(' · '),
    ...(session.trashedAt === undefined
      ? {}
      : { detail: vscode.l10n.t('Deleted {0}', fullTime(session.trashedAt)) }),
    iconPath: statusIcon(session.status),
    session,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Restore Deleted Session'),
    placeHolder: vscode.l10n.t('Choose what to take out of the trash'),
    canPickMany: true,
    matchOnDescription: true,
  });
  return (picked ?? []).map(({ session }) => session);
}

function timeLeft({ trashedAt }: Session, now: number): string {
  const left = trashedAt === undefined ? 0 : Date.parse(trashedAt) + TRASH_DAYS * DAY_MS - now;
  // Begun days count: what was deleted a moment ago is kept for seven.
  const rounded = left > DAY_MS ? Math.ceil(left / DAY_MS) * DAY_MS : left;
  return left > 0
    ? vscode.l10n.t('kept for {0} more', durationText(rounded))
    : vscode.l10n.t('destroyed with the next clean-up');
}

function restoredText(chosen: readonly Session[], restored: readonly Session[]): string {
  const [first] = restored;
  const labels = chosen.flatMap(({ id, label }) =>
    label !== undefined && restored.find((session) => session.id === id)?.label === undefined ? [label] : [],
  );
  const done =
    restored.length === 1
      ? vscode.l10n.t('"{0}" is restored.', first?.title ?? '')
      : vscode.l10n.t('{0} sessions are restored.', restored.length);
  if (labels.length === 0) return done;
  const dropped = vscode.l10n.t(
    'Labels that others have taken meanwhile are dropped: {0}.',
    labels.map((label) => `"${label}"`).join(', '),
  );
  return `${done} ${dropped}`;
}
