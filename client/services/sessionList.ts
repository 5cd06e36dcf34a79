import type { SourceProblem } from '../../server/protocol/sourceSession.ts';
import { isWithin } from './folder.ts';
import { GroupCounts } from './groupCounts.ts';
import type { Grouping, Sorting } from './listChoices.ts';
import { groupId, groupRows, ownGroups, type GroupOf, type ListGroup } from './listGroups.ts';
import { Listeners } from './listeners.ts';
import { folderOf, refOf, sortRows, type ListRow } from './listRow.ts';
import { groupOf, type SessionModel } from './sessionModel.ts';
import type { SourceModel } from './sourceModel.ts';
import { pathMatches, sessionMatches, sourceMatches } from './textFilter.ts';

/** How many rows of a group are shown at first, and added when more are asked for. */
const PAGE = 200;

/** A group as it is shown. */
export interface ShownGroup extends ListGroup {
  readonly id: string;
  /** How many rows of it are shown. */
  readonly shown: number;
  /** How many sessions it has, also those that are not loaded. */
  readonly total: number;
  /** Whether there may be more than `total`. */
  readonly isAtLeast: boolean;
  /** Whether more of it can be shown. */
  readonly hasMore: boolean;
  /** Whether it is unfolded at first. */
  readonly isOpen: boolean;
}

export interface Listing {
  readonly groups: readonly ShownGroup[];
  /** How many sessions are not loaded that no group can load by itself: 0 where nobody knows, undefined for none. */
  readonly left: number | undefined;
  /** How many sessions are in the groups, also those behind "Show More". */
  readonly listed: number;
  /** How many are in none, because of the filter or the scope. */
  readonly hidden: number;
  /** Whether there may be more hidden ones. */
  readonly isHiddenAtLeast: boolean;
}

interface Changing {
  onDidChange(listener: () => void): { dispose(): void };
}

export interface SessionListParts {
  readonly sessions: SessionModel;
  readonly sources: SourceModel;
  readonly scope: {
    readonly isLimited: boolean;
    readonly folders: readonly string[];
    holds(folder: string | undefined): boolean;
  } & Changing;
  readonly order: { readonly grouping: Grouping; readonly sorting: Sorting } & Changing;
  readonly pins: { readonly refs: ReadonlySet<string> } & Changing;
}

/** What is in the list of sessions, and in which order. Never hides a session without counting it. */
export class SessionList {
  readonly #parts: SessionListParts;
  readonly #counts: GroupCounts;
  readonly #listeners = new Listeners();
  readonly #disposables: readonly { dispose(): void }[];
  /** By the id of a group. */
  readonly #limits = new Map<string, number>();
  #filter = '';
  #listing: Listing | undefined;
  /** Of each session in the last listing. */
  #places: ReadonlyMap<string, number> = new Map();

  constructor(parts: SessionListParts) {
    this.#parts = parts;
    const { sessions, sources, scope, order, pins } = parts;
    this.#counts = new GroupCounts(sessions, sources);
    this.#disposables = [sessions, sources, scope, order, pins].map((part) =>
      part.onDidChange(() => this.#tell()),
    );
  }

  onDidChange(listener: () => void): { dispose(): void } {
    return this.#listeners.add(listener);
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  /** The text that listed sessions have; empty for all. Not kept: a window begins with everything in its list. */
  get filter(): string {
    return this.#filter;
  }

  /** Whether the filter still waits for sessions that were not loaded. */
  get isSearching(): boolean {
    const { sessions, sources } = this.#parts;
    return this.#filter !== '' && !(sessions.isSearched && sources.isSearched);
  }

  async filterBy(text: string): Promise<void> {
    const filter = text.trim();
    if (filter === this.#filter) return;
    this.#filter = filter;
    const { sessions, sources } = this.#parts;
    const found = [sessions.search(filter === '' ? undefined : filter), sources.readAll(filter !== '')];
    this.#tell();
    await Promise.all(found);
  }

  /** Computed once for each change: asking again costs nothing. */
  get listing(): Listing {
    this.#listing ??= this.#arrange();
    return this.#listing;
  }

  /** The group that a session stands in, where it is in the list at all. */
  groupWith(ref: string): ShownGroup | undefined {
    return this.listing.groups.find(({ rows }) => rows.some((row) => refOf(row) === ref));
  }

  /** Sees to it that a session has a row: as one that was just made is to have. */
  async show(ref: string): Promise<void> {
    if (!this.groupWith(ref)) await this.filterBy('');
    const group = this.groupWith(ref);
    const index = group?.rows.findIndex((row) => refOf(row) === ref) ?? -1;
    if (!group || index < group.shown) return;
    this.#limits.set(group.id, Math.ceil((index + 1) / PAGE) * PAGE);
    this.#tell();
  }

  /** Shows more of a group, or of what only all groups together have. */
  async showMore(id: string | undefined): Promise<void> {
    const group = this.listing.groups.find((candidate) => candidate.id === id);
    if (!group) return this.#loadMore();
    const limit = group.shown + PAGE;
    this.#limits.set(group.id, limit);
    this.#tell();
    if (group.rows.length < limit) await this.#load(group.of);
  }

  async #load(of: GroupOf): Promise<void> {
    const { sessions, sources } = this.#parts;
    if (this.#filter !== '') return sessions.searchMore();
    switch (of.by) {
      case 'status':
        return sessions.showMore(of.status);
      case 'own':
        return sessions.showMoreOfAll();
      case 'kind':
        return sessions.showMoreOfKind(of.kind);
      case 'agent':
        return sources.showMore(of.agent);
      default:
    }
  }

  async #loadMore(): Promise<void> {
    const { sessions, sources } = this.#parts;
    if (this.#filter !== '') return sessions.searchMore();
    const agents = sources.groups.filter((group) => group.sessions.length < group.total);
    await Promise.all([sessions.showMoreOfAll(), ...agents.map(({ kind }) => sources.showMore(kind))]);
  }

  #tell(): void {
    this.#listing = undefined;
    this.#listeners.tell();
  }

  #arrange(): Listing {
    const { sessions, sources, scope, order, pins } = this.#parts;
    const isFiltered = this.#filter !== '';
    const known = [...this.#known()];
    const rows = this.#sort(
      known.filter((row) => scope.holds(folderOf(row)) && (!isFiltered || this.#matches(row, this.#filter))),
    );
    const groups = groupRows({
      rows,
      problems: this.#problems(),
      grouping: order.grouping,
      pinned: pins.refs,
      agents: sources.groups.map(({ kind }) => kind),
      folders: scope.folders,
      always: isFiltered ? [] : ownGroups(order.grouping),
    });
    const pinned = groups.find(({ of }) => of.by === 'pinned')?.rows ?? [];
    return {
      groups: groups
        .map((group) => this.#show(group, pinned))
        .filter((group) => group.rows.length > 0 || group.problems.length > 0 || group.hasMore),
      left: this.#left(known),
      listed: rows.length,
      // Nobody knows the folders of those that are not loaded. A filter, though, was asked of the whole store.
      hidden: isFiltered ? Math.max(0, this.#counts.all(known) - rows.length) : known.length - rows.length,
      isHiddenAtLeast: isFiltered
        ? !sessions.isComplete('archived')
        : scope.isLimited && !(sessions.isComplete() && sources.isComplete),
    };
  }

  /** Comparing titles is slow, and what is nearly in order takes few comparisons: it begins with the last order. */
  #sort(rows: readonly ListRow[]): ListRow[] {
    const places: (ListRow | undefined)[] = [];
    const added: ListRow[] = [];
    for (const row of rows) {
      const place = this.#places.get(refOf(row));
      if (place === undefined) added.push(row);
      else places[place] = row;
    }
    const before = places.filter((row) => row !== undefined);
    const sorted = sortRows([...before, ...added], this.#parts.order.sorting);
    this.#places = new Map(sorted.map((row, index) => [refOf(row), index]));
    return sorted;
  }

  *#known(): Iterable<ListRow> {
    const { sessions, sources } = this.#parts;
    for (const session of sessions.known) yield { type: 'session', session };
    for (const { sessions: theirs } of sources.groups) {
      for (const session of theirs) {
        yield { type: 'source', session, hasChildren: sources.children(session.ref).length > 0 };
      }
    }
  }

  /** A session whose sub-agent matches is in the list: there is no other way to the sub-agent. */
  #matches(row: ListRow, text: string): boolean {
    if (row.type === 'session') return sessionMatches(row.session, text);
    const { sources } = this.#parts;
    return [...sources.withChildren(row.session)].some((one) => sourceMatches(one, text));
  }

  #problems(): SourceProblem[] {
    const all = this.#parts.sources.groups.flatMap(({ problems }) => problems);
    return this.#filter === '' ? all : all.filter(({ path }) => pathMatches(path, this.#filter));
  }

  #show(group: ListGroup, pinned: readonly ListRow[]): ShownGroup {
    const { of, rows } = group;
    const isFiltered = this.#filter !== '';
    // With folds of its own: what matches is not to hide in a group that somebody folded before.
    const id = isFiltered ? `filtered/${groupId(of)}` : groupId(of);
    const shown = Math.min(rows.length, this.#limits.get(id) ?? PAGE);
    const isComplete = this.#isComplete(of);
    const isCounted = !isFiltered && !this.#parts.scope.isLimited;
    const counted = isCounted ? this.#counts.stored(of) : undefined;
    const apart = pinned.filter((row) => isIn(row, of)).length;
    return {
      ...group,
      id,
      shown,
      total: Math.max(rows.length, (counted ?? 0) - apart),
      isAtLeast: !isComplete && counted === undefined,
      hasMore: rows.length > shown || (!isComplete && !isFiltered && of.by !== 'folder'),
      isOpen: isFiltered || this.#isOpen(of),
    };
  }

  /** Whether all that belongs into a group is known. */
  #isComplete(of: GroupOf): boolean {
    const { sessions, sources } = this.#parts;
    if (this.#filter === '') return this.#counts.isComplete(of);
    return of.by === 'pinned' || (sessions.isFound && sources.isComplete);
  }

  #isOpen(of: GroupOf): boolean {
    switch (of.by) {
      case 'status':
        return of.status === 'active' || of.status === 'paused' || of.status === 'timeout';
      case 'folder': {
        const { folder } = of;
        return folder === undefined || this.#parts.scope.folders.some((root) => isWithin(folder, root));
      }
      default:
        return true;
    }
  }

  #left(known: readonly ListRow[]): number | undefined {
    const { sessions, scope, order } = this.#parts;
    if (this.#filter !== '') return sessions.isFound ? undefined : 0;
    if (order.grouping !== 'workspace' || this.#isComplete({ by: 'folder', folder: undefined }))
      return undefined;
    return scope.isLimited ? 0 : this.#counts.unloaded(known);
  }
}

/** Whether a session would stand in a group if it were not pinned. */
function isIn(row: ListRow, of: GroupOf): boolean {
  if (row.type === 'source') return of.by === 'agent' && of.agent === row.session.source;
  const status = groupOf(row.session);
  switch (of.by) {
    case 'status':
      return of.status === status;
    case 'own':
      return status !== 'archived';
    case 'kind':
      return status !== 'archived' && of.kind === row.session.kind;
    default:
      return false;
  }
}
