import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { LockstepError } from '../domain/errors.ts';
import type { Counters } from '../platform/counters.ts';
import { systemErrorCode } from '../platform/systemError.ts';
import type { Lock } from '../protocol/lock.ts';
import { translateStoreError } from '../store/storeErrors.ts';
import { HeldFolder } from './heldFolder.ts';
import { LOCK_SUFFIX, type LockFiles } from './lockFiles.ts';
import type { Owners } from './owners.ts';
import { removeStale } from './removal.ts';

/**
 * proper-lockfile would take a lock for stale by time alone, and a holder may sleep or be stopped for as long as it
 * likes: locks are removed here instead, on proof. Its touches, in milliseconds, tell of holders without a record.
 */
const STALE_MS = Number.MAX_SAFE_INTEGER;
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
  readonly check: () => void;
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
    const guarded = resolve(path);
    const owner = await this.#parts.owners.self(undefined);
    const lockPath = join(this.#parts.folder, `${nameOf(guarded)}${LOCK_SUFFIX}`);
    const folder = new HeldFolder(lockPath, guarded, owner);
    const release = await this.#lock(guarded, folder);
    try {
      return await work({
        check: () => {
          if (!folder.isOurs()) throw busy(guarded, folder, 'was lost while this process did not run');
        },
      });
    } finally {
      // It refuses where somebody has touched the folder, for it goes by times.
      await release().catch(() => undefined);
      folder.remove();
    }
  }

  async #lock(guarded: string, folder: HeldFolder): Promise<() => Promise<void>> {
    const { folder: all, waitMs, files, counters } = this.#parts;
    const deadline = performance.now() + waitMs;
    await mkdir(all, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw translateStoreError(error, folder.path);
    });
    for (;;) {
      try {
        return await lockfile.lock(guarded, {
          lockfilePath: folder.path,
          realpath: false,
          stale: STALE_MS,
          update: TOUCH_MS,
          fs: folder.fileSystem,
          // By default it throws from a timer, which ends the process. `check` sees what matters.
          onCompromised: () => undefined,
        });
      } catch (error) {
        if (systemErrorCode(error) !== 'ELOCKED') throw translateStoreError(error, folder.path);
      }
      const found = await files.look(folder.path);
      if (found?.verdict === 'dead' && (await removeStale(found, folder.path, files)) === undefined) continue;
      if (performance.now() >= deadline) throw busy(guarded, folder, `is held by ${holderOf(found)}`, found);
      counters.count('lockFileWaits');
      await delay(20 + Math.random() * 80);
    }
  }
}

function nameOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 32);
}

function holderOf(found: Lock | undefined): string {
  const { pid, host } = found?.owner ?? {};
  if (pid === undefined) return 'another process';
  const words = `process ${pid}`;
  return found?.verdict === 'unverifiable' && host !== undefined ? `${words} on ${host}` : words;
}

function busy(path: string, folder: HeldFolder, how: string, found?: Lock): LockstepError {
  const doubt =
    found?.verdict === 'unverifiable'
      ? ` If that is gone for certain, remove the folder ${folder.path}.`
      : '';
  return new LockstepError('STORE_BUSY', `The lock on ${path} ${how}.${doubt}`, {
    details: { path, lock: folder.path, ...(found ? { owner: found.owner } : {}) },
  });
}
