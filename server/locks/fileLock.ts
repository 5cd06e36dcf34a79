import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import type * as z from 'zod';
import { LockstepError } from '../domain/errors.ts';
import type { Counters } from '../platform/counters.ts';
import { systemErrorCode } from '../platform/systemError.ts';
import { LOCK_SUFFIX, ownRecordPath, type LockFiles, type ownLockRecord } from './lockFiles.ts';
import type { Owners } from './owners.ts';
import { removeStale } from './removal.ts';

/**
 * When proper-lockfile itself takes a lock for stale, and how often its holder touches it, in milliseconds. Long, for
 * it goes by time alone: an owner whose death can be proved is cleaned long before. Its holder notices by `check`.
 */
const STALE_MS = 10 * 60_000;
const TOUCH_MS = 10_000;

export interface FileLockParts {
  /** Where the locks are kept: apart from what they guard, so that they are in nobody's way. */
  readonly folder: string;
  readonly owners: Owners;
  readonly files: LockFiles;
  readonly counters: Counters;
  /** How long to wait for another holder. */
  readonly waitMs: number;
}

/** The lock while it is held. */
export interface Held {
  /**
   * To be called right before a write: a process that slept may have lost its lock.
   * @throws LockstepError STORE_BUSY
   */
  check(): void;
}

/** Locks on files of our own outside of the store. */
export class FileLocks {
  readonly #parts: FileLockParts;

  constructor(parts: FileLockParts) {
    this.#parts = parts;
  }

  /**
   * Runs a short piece of work while no other process, nor another call of this one, has the lock on `path`, which
   * need not exist. A lock whose owner is proved dead is removed on the way.
   * @throws LockstepError STORE_BUSY where another holds it for longer than `waitMs`
   */
  async withFileLock<T>(path: string, work: (held: Held) => Promise<T>): Promise<T> {
    const lockPath = join(this.#parts.folder, `${nameOf(path)}${LOCK_SUFFIX}`);
    let lost: Error | undefined;
    const release = await this.#lock(path, lockPath, (error) => (lost = error));
    try {
      await this.#record(path, lockPath);
      return await work({
        check: () => {
          if (lost) throw busy(path, `lost while this process did not run: ${lost.message}`);
        },
      });
    } finally {
      if (!lost) {
        await rm(ownRecordPath(lockPath), { force: true });
        // It may have been taken over in this very moment; whose it is now is not ours to end.
        await release().catch(() => undefined);
      }
    }
  }

  async #lock(
    path: string,
    lockPath: string,
    onCompromised: (error: Error) => void,
  ): Promise<() => Promise<void>> {
    const { folder, waitMs, files, counters } = this.#parts;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const deadline = performance.now() + waitMs;
    for (;;) {
      try {
        // Without a handler of ours, proper-lockfile throws from a timer, which ends the process.
        const settings = { lockfilePath: lockPath, realpath: false, stale: STALE_MS, update: TOUCH_MS };
        return await lockfile.lock(path, { ...settings, onCompromised });
      } catch (error) {
        if (systemErrorCode(error) !== 'ELOCKED') throw error;
      }
      const found = await files.look(lockPath);
      if (found?.verdict === 'dead' && (await removeStale(found, lockPath, files)) === undefined) continue;
      if (performance.now() >= deadline) {
        throw busy(
          path,
          `held by ${found?.owner.pid === undefined ? 'another process' : `process ${found.owner.pid}`}`,
        );
      }
      counters.count('lockFileWaits');
      await delay(20 + Math.random() * 80);
    }
  }

  /** Says who holds the lock, so that its death can be proved. */
  async #record(path: string, lockPath: string): Promise<void> {
    const { ino } = await stat(lockPath, { bigint: true });
    const owner = await this.#parts.owners.self(undefined);
    const record: z.input<typeof ownLockRecord> = { path, ino: String(ino), owner };
    const temporary = `${lockPath}.${randomUUID()}.tmp`;
    await writeFile(temporary, JSON.stringify(record), { mode: 0o600 });
    await rename(temporary, ownRecordPath(lockPath));
  }
}

function nameOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 32);
}

function busy(path: string, how: string): LockstepError {
  return new LockstepError('STORE_BUSY', `The lock on ${path} is ${how}.`, { details: { path } });
}
