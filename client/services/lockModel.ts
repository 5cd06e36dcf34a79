import { isStale, type Lock } from '../../server/protocol/lock.ts';
import { locksList } from '../../server/protocol/lockMethods.ts';
import { ReadModel } from './readModel.ts';
import type { Call } from './call.ts';

export interface PlaceProblem {
  readonly path: string;
  readonly message: string;
}

/** The leases and lock files that there are. Owners die without a file changing, so they are read again and again. */
export class LockModel extends ReadModel {
  readonly #call: Call;
  #locks: readonly Lock[] | undefined;
  #problems: readonly PlaceProblem[] = [];
  #queued = false;

  constructor(call: Call) {
    super();
    this.#call = call;
  }

  get isLoaded(): boolean {
    return this.#locks !== undefined;
  }

  get locks(): readonly Lock[] {
    return this.#locks ?? [];
  }

  /** Places that could not be looked at. */
  get problems(): readonly PlaceProblem[] {
    return this.#problems;
  }

  /** How many locks can be cleaned up. */
  get staleCount(): number {
    return this.locks.filter(isStale).length;
  }

  /** Calls that come while one is waiting are one. */
  reload(): Promise<void> {
    if (this.#queued) return this.idle;
    this.#queued = true;
    return this.queue(async () => {
      this.#queued = false;
      const { locks, problems } = await this.#call(locksList, {});
      this.#locks = locks;
      this.#problems = problems;
    });
  }
}
