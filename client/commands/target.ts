import * as vscode from 'vscode';
import type { SourceSession } from '../../server/protocol/sourceSession.ts';
import { sessionGroups, type SessionModel, type SessionSummary } from '../services/sessionModel.ts';
import type { SourceModel } from '../services/sourceModel.ts';
import { refOf, type ListRow } from '../services/listRow.ts';
import { listText } from '../services/plainText.ts';
import { OWN_REF } from '../services/sessionHeaders.ts';
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

function choice(session: SessionSummary) {
  return {
    label: listText(session.title),
    description: `${statusLabel(session.status)} · ${session.iterations}/${session.maxIterations}`,
    iconPath: statusIcon(session.status),
    session,
  };
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
  const picked = await vscode.window.showQuickPick(choices.map(choice), {
    title,
    placeHolder: vscode.l10n.t('Choose a session'),
    matchOnDescription: true,
  });
  return picked?.session;
}

/**
 * The sessions that a command is for which works on many: those of the selected rows, of the one row that it was called
 * on, or those that the person ticks. Rows of another kind, and sessions in a state in which there is nothing to do,
 * are left out; it is said where that leaves none. Empty when the person backs out.
 */
export async function targetSessions(
  argument: unknown,
  selected: readonly unknown[] | undefined,
  { sessions }: Targets,
  title: string,
  eligible: (session: SessionSummary) => boolean,
): Promise<readonly SessionSummary[]> {
  const nodes = (selected ?? [argument]).map(nodeOf).filter((node) => node?.type === 'session');
  const isOnRows = nodes.length > 0;
  const known = isOnRows
    ? nodes.map(({ session }) => sessions.get(session.id) ?? session)
    : sessionGroups.flatMap((group) => sessions.list(group));
  // A session can stand in several rows.
  const choices = [...new Map(known.map((session) => [session.id, session])).values()].filter(eligible);
  if (choices.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('{0}: no session is in a state for it.', title));
    return [];
  }
  if (isOnRows) return choices;
  const picked = await vscode.window.showQuickPick(choices.map(choice), {
    title,
    placeHolder: vscode.l10n.t('Choose sessions'),
    matchOnDescription: true,
    canPickMany: true,
  });
  return (picked ?? []).map(({ session }) => session);
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

/**
 * The refs of sessions of any origin that a command is for which works on many: those of the selected rows, or those
 * that the person ticks. Sub-agents are left out: they stand below their session.
 */
export async function targetRefs(
  argument: unknown,
  selected: readonly unknown[] | undefined,
  { sessions, sources }: Targets,
  title: string,
  eligible: (ref: string) => boolean,
): Promise<readonly string[]> {
  const rows = (selected ?? [argument]).map(nodeOf).flatMap((node) => {
    const isRow = node?.type === 'session' || (node?.type === 'source' && node.isChild !== true);
    return isRow ? [refOf(node)] : [];
  });
  if (rows.length > 0) return [...new Set(rows)].filter(eligible);
  const choices = refChoices(sessions, sources).filter(({ ref }) => eligible(ref));
  if (choices.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('{0}: no session is in a state for it.', title));
    return [];
  }
  const picked = await vscode.window.showQuickPick(choices, {
    title,
    placeHolder: vscode.l10n.t('Choose sessions'),
    matchOnDescription: true,
    canPickMany: true,
  });
  return (picked ?? []).map(({ ref }) => ref);
}

/** The ref of the session, of any origin, on whose row a command was called. */
export function targetRef(argument: unknown): string | undefined {
  const node = nodeOf(argument);
  return node?.type === 'session' || node?.type === 'source' ? refOf(node) : undefined;
}

/** Other agents' sessions of the selected rows, sub-agents too, or of the one that a command was called on. */
export function sourceRows(
  argument: unknown,
  selected: readonly unknown[] | undefined,
  sources: SourceModel,
): SourceSession[] {
  const rows = (selected ?? [argument]).map(nodeOf).filter((node) => node?.type === 'source');
  const known = rows.map(({ session }) => sources.get(session.ref) ?? session);
  // A session can stand in several rows.
  return [...new Map(known.map((session) => [session.ref, session])).values()];
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

/** A session as a row of the list: what commands on rows take. Undefined where this window does not know it. */
export function rowOf(
  ref: string,
  { sessions, sources }: Pick<Targets, 'sessions' | 'sources'>,
): ListRow | undefined {
  if (ref.startsWith(OWN_REF)) {
    const session = sessions.get(ref.slice(OWN_REF.length));
    return session && { type: 'session', session };
  }
  const session = sources.get(ref);
  return session && { type: 'source', session, hasChildren: sources.children(ref).length > 0 };
}

/** Every session that this window lists, of any origin, to pick from. */
export function refChoices(sessions: SessionModel, sources: SourceModel) {
  return [
    ...sessionGroups
      .flatMap((group) => sessions.list(group))
      .map((session) => ({ ...choice(session), ref: OWN_REF + session.id })),
    ...sources.groups.flatMap(({ label, sessions: theirs }) =>
      theirs.map((session) => ({
        label: listText(session.title),
        description: label,
        iconPath: new vscode.ThemeIcon('comment'),
        ref: session.ref,
      })),
    ),
  ];
}
