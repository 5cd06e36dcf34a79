import * as z from 'zod';
import type { ResultOf } from '../../server/protocol/method.ts';
import type { Session, SessionStatus } from '../../server/protocol/session.ts';
import { sessionKind, sessionStatus } from '../../server/protocol/session.ts';
import {
  sessionsChanges,
  sessionsFind,
  sessionsGet,
  sessionsCounts,
  type SessionCounts,
} from '../../server/protocol/sessionQueryMethods.ts';
import { Soon } from './every.ts';
import type { Call } from './call.ts';
import { compare } from './compare.ts';
import { ReadModel } from './readModel.ts';
import { TextSearch } from './textSearch.ts';
import { WantedSessions } from './wantedSessions.ts';

/** What views show of a session. Without the fields that can be large: a window may know thousands. */
export type SessionSummary = Omit<Session, 'context' | 'metadata' | 'result'>;

/** The groups of the list: by status, and the archived ones of every status. */
const sessionGroup = z.enum([...sessionStatus.options, 'archived']);
export type SessionGroup = z.infer<typeof sessionGroup>;
export const sessionGroups: readonly SessionGroup[] = sessionGroup.options;

/** How many sessions of a group are asked for at once. */
const PAGE = 200;
/** And of those that a text is found in, which are all in one list. */
const FOUND_PAGE = 500;
/** An agent can write a hundred events a second. */
const COUNT_EVERY_MS = 1_000;

type Query = z.input<typeof sessionsFind.params>;
type Kind = Session['kind'];

/** Where the reading of a part of the store goes on; undefined at its end. */
interface Place {
  readonly cursor: string | undefined;
}

interface GroupState {
  /** Of the next page of the store; undefined where all of the group is known. */
  readonly cursor: string | undefined;
  /** How many are shown: changes bring in sessions of which nobody asked for more. */
  readonly limit: number;
}

/**
 * The sessions that this window knows: the newest of each group, those that were asked for, then whatever changes. It
 * only ever takes over what the store says; commands do not touch it.
 */
export class SessionModel extends ReadModel {
  readonly #call: Call;
  readonly #sessions = new Map<string, SessionSummary>();
  readonly #groups = new Map<SessionGroup, GroupState>();
  readonly #kinds = new Map<Kind, Place>();
  readonly #countLater: Soon;
  readonly #wanted: WantedSessions;
  readonly #search: TextSearch;
  #counts: SessionCounts | undefined;
  #mayCount = true;
  #isCountDue = false;
  #store: string | undefined;
  #revision: number | undefined;
  #catchUpQueued = false;

  constructor(call: Call, countEveryMs = COUNT_EVERY_MS) {
    super();
    this.#call = call;
    this.#wanted = new WantedSessions((id) => call(sessionsGet, { id }));
    this.#search = new TextSearch((text, cursor) =>
      this.#find({ text, archived: true, limit: FOUND_PAGE }, cursor),
    );
    this.#countLater = new Soon(countEveryMs, () => {
      this.#mayCount = true;
      if (this.#isCountDue) void this.queue(() => this.#count());
    });
  }

  dispose(): void {
    this.#countLater.dispose();
  }

  /** Whether the store was read at least once. */
  get isLoaded(): boolean {
    return this.#revision !== undefined;
  }

  /** Names the store that was read. */
  get store(): string | undefined {
    return this.#store;
  }

  get(id: string): SessionSummary | undefined {
    return this.#sessions.get(id);
  }

  /** All that this window knows, in no order. */
  get known(): Iterable<SessionSummary> {
    return this.#sessions.values();
  }

  /** Of the sessions that were asked for by id, those that the store does not have any more. */
  get gone(): ReadonlySet<string> {
    return this.#wanted.gone;
  }

  /** Sessions of a group, the last changed first; no more than were asked for. */
  list(group: SessionGroup): SessionSummary[] {
    return this.#known(group)
      .sort((a, b) => compare(b.updatedAt, a.updatedAt) || compare(b.id, a.id))
      .slice(0, this.#groups.get(group)?.limit ?? PAGE);
  }

  /** Whether there are sessions of the group that `list` leaves out. */
  hasMore(group: SessionGroup): boolean {
    return !this.isComplete(group) || this.#known(group).length > (this.#groups.get(group)?.limit ?? PAGE);
  }

  /** Whether all sessions of the group are known, or of the whole store. */
  isComplete(group?: SessionGroup): boolean {
    const groups = group === undefined ? sessionGroups : [group];
    return groups.every((one) => this.#groups.has(one) && this.#groups.get(one)?.cursor === undefined);
  }

  /** The same for a kind, archived ones left out. */
  isKindComplete(kind: Kind): boolean {
    const place = this.#kinds.get(kind);
    return this.#isListComplete || (place !== undefined && place.cursor === undefined);
  }

  /** Sessions of the whole store by status, archived ones left out. */
  count(status: SessionStatus): number {
    const known = this.#known(status).length;
    return this.isComplete(status) ? known : Math.max(known, this.#counts?.byStatus[status] ?? 0);
  }

  /** The same by kind. */
  countOfKind(kind: Kind): number {
    const known = [...this.#sessions.values()].filter(
      (session) => session.kind === kind && session.archivedAt === undefined,
    ).length;
    return this.isKindComplete(kind) ? known : Math.max(known, this.#counts?.byKind[kind] ?? 0);
  }

  /** Forgets everything and reads anew. */
  reload(): Promise<void> {
    return this.queue(() => this.#readAnew());
  }

  /** Takes over what has changed since. Calls that come while one is waiting are one. */
  catchUp(): Promise<void> {
    if (this.#revision === undefined) return this.reload();
    if (this.#catchUpQueued) return this.idle;
    this.#catchUpQueued = true;
    return this.queue(() => {
      this.#catchUpQueued = false;
      return this.#takeChanges();
    });
  }

  showMore(group: SessionGroup): Promise<void> {
    return this.queue(async () => {
      const { limit } = this.#groups.get(group) ?? { limit: 0 };
      await this.#readOn(group);
      this.#groups.set(group, { cursor: this.#groups.get(group)?.cursor, limit: limit + PAGE });
    });
  }

  /** Reads the next page of every group, archived ones left out. */
  showMoreOfAll(): Promise<void> {
    return this.queue(async () => {
      await Promise.all(sessionStatus.options.map((status) => this.#readOn(status)));
    });
  }

  /** Reads the next page of a kind, archived ones left out. */
  showMoreOfKind(kind: Kind): Promise<void> {
    return this.queue(async () => {
      if (this.isKindComplete(kind)) return;
      const page = await this.#find({ kind, limit: PAGE }, this.#kinds.get(kind)?.cursor);
      this.#addNew(page.sessions);
      this.#kinds.set(kind, { cursor: page.nextCursor });
    });
  }

  /** Sees to it that these are known, also where no page has brought them. */
  want(ids: readonly string[]): Promise<void> {
    const isNew = this.#wanted.add(ids);
    if (!isNew || this.#revision === undefined) return this.idle;
    return this.queue(async () => {
      this.#addNew(await this.#wanted.read((id) => this.#sessions.has(id)));
    });
  }

  /**
   * Finds sessions with a text, archived ones too: they are among the known ones then, and so is what begins to match
   * later. One text at a time; undefined ends it.
   */
  search(text: string | undefined): Promise<void> {
    if (text === this.#search.text) return this.idle;
    this.#search.lookFor(text);
    // Before the first reading there is no revision to catch up from; that reading will search.
    if (text === undefined || this.#revision === undefined) return this.idle;
    return this.queue(async () => {
      // Not where somebody has typed on since.
      if (this.#search.text === text) this.#addNew(await this.#search.next());
    });
  }

  /** Whether the store was searched for the text, if only in part. */
  get isSearched(): boolean {
    return this.#search.isBegun;
  }

  /** Whether everything with the text is known. */
  get isFound(): boolean {
    return this.#search.isDone;
  }

  searchMore(): Promise<void> {
    return this.queue(async () => this.#addNew(await this.#search.next()));
  }

  async #readAnew(): Promise<void> {
    const pages = await Promise.all(
      sessionGroups.map(async (group) => ({ group, page: await this.#findIn(group, undefined) })),
    );
    const paged = new Set(pages.flatMap(({ page }) => page.sessions.map(({ id }) => id)));
    this.#wanted.forget();
    const wanted = await this.#wanted.read((id) => paged.has(id));
    const found = await this.#search.next(true);
    // All at once, and not before it is there: whoever draws meanwhile is not to miss what was known.
    this.#sessions.clear();
    this.#kinds.clear();
    for (const { group, page } of pages) {
      this.#add(page.sessions);
      this.#groups.set(group, { cursor: page.nextCursor, limit: PAGE });
    }
    this.#addNew(wanted);
    this.#addNew(found);
    // The pages are of different moments; what changed between them is in the changes since the earliest.
    this.#store = pages[0]?.page.store;
    this.#revision = Math.min(...pages.map(({ page }) => page.revision));
    this.#mayCount = true;
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
    await this.#count();
  }

  /** At most once in a while, also when changes pour in; and not at all where everything is known. */
  async #count(): Promise<void> {
    if (this.#isListComplete) return;
    this.#isCountDue = !this.#mayCount;
    this.#countLater.ask();
    if (!this.#mayCount) return;
    this.#mayCount = false;
    const counts = await this.#call(sessionsCounts, {});
    this.#counts = counts;
    // Where there were none, the changes bring all that come.
    for (const kind of sessionKind.options) {
      if (counts.byKind[kind] === 0) this.#kinds.set(kind, { cursor: undefined });
    }
  }

  get #isListComplete(): boolean {
    return sessionStatus.options.every((status) => this.isComplete(status));
  }

  async #readOn(group: SessionGroup): Promise<void> {
    const { cursor, limit } = this.#groups.get(group) ?? { cursor: undefined, limit: PAGE };
    if (cursor === undefined) return;
    const page = await this.#findIn(group, cursor);
    this.#addNew(page.sessions);
    this.#groups.set(group, { cursor: page.nextCursor, limit });
  }

  #known(group: SessionGroup): SessionSummary[] {
    return [...this.#sessions.values()].filter((session) => groupOf(session) === group);
  }

  #findIn(group: SessionGroup, cursor: string | undefined): Promise<ResultOf<typeof sessionsFind>> {
    const query: Query = group === 'archived' ? { archived: 'only' } : { status: [group] };
    return this.#find({ ...query, limit: PAGE }, cursor);
  }

  #find(query: Query, cursor: string | undefined): Promise<ResultOf<typeof sessionsFind>> {
    return this.#call(sessionsFind, { ...query, ...(cursor === undefined ? {} : { cursor }) });
  }

  /** Those that the changes have not brought already. */
  #addNew(sessions: readonly Session[]): void {
    this.#add(sessions.filter(({ id }) => !this.#sessions.has(id)));
  }

  #add(sessions: readonly Session[]): void {
    for (const { context: _context, metadata: _metadata, result: _result, ...summary } of sessions) {
      if (summary.trashedAt === undefined) this.#sessions.set(summary.id, summary);
      else this.#sessions.delete(summary.id);
    }
  }
}

export function groupOf(session: SessionSummary): SessionGroup {
  return session.archivedAt === undefined ? session.status : 'archived';
}
