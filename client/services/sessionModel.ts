import * as z from 'zod';
import type { Method, ResultOf } from '../../server/protocol/method.ts';
import type { Session, SessionStatus } from '../../server/protocol/session.ts';
import { sessionStatus } from '../../server/protocol/session.ts';
import { sessionsChanges, sessionsFind, sessionsStats } from '../../server/protocol/sessionQueryMethods.ts';
import { Reading } from './reading.ts';

export type Call = <P extends z.ZodType, R extends z.ZodType>(
  method: Method<P, R>,
  params: z.input<P>,
) => Promise<z.output<R>>;

/** What views show of a session. Without the fields that can be large: a window may know thousands. */
export type SessionSummary = Omit<Session, 'context' | 'metadata' | 'result'>;

/** The groups of the list: by status, and the archived ones of every status. */
export const sessionGroup = z.enum([...sessionStatus.options, 'archived']);
export type SessionGroup = z.infer<typeof sessionGroup>;
export const sessionGroups: readonly SessionGroup[] = sessionGroup.options;

/** How many sessions of a group are asked for at once. */
const PAGE = 200;

interface GroupState {
  /** Of the next page of the store; undefined where all of the group is known. */
  readonly cursor: string | undefined;
  /** How many are shown: changes bring in sessions of which nobody asked for more. */
  readonly limit: number;
}

/**
 * The sessions that this window knows: the newest of each group, then whatever changes. It only ever takes over
 * what the store says; commands do not touch it.
 */
export class SessionModel {
  readonly #call: Call;
  readonly #reading = new Reading();
  readonly #sessions = new Map<string, SessionSummary>();
  readonly #groups = new Map<SessionGroup, GroupState>();
  #counts: Readonly<Record<SessionStatus, number>> | undefined;
  #store: string | undefined;
  #revision: number | undefined;
  #catchUpQueued = false;

  constructor(call: Call) {
    this.#call = call;
  }

  onDidChange(listener: () => void): { dispose(): void } {
    return this.#reading.onDidChange(listener);
  }

  /** What the last call failed with, or undefined when all is well. */
  get error(): unknown {
    return this.#reading.error;
  }

  /** Whether the store was read at least once. */
  get isLoaded(): boolean {
    return this.#revision !== undefined;
  }

  get(id: string): SessionSummary | undefined {
    return this.#sessions.get(id);
  }

  /** Sessions of a group, the last changed first; no more than were asked for. */
  list(group: SessionGroup): SessionSummary[] {
    return this.#known(group)
      .sort((a, b) => compare(b.updatedAt, a.updatedAt) || compare(b.id, a.id))
      .slice(0, this.#groups.get(group)?.limit ?? PAGE);
  }

  /** Whether there are sessions of the group that `list` leaves out. */
  hasMore(group: SessionGroup): boolean {
    const state = this.#groups.get(group);
    return state?.cursor !== undefined || this.#known(group).length > (state?.limit ?? PAGE);
  }

  /** Sessions of the whole store by status, archived ones left out. */
  count(status: SessionStatus): number {
    return this.#counts?.[status] ?? 0;
  }

  /** Forgets everything and reads anew. */
  reload(): Promise<void> {
    return this.#reading.queue(() => this.#readAnew());
  }

  /** Takes over what has changed since. Calls that come while one is waiting are one. */
  catchUp(): Promise<void> {
    if (this.#revision === undefined) return this.reload();
    if (this.#catchUpQueued) return this.#reading.idle;
    this.#catchUpQueued = true;
    return this.#reading.queue(() => {
      this.#catchUpQueued = false;
      return this.#takeChanges();
    });
  }

  showMore(group: SessionGroup): Promise<void> {
    return this.#reading.queue(async () => {
      const { cursor, limit } = this.#groups.get(group) ?? { cursor: undefined, limit: 0 };
      const page = cursor === undefined ? undefined : await this.#find(group, cursor);
      this.#add(page?.sessions.filter(({ id }) => !this.#sessions.has(id)) ?? []);
      this.#groups.set(group, { cursor: page?.nextCursor, limit: limit + PAGE });
    });
  }

  async #readAnew(): Promise<void> {
    const pages = await Promise.all(
      sessionGroups.map(async (group) => ({ group, page: await this.#find(group, undefined) })),
    );
    this.#sessions.clear();
    for (const { group, page } of pages) {
      this.#add(page.sessions);
      this.#groups.set(group, { cursor: page.nextCursor, limit: PAGE });
    }
    // The pages are of different moments; what changed between them is in the changes since the earliest.
    this.#store = pages[0]?.page.store;
    this.#revision = Math.min(...pages.map(({ page }) => page.revision));
    await this.#takeChanges();
  }

  async #takeChanges(): Promise<void> {
    for (let more = true; more;) {
      const changes = await this.#call(sessionsChanges, {
        since: this.#revision ?? 0,
        ...(this.#store === undefined ? {} : { store: this.#store }),
      });
      if (changes.reset === true) return this.#readAnew(); // another store stands in its place
      this.#add(changes.sessions);
      for (const id of changes.removed) this.#sessions.delete(id);
      this.#revision = changes.revision;
      more = changes.more ?? false;
    }
    this.#counts = (await this.#call(sessionsStats, { archived: false })).byStatus;
  }

  #known(group: SessionGroup): SessionSummary[] {
    return [...this.#sessions.values()].filter((session) => groupOf(session) === group);
  }

  #find(group: SessionGroup, cursor: string | undefined): Promise<ResultOf<typeof sessionsFind>> {
    return this.#call(sessionsFind, {
      ...(group === 'archived' ? { archived: 'only' } : { status: [group] }),
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
  }

  #add(sessions: readonly Session[]): void {
    for (const { context: _context, metadata: _metadata, result: _result, ...summary } of sessions) {
      this.#sessions.set(summary.id, summary);
    }
  }
}

export function groupOf(session: SessionSummary): SessionGroup {
  return session.archivedAt === undefined ? session.status : 'archived';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
