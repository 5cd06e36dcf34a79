import type { Session } from '../../server/protocol/session.ts';
import { sessionsChanges, sessionsFind } from '../../server/protocol/sessionQueryMethods.ts';
import { runsGet, runsList, type Run } from '../../server/protocol/workflowMethods.ts';
import type { Call } from './call.ts';
import { CallError } from './callError.ts';
import { compare } from './compare.ts';
import { ReadModel } from './readModel.ts';
import { runOfSession } from './sessionRuns.ts';

/** How many runs are asked for at first, and how many more when somebody asks. */
const PAGE = 100;
/** The most that the server gives. */
const MOST = 500;
/** Where more runs than these have changed, to read the list is less work than to read each. */
const MOST_SINGLE = 10;

/** How far the store was read. */
interface Place {
  readonly store: string;
  readonly revision: number;
}

/** The runs that a window knows: the newest, and all that have not ended. */
export class RunModel extends ReadModel {
  readonly #call: Call;
  #runs: ReadonlyMap<string, Run> | undefined;
  #place: Place | undefined;
  #limit = PAGE;
  #hasMore = false;
  #reloadQueued = false;
  #catchUpQueued = false;

  constructor(call: Call) {
    super();
    this.#call = call;
  }

  get isLoaded(): boolean {
    return this.#runs !== undefined;
  }

  /** The newest first. */
  get runs(): readonly Run[] {
    return [...(this.#runs?.values() ?? [])];
  }

  /** Whether there may be older ones, which have ended; `canShowMore`: and whether they can be had. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  get canShowMore(): boolean {
    return this.#hasMore && this.#limit < MOST;
  }

  get(id: string): Run | undefined {
    return this.#runs?.get(id);
  }

  /** Calls that come while one is waiting are one. */
  reload(): Promise<void> {
    if (this.#reloadQueued) return this.idle;
    this.#reloadQueued = true;
    return this.queue(async () => {
      this.#reloadQueued = false;
      await this.#read();
    });
  }

  /** Reads what has changed since: most changes of a store are of no run. Calls that come while one is waiting are one. */
  catchUp(): Promise<void> {
    if (this.#reloadQueued || this.#catchUpQueued) return this.idle;
    this.#catchUpQueued = true;
    return this.queue(async () => {
      this.#catchUpQueued = false;
      await this.#takeChanges();
    });
  }

  /** Reads older ones, too. */
  showMore(): Promise<void> {
    this.#limit = Math.min(MOST, this.#limit + PAGE);
    return this.reload();
  }

  async #read(): Promise<void> {
    const limit = this.#limit;
    // Before the runs: what changes meanwhile is read twice, and not missed.
    const { store, revision } = await this.#call(sessionsFind, { kind: 'workflow', limit: 1 });
    const { runs } = await this.#call(runsList, { limit });
    // One that was begun long ago may still be open: it is never to be missed.
    const open = runs.length < limit ? [] : (await this.#call(runsList, { isOpen: true, limit: MOST })).runs;
    this.#hasMore = runs.length === limit;
    this.#set([...runs, ...open]);
    this.#place = { store, revision };
  }

  async #takeChanges(): Promise<void> {
    const place = this.#place;
    if (place === undefined) return this.#read();
    const { store, revision, sessions, removed, reset, more } = await this.#call(sessionsChanges, {
      store: place.store,
      since: place.revision,
    });
    const changed = new Set(sessions.flatMap((session) => runOfSession(session) ?? []));
    if (reset === true || more === true || changed.size > MOST_SINGLE) return this.#read();
    const gone = new Set([...removed, ...sessions.filter(isGone).map(({ id }) => id)]);
    const read = [...changed].filter((id) => !gone.has(id));
    const runs = await Promise.all(read.map((id) => this.#get(id)));
    const known = this.runs.filter(({ id }) => !gone.has(id));
    this.#set([...known, ...runs.filter((run) => run !== undefined)]);
    this.#place = { store, revision };
  }

  /** Undefined where it is none, or not there any more. */
  async #get(id: string): Promise<Run | undefined> {
    try {
      return await this.#call(runsGet, { id });
    } catch (error) {
      const { code } = error instanceof CallError ? error.wire : { code: undefined };
      if (code === 'INVALID_PARAMS' || code === 'SESSION_NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** The last one counts of those with the same id. */
  #set(runs: readonly Run[]): void {
    const sorted = [...new Map(runs.map((run) => [run.id, run])).values()].sort(
      (a, b) => compare(b.startedAt, a.startedAt) || compare(b.id, a.id),
    );
    this.#runs = new Map(sorted.map((run) => [run.id, run]));
  }
}

/** The list has none that is in the trash, nor one that is archived and has ended. */
function isGone({ archivedAt, endedAt, trashedAt }: Session): boolean {
  return trashedAt !== undefined || (archivedAt !== undefined && endedAt !== undefined);
}
