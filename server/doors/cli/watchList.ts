import type { Session, SessionStatus } from '../../protocol/session.ts';
import { sessionsChanges, sessionsFind } from '../../protocol/sessionQueryMethods.ts';
import type { CommandContext } from './context.ts';
import { sessionTable } from './sessionTable.ts';
import { statusOf } from './sessionWords.ts';
import { cut, localTime, oneLine } from './text.ts';

/** What can still go on. */
const LIVE: SessionStatus[] = ['active', 'paused', 'timeout'];
const MOST = 500;

/** The sessions that can still go on, as lines that fit the terminal. */
export async function liveList(context: CommandContext, now: number): Promise<string[]> {
  const { sessions, nextCursor } = await context.call(sessionsFind, { status: LIVE, limit: MOST });
  const { rows, columns } = context.terminal ?? { rows: Infinity, columns: Infinity };
  const counts = LIVE.map(
    (status) => [status, sessions.filter((one) => one.status === status).length] as const,
  )
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${count} ${status}`);
  const said = counts.length === 0 ? 'No session is open' : counts.join(', ');
  const heading = cut(
    `Lockstep: ${said}${nextCursor === undefined ? '' : ', and more'}  (Ctrl+C ends)`,
    columns,
  );
  if (sessions.length === 0) return [heading];
  // The heading, an empty line, and that of the table; one more for what does not fit.
  const room = Math.max(1, rows - 3);
  const shown = sessions.length <= room ? sessions : sessions.slice(0, Math.max(1, room - 1));
  const others = sessions.length - shown.length;
  return [
    heading,
    '',
    ...sessionTable(context, shown, now),
    ...(others === 0 ? [] : [cut(`and ${others} more`, columns)]),
  ].slice(0, rows);
}

/** Tells of the sessions that are open, and then of each that has changed, on a line of its own. */
export class ChangeLines {
  readonly #context: CommandContext;
  readonly #told = new Map<string, string>();
  #since: { readonly store: string; readonly revision: number } | undefined;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  /** What is new since the last time; all that is open at the first. */
  async next(): Promise<string[]> {
    if (!this.#since) {
      const { sessions, store, revision } = await this.#context.call(sessionsFind, {
        status: LIVE,
        limit: MOST,
      });
      this.#since = { store, revision };
      return sessions.reverse().flatMap((session) => this.#line(session));
    }
    const lines: string[] = [];
    let since = this.#since;
    let isMore = true;
    while (isMore) {
      const params = { since: since.revision, store: since.store };
      const changes = await this.#context.call(sessionsChanges, params);
      since = { store: changes.store, revision: changes.revision };
      isMore = changes.more ?? false;
      lines.push(
        ...changes.sessions.flatMap((session) => this.#line(session)),
        ...changes.removed.map((id) => this.#removed(id)),
      );
    }
    this.#since = since;
    return lines;
  }

  /** Nothing where the line would say what was said of the session before. */
  #line(session: Session): string[] {
    if (this.#context.json) return [JSON.stringify(session)];
    const { id, iterations, maxIterations, label, title, updatedAt } = session;
    const words = [
      id,
      statusOf(session),
      `${iterations}/${maxIterations}`,
      ...(label === undefined ? [] : [label]),
      title,
    ]
      .map(oneLine)
      .join('  ');
    if (this.#told.get(id) === words) return [];
    this.#told.set(id, words);
    return [`${localTime(updatedAt)}  ${words}`];
  }

  #removed(id: string): string {
    this.#told.delete(id);
    return this.#context.json ? JSON.stringify({ id, removed: true }) : `${id}  removed`;
  }
}
