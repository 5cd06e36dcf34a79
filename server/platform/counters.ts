/**
 * What is counted. `storeRetries`: tries that met another process in the store. `leaseWaits`: acquires that had to
 * wait. `leaseConflicts`: calls that a lease refused. `takeOvers`: leases ended on proof of their owner's death.
 * `lockFileWaits`: file locks that had to be waited for. `lockFilesRemoved`: stale lock files that were removed.
 */
export type Counter =
  'storeRetries' | 'leaseWaits' | 'leaseConflicts' | 'takeOvers' | 'lockFileWaits' | 'lockFilesRemoved';

/** Counts since this process began; they are shown by `health.get`. */
export class Counters {
  readonly #counts: Record<Counter, number> = {
    storeRetries: 0,
    leaseWaits: 0,
    leaseConflicts: 0,
    takeOvers: 0,
    lockFileWaits: 0,
    lockFilesRemoved: 0,
  };

  count(counter: Counter): void {
    this.#counts[counter]++;
  }

  get values(): Readonly<Record<Counter, number>> {
    return { ...this.#counts };
  }
}
