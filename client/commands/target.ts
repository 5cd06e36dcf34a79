import * as vscode from 'vscode';
import type { SourceSession } from '../../server/protocol/sourceSession.ts';
import { sessionGroups, type SessionModel, type SessionSummary } from '../services/sessionModel.ts';
import type { SourceModel } from '../services/sourceModel.ts';
import { listText } from '../services/plainText.ts';
import { statusIcon, statusLabel } from '../views/sessionItem.ts';
import type { LockNode } from '../views/lockNode.ts';
import type { SessionNode } from '../views/sessionNode.ts';
import type { SessionsTree } from '../views/sessionsTree.ts';

export interface Targets {
  readonly sessions: SessionModel;
  readonly sources: SourceModel;
  readonly tree: SessionsTree;
}

/** Rows come from VS Code as what we gave it; the palette gives nothing. */
function nodeOf(argument: unknown): SessionNode | LockNode | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- commands on rows are called by VS Code with our own nodes
  return 'type' in argument ? (argument as SessionNode | LockNode) : undefined;
}

/**
 * The session that a command is for: its row's, or one that the person picks among those it works on. The state is
 * read from the model, since the row may be older.
 */
export async function targetSession(
  argument: unknown,
  { sessions }: Targets,
  title: string,
  eligible: (session: SessionSummary) => boolean,
): Promise<SessionSummary | undefined> {
  const node = nodeOf(argument);
  if (node?.type === 'session') return sessions.get(node.session.id) ?? node.session;
  const choices = sessionGroups.flatMap((group) => sessions.list(group)).filter(eligible);
  if (choices.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('{0}: no session is in a state for it.', title));
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(
    choices.map((session) => ({
      label: listText(session.title),
      description: `${statusLabel(session.status)} · ${session.iterations}/${session.maxIterations}`,
      iconPath: statusIcon(session.status),
      session,
    })),
    { title, placeHolder: vscode.l10n.t('Choose a session'), matchOnDescription: true },
  );
  return picked?.session;
}

/** The other agent's session that a command is for: its row's, or one that the person picks. */
export async function targetSource(
  argument: unknown,
  { sources }: Targets,
  title: string,
  eligible: (session: SourceSession) => boolean,
): Promise<SourceSession | undefined> {
  const node = nodeOf(argument);
  if (node?.type === 'source') return sources.get(node.session.ref) ?? node.session;
  const choices = sources.groups.flatMap(({ label, sessions }) =>
    sessions.filter(eligible).map((session) => ({
      label: listText(session.title),
      description: label,
      detail: session.cwd ?? session.path,
      session,
    })),
  );
  if (choices.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('{0}: no session is in a state for it.', title));
    return undefined;
  }
  const picked = await vscode.window.showQuickPick(choices, {
    title,
    placeHolder: vscode.l10n.t('Choose a session'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.session;
}

/** The session of a lease's row, which this window need not know otherwise. */
export function leasedSession(argument: unknown): string | undefined {
  const node = nodeOf(argument);
  return node?.type === 'lock' ? node.lock.session : undefined;
}

/** What "Open Transcript" is for: any session. */
export function openable(argument: unknown): SessionSummary | SourceSession | undefined {
  const node = nodeOf(argument);
  return node?.type === 'session' || node?.type === 'source' ? node.session : undefined;
}
