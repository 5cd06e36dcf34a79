import { sourcesList, sourcesSessions } from '../../server/protocol/sourceMethods.ts';
import type { SourceKind, SourceProblem, SourceSession } from '../../server/protocol/sourceSession.ts';
import { ReadModel } from './readModel.ts';
import type { Call } from './call.ts';

const PAGE = 200;
/** The most that `sources.sessions` gives of one agent. */
const MOST = 10_000;

export interface SourceGroup {
  readonly kind: SourceKind;
  /** The agent's name. */
  readonly label: string;
  readonly root: string;
  /** Top-level sessions, newest first. */
  readonly sessions: readonly SourceSession[];
  /** On disk, also those that were not asked for. */
  readonly total: number;
  readonly problems: readonly SourceProblem[];
}

/** The sessions of other agents that this window knows. Read again whenever their files change. */
export class SourceModel extends ReadModel {
  readonly #call: Call;
  readonly #limits = new Map<SourceKind, number>();
  #groups: readonly SourceGroup[] = [];
  #byRef: ReadonlyMap<string, SourceSession> = new Map();
  #children: ReadonlyMap<string, readonly SourceSession[]> = new Map();
  /** Asked for by ref, and those of them that are not on disk. */
  #wanted: ReadonlySet<string> = new Set();
  #gone: ReadonlySet<string> = new Set();
  #isLoaded = false;
  #readsAll = false;
  #hasReadAll = false;
  #queued = false;

  constructor(call: Call) {
    super();
    this.#call = call;
  }

  /** The agents that have sessions, or files that should have been some. */
  get groups(): readonly SourceGroup[] {
    return this.#groups;
  }

  get(ref: string): SourceSession | undefined {
    return this.#byRef.get(ref);
  }

  children(ref: string): readonly SourceSession[] {
    return this.#children.get(ref) ?? [];
  }

  /** A session, and all below it. */
  *withChildren(session: SourceSession): Iterable<SourceSession> {
    yield session;
    for (const child of this.children(session.ref)) yield* this.withChildren(child);
  }

  /** Of the sessions that were asked for by ref, those that are not on disk any more. */
  get gone(): ReadonlySet<string> {
    return this.#gone;
  }

  /** Whether everything that is on disk is known. */
  get isComplete(): boolean {
    return this.#groups.every(({ sessions, total }) => sessions.length >= total);
  }

  /** Whether all is read that a search needs. */
  get isSearched(): boolean {
    return !this.#readsAll || this.#hasReadAll || this.isComplete;
  }

  showMore(...kinds: readonly SourceKind[]): Promise<void> {
    for (const kind of kinds) this.#raise(kind, this.#limit(kind) + PAGE);
    return this.reload();
  }

  /** Whether to read all that there is, as a search through it needs. */
  readAll(readsAll: boolean): Promise<void> {
    if (readsAll === this.#readsAll) return this.idle;
    this.#readsAll = readsAll;
    this.#hasReadAll = false;
    return readsAll && !this.isComplete ? this.reload() : this.idle;
  }

  /** Sees to it that these are known, also where they are not among the newest. */
  want(refs: Iterable<string>): Promise<void> {
    const wanted = new Set(refs);
    const isMissing = [...wanted].some((ref) => !this.#wanted.has(ref) && !this.#byRef.has(ref));
    this.#wanted = wanted;
    return isMissing && this.#isLoaded ? this.reload() : this.idle;
  }

  /** Calls that come while one is waiting are one. */
  reload(): Promise<void> {
    if (this.#queued) return this.idle;
    this.#queued = true;
    return this.queue(() => {
      this.#queued = false;
      return this.#read();
    });
  }

  async #read(): Promise<void> {
    const { sources } = await this.#call(sourcesList, {});
    const gone = new Set<string>();
    const readsAll = this.#readsAll;
    const groups = await Promise.all(
      sources.map(async ({ kind, label, root, found }) => {
        const wanted = [...this.#wanted].filter((ref) => ref.startsWith(`${kind}:`));
        let answer = await this.#readAgent(kind);
        const missing = (ref: string) => !answer.sessions.some((session) => session.ref === ref);
        // The protocol has no way to ask for one: all are read once to learn how deep it is, and as many from then on.
        if (wanted.some((ref) => missing(ref) && !this.#gone.has(ref))) {
          answer = await this.#readAgent(kind, MOST);
          const deepest = answer.sessions.findLastIndex(({ ref }) => wanted.includes(ref));
          this.#raise(kind, Math.ceil((deepest + 1) / PAGE) * PAGE);
        }
        // A folder that is away for now, and files that cannot be read, prove nothing.
        const isUnread = (ref: string) =>
          answer.problems.some(({ path }) => path.endsWith(ref.slice(kind.length + 1)));
        for (const ref of wanted) if (found && missing(ref) && !isUnread(ref)) gone.add(ref);
        return { kind, label, root, all: answer.sessions, total: answer.total, problems: answer.problems };
      }),
    );
    const all = groups.flatMap((group) => group.all);
    this.#byRef = new Map(all.map((session) => [session.ref, session]));
    this.#children = Map.groupBy(
      all.filter(({ parentRef }) => parentRef !== undefined),
      ({ parentRef }) => parentRef ?? '',
    );
    this.#groups = groups
      .map(({ all: sessions, ...group }) => ({
        ...group,
        sessions: sessions.filter(({ parentRef }) => parentRef === undefined),
      }))
      .filter(({ sessions, problems }) => sessions.length > 0 || problems.length > 0);
    this.#gone = gone;
    this.#isLoaded = true;
    this.#hasReadAll = readsAll && this.#readsAll;
  }

  async #readAgent(kind: SourceKind, limit = this.#readsAll ? MOST : this.#limit(kind)) {
    const { sessions, totals, problems } = await this.#call(sourcesSessions, { kinds: [kind], limit });
    return { sessions, total: totals[kind] ?? 0, problems };
  }

  #limit(kind: SourceKind): number {
    return this.#limits.get(kind) ?? PAGE;
  }

  #raise(kind: SourceKind, limit: number): void {
    this.#limits.set(kind, Math.min(MOST, Math.max(limit, this.#limit(kind))));
  }
}
