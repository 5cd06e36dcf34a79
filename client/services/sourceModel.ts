import { sourcesList, sourcesSessions } from '../../server/protocol/sourceMethods.ts';
import type { SourceKind, SourceProblem, SourceSession } from '../../server/protocol/sourceSession.ts';
import { Reading } from './reading.ts';
import type { Call } from './sessionModel.ts';

const PAGE = 200;

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
export class SourceModel {
  readonly #call: Call;
  readonly #reading = new Reading();
  readonly #limits = new Map<SourceKind, number>();
  #groups: readonly SourceGroup[] = [];
  #byRef: ReadonlyMap<string, SourceSession> = new Map();
  #children: ReadonlyMap<string, readonly SourceSession[]> = new Map();
  #queued = false;

  constructor(call: Call) {
    this.#call = call;
  }

  onDidChange(listener: () => void): { dispose(): void } {
    return this.#reading.onDidChange(listener);
  }

  get error(): unknown {
    return this.#reading.error;
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

  showMore(kind: SourceKind): Promise<void> {
    this.#limits.set(kind, (this.#limits.get(kind) ?? PAGE) + PAGE);
    return this.reload();
  }

  /** Calls that come while one is waiting are one. */
  reload(): Promise<void> {
    if (this.#queued) return this.#reading.idle;
    this.#queued = true;
    return this.#reading.queue(() => {
      this.#queued = false;
      return this.#read();
    });
  }

  async #read(): Promise<void> {
    const { sources } = await this.#call(sourcesList, {});
    const groups = await Promise.all(
      sources.map(async ({ kind, label, root }) => {
        const limit = this.#limits.get(kind) ?? PAGE;
        const answer = await this.#call(sourcesSessions, { kinds: [kind], limit });
        return {
          kind,
          label,
          root,
          all: answer.sessions,
          total: answer.totals[kind] ?? 0,
          problems: answer.problems,
        };
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
  }
}
