import * as vscode from 'vscode';
import type { SourceSession } from '../../server/protocol/sourceSession.ts';
import type { OpenclawSession } from '../services/openclawSessions.ts';
import { listText } from '../services/plainText.ts';
import type { SourceModel } from '../services/sourceModel.ts';
import { shortAge } from '../views/age.ts';
import { sourceRows, type Targets } from './target.ts';

export type Eligible = (session: SourceSession) => session is OpenclawSession;

/**
 * The sessions of OpenClaw that a command is for: those of the selected rows, sub-agents too, or those that the person
 * picks. Empty when the person backs out, and where there are none, which is said.
 */
export async function targetOpenclaw(
  argument: unknown,
  selected: readonly unknown[] | undefined,
  { sources }: Targets,
  options: { readonly title: string; readonly eligible: Eligible; readonly many: boolean },
): Promise<readonly OpenclawSession[]> {
  const { title, eligible, many } = options;
  const rows = sourceRows(argument, selected, sources);
  const sessions = (rows.length > 0 ? rows : [...openclawSessions(sources)]).filter(eligible);
  if (sessions.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('{0}: there is no session of OpenClaw for it.', title),
    );
    return [];
  }
  if (rows.length > 0) return many ? sessions : sessions.slice(0, 1);
  const now = Date.now();
  const items = sessions.map((session) => ({
    label: listText(session.title),
    description: [session.openclaw.agentId, shortAge(session.updatedAt, now)]
      .filter((part) => part !== undefined)
      .join(' · '),
    detail: listText(session.openclaw.key),
    session,
  }));
  const shown = { title, matchOnDescription: true, matchOnDetail: true };
  if (many) {
    const placeHolder = vscode.l10n.t('Choose sessions');
    const picked = await vscode.window.showQuickPick(items, { ...shown, placeHolder, canPickMany: true });
    return (picked ?? []).map(({ session }) => session);
  }
  const placeHolder = vscode.l10n.t('Choose a session');
  const picked = await vscode.window.showQuickPick(items, { ...shown, placeHolder });
  return picked ? [picked.session] : [];
}

function* openclawSessions(sources: SourceModel): Iterable<SourceSession> {
  const group = sources.groups.find(({ kind }) => kind === 'openclaw');
  for (const session of group?.sessions ?? []) yield* sources.withChildren(session);
}
