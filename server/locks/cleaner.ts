import { join } from 'node:path';
import type { Lease } from '../domain/lease.ts';
import type { Counters } from '../platform/counters.ts';
import type { ParamsOf } from '../protocol/method.ts';
import { isStale, type Lock } from '../protocol/lock.ts';
import type { CleanResult, locksClean } from '../protocol/lockMethods.ts';
import type { FileLocks } from './fileLock.ts';
import type { FileFinding, LockCatalogue } from './lockCatalogue.ts';
import type { LockFiles } from './lockFiles.ts';
import type { Leases } from './leases.ts';
import { putBackLiving, removeStale, settleAside } from './removal.ts';

export interface CleanerParts {
  readonly catalogue: LockCatalogue;
  readonly files: LockFiles;
  readonly leases: Leases;
  readonly fileLocks: FileLocks;
  readonly ownFolder: string;
  readonly counters: Counters;
}

interface Plan {
  readonly planned: readonly { readonly lock: Lock; readonly lease?: Lease }[];
  readonly skipped: CleanResult['skipped'];
  readonly found: FileFinding;
}

/** Removes stale locks: first a plan, then what was chosen of it, each item proved stale once more. */
export class LockCleaner {
  readonly #parts: CleanerParts;

  constructor(parts: CleanerParts) {
    this.#parts = parts;
  }

  /** @throws LockstepError STORE_BUSY where another cleaner is at work for too long */
  async clean(params: ParamsOf<typeof locksClean>): Promise<CleanResult> {
    const { planned, skipped, found } = await this.#plan(params);
    const result = { planned: planned.map(({ lock }) => lock), problems: [...found.problems] };
    if (params.dryRun) return { ...result, removed: [], skipped };
    const { fileLocks, ownFolder } = this.#parts;
    return fileLocks.withFileLock(join(ownFolder, 'cleaner'), async (held) => {
      const removed: Lock[] = [];
      for (const item of planned) {
        held.check();
        const refusal = await this.#remove(item);
        if (refusal === undefined) removed.push(item.lock);
        else skipped.push(skip(item.lock, refusal));
      }
      for (const aside of found.asides) {
        held.check();
        // Where just some items were chosen, nothing else is removed.
        const settle = params.items ? putBackLiving : settleAside;
        const refusal = await settle(aside.path, aside.place, this.#parts.files);
        if (refusal !== undefined) result.problems.push({ path: aside.path, message: refusal });
      }
      return { ...result, removed, skipped };
    });
  }

  async #plan({ roots, staleMs, formats, items }: ParamsOf<typeof locksClean>): Promise<Plan> {
    const { catalogue } = this.#parts;
    const isOwnAlone = roots === undefined && formats?.every((format) => format === 'lockstep') === true;
    const found = isOwnAlone ? await catalogue.ownFiles() : await catalogue.files(roots, staleMs);
    const leases = roots ? [] : await catalogue.leases(staleMs);
    const all = [...leases, ...found.locks.map((lock) => ({ lock }))];
    const asked = items && new Set(items);
    const planned = all.filter(
      ({ lock }) =>
        isStale(lock) && (formats?.includes(lock.format) ?? true) && (asked?.has(lock.fingerprint) ?? true),
    );
    const taken = new Set(planned.map(({ lock }) => lock.fingerprint));
    const left = [...(asked ?? [])].filter((fingerprint) => !taken.has(fingerprint));
    const skipped = left.map((fingerprint) => {
      const lock = all.find((one) => one.lock.fingerprint === fingerprint)?.lock;
      return lock
        ? skip(lock, lock.removable ? 'it is not stale' : 'such a lock is not for Lockstep to remove')
        : { fingerprint, message: 'it has changed since, or is gone' };
    });
    return { planned, skipped, found };
  }

  /** Undefined where the lock was removed; else why it was left. */
  async #remove({ lock, lease }: { lock: Lock; lease?: Lease }): Promise<string | undefined> {
    const { leases, files, counters } = this.#parts;
    if (lease) {
      if (!(await leases.end(lease))) return 'it has changed since it was planned';
      counters.count('takeOvers');
      return undefined;
    }
    const refusal = await removeStale(lock, lock.path ?? '', files);
    if (refusal === undefined) counters.count('lockFilesRemoved');
    return refusal;
  }
}

function skip({ fingerprint, path }: Lock, message: string): CleanResult['skipped'][number] {
  return { fingerprint, ...(path === undefined ? {} : { path }), message };
}
