import { sessionsList, type OpenclawRow } from '../../server/protocol/openclawMethods.ts';
import type { OpenclawSourceSession, SourceSession } from '../../server/protocol/sourceSession.ts';
import type { Call } from './call.ts';

/** A session that OpenClaw's own methods know. */
export type OpenclawSession = SourceSession & { readonly openclaw: OpenclawSourceSession };

const PAGE = 1000;
const CRON_RUN = /^(?:agent:[^:]+:)?cron:[^:]+:run:[^:]+$/;

/**
 * Whether there is something that could be done with it, here or in OpenClaw. The single runs of a cron job are listed
 * by neither: the job's own session stands for them.
 */
export function isOpenclaw(session: SourceSession): session is OpenclawSession {
  return session.openclaw !== undefined && !CRON_RUN.test(session.openclaw.key);
}

/** Whether Lockstep can change it: what a database holds, OpenClaw alone changes. */
export function isChangeable(session: SourceSession): session is OpenclawSession {
  return isOpenclaw(session) && session.openclaw.era === 'file';
}

/** Whether it can be deleted: an agent's main session cannot. */
export function isDeletable(session: SourceSession): session is OpenclawSession {
  return isChangeable(session) && !session.openclaw.protected;
}

/** Names the state directory of a session in OpenClaw's methods. */
export function sourceOf({ openclaw }: OpenclawSession): string {
  return `openclaw:${openclaw.stateDir}`;
}

/** The absolute path of its transcript; undefined where it has none of its own. */
export function transcriptOf({ path, sizeBytes }: OpenclawSession): string | undefined {
  return sizeBytes === undefined ? undefined : path;
}

/** What stands on disk of a session now; undefined where it is gone. */
export async function readRow(call: Call, session: OpenclawSession): Promise<OpenclawRow | undefined> {
  const { key, archived } = session.openclaw;
  let offset: number | null = 0;
  while (offset !== null) {
    const page: { sessions: OpenclawRow[]; nextOffset: number | null } = await call(sessionsList, {
      source: sourceOf(session),
      search: key,
      archived,
      includeGlobal: true,
      includeUnknown: true,
      limit: PAGE,
      offset,
    });
    const row = page.sessions.find((candidate) => candidate.key === key);
    if (row !== undefined) return row;
    offset = page.nextOffset;
  }
  return undefined;
}

/** Whether nothing has changed a session since `before` was read. */
export function isSameRow(before: OpenclawRow, now: OpenclawRow | undefined): boolean {
  return now !== undefined && now.sessionId === before.sessionId && now.updatedAt === before.updatedAt;
}
