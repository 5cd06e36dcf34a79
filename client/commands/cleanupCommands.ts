import * as vscode from 'vscode';
import type { ResultOf } from '../../server/protocol/method.ts';
import { sessionsCleanup, type PlannedSession } from '../../server/protocol/sessionTrashMethods.ts';
import { Commands } from '../ids.ts';
import { listText } from '../services/plainText.ts';
import type { Call } from '../services/call.ts';
import { shortAge } from '../views/age.ts';
import { statusIcon, statusLabel } from '../views/sessionItem.ts';
import type { CommandHandler } from './commandTable.ts';
import { parseCount } from './input.ts';
import type { TrashMessages } from './trashMessages.ts';

const MOST_DAYS = 36_500;

/** Cleaning up what ended long ago: a plan with checkboxes, then the trash. */
export function cleanupCommands(call: Call, tell: TrashMessages): Record<string, CommandHandler> {
  return {
    [Commands.cleanSessions]: async () => {
      const title = vscode.l10n.t('Clean Up Old Sessions');
      const olderThanDays = await askAge(title);
      if (olderThanDays === undefined) return;
      const plan = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Looking for old sessions') },
        () => call(sessionsCleanup, { olderThanDays }),
      );
      if (plan.sessions.length === 0) {
        const message =
          olderThanDays === 1
            ? vscode.l10n.t('No session ended, or was archived, more than a day ago.')
            : vscode.l10n.t('No session ended, or was archived, more than {0} days ago.', olderThanDays);
        void vscode.window.showInformationMessage(message);
        return;
      }
      const chosen = await choosePlanned(title, plan);
      if (chosen.length === 0) return;
      const { removed, skipped } = await vscode.window.withProgress(
        { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Cleaning up old sessions') },
        () =>
          call(sessionsCleanup, {
            olderThanDays,
            dryRun: false,
            items: chosen.map(({ fingerprint }) => fingerprint),
          }),
      );
      const titles = new Map(chosen.map((session) => [session.id, session.title]));
      const left = skipped.map(({ id, message }) => `"${titles.get(id) ?? id}": ${message}`);
      tell.removed(removed, left);
    },
  };
}

/** Asks how old is old, in days. */
async function askAge(title: string): Promise<number | undefined> {
  const choice = (days: number) => ({ label: vscode.l10n.t('More than {0} days ago', days), days });
  const other = { label: vscode.l10n.t('Other…'), days: 0 };
  const picked = await vscode.window.showQuickPick([choice(7), choice(30), choice(90), other], {
    title,
    placeHolder: vscode.l10n.t('When did they end, or go to the archive?'),
    ignoreFocusOut: true,
  });
  if (picked === undefined || picked !== other) return picked?.days;
  const parse = (value: string) => parseCount(value, MOST_DAYS);
  const typed = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t('Sessions that ended, or were archived, more than this many days ago'),
    value: '14',
    ignoreFocusOut: true,
    validateInput: (value) => {
      const parsed = parse(value);
      return typeof parsed === 'string' ? parsed : undefined;
    },
  });
  const days = typed === undefined ? undefined : parse(typed);
  return typeof days === 'number' ? days : undefined;
}

/** The plan as a list with checkboxes, all of them set. */
async function choosePlanned(
  title: string,
  { sessions, total }: ResultOf<typeof sessionsCleanup>,
): Promise<readonly PlannedSession[]> {
  const now = Date.now();
  const items = sessions.map((session) => ({
    label: listText(session.title),
    description: [statusLabel(session.status), ...endText(session, now)].join(' · '),
    detail: [
      vscode.l10n.t('Iterations: {0}, messages: {1}', session.iterations, session.messages),
      ...(session.label === undefined ? [] : [session.label]),
      ...(session.workspace === undefined ? [] : [session.workspace]),
    ]
      .map(listText)
      .join(' · '),
    iconPath: statusIcon(session.status),
    picked: true,
    session,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder:
      total > sessions.length
        ? vscode.l10n.t('Put what is checked into the trash; the oldest {0} of {1}', sessions.length, total)
        : vscode.l10n.t('Put what is checked into the trash'),
    canPickMany: true,
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  return (picked ?? []).map(({ session }) => session);
}

function endText({ endedAt, archivedAt }: PlannedSession, now: number): string[] {
  if (endedAt !== undefined) return [vscode.l10n.t('ended {0} ago', shortAge(endedAt, now))];
  if (archivedAt !== undefined) return [vscode.l10n.t('archived {0} ago', shortAge(archivedAt, now))];
  return [];
}
