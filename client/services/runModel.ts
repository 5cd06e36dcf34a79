import { runsList, type Run } from '../../server/protocol/workflowMethods.ts';
import type { Call } from './call.ts';
import { compare } from './compare.ts';
import { ReadModel } from './readModel.ts';

/** How many runs are asked for at first, and how many more when somebody asks. */
const PAGE = 100;
/** The most that the server gives. */
const MOST = 500;

/** The runs that a window knows: the newest, and all that have not ended. */
export class RunModel extends ReadModel {
  readonly #call: Call;
  #runs: ReadonlyMap<string, Run> | undefined;
  #limit = PAGE;
  #hasMore = false;
  #queued = false;

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

  /** Whether there may be older ones, which have ended. */
  get hasMore(): boolean {
    return this.#hasMore && this.#limit < MOST;
  }

  get(id: string): Run | undefined {
    return this.#runs?.get(id);
  }

  /** Calls that come while one is waiting are one. */
  reload(): Promise<void> {
    if (this.#queued) return this.idle;
    this.#queued = true;
    return this.queue(async () => {
      this.#queued = false;
      await this.#read();
    });
  }

  /** Reads older ones, too. */
  showMore(): Promise<void> {
    this.#limit = Math.min(MOST, this.#limit + PAGE);
    return this.reload();
  }

  async #read(): Promise<void> {
    const limit = this.#limit;
    const { runs } = await this.#call(runsList, { limit });
    // One that was begun long ago may still be open: it is never to be missed.
    const open = runs.length < limit ? [] : (await this.#call(runsList, { isOpen: true, limit: MOST })).runs;
    const sorted = [...new Map([...runs, ...open].map((run) => [run.id, run])).values()].sort(
      (a, b) => compare(b.startedAt, a.startedAt) || compare(b.id, a.id),
    );
    this.#hasMore = runs.length === limit;
    this.#runs = new Map(sorted.map((run) => [run.id, run]));
  }
}
