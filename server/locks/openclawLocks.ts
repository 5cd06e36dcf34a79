import { randomUUID } from 'node:crypto';
import { closeSync, linkSync, lstatSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LockstepError } from '../domain/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Counters } from '../platform/counters.ts';
import { systemErrorCode, systemErrorReason } from '../platform/systemError.ts';
import type { Lock } from '../protocol/lock.ts';
import { LOCK_SUFFIX, type LockFiles } from './lockFiles.ts';
import type { Owners } from './owners.ts';
import { removeStale } from './removal.ts';

/** OpenClaw 2026.2 takes a store's lock from whoever has had it for 30 s, alive or not: no write begins after this. */
const MOST_HELD_MS = 20_000;

/** From this age on a store's lock may be taken by two at once: OpenClaw removes it in one step, and makes its own in another. */
const TAKEABLE_MS = 29_000;

/**
 * How long those who took it are given to end, in milliseconds, before what is in the store is believed. Each of them
 * removes, when it is through, whatever lock is there by then: ours too, which shows.
 */
const TAKERS_MS = 2000;

/** Between two tries, in milliseconds; OpenClaw itself takes 25. */
const RETRY_MS = 10;
const RETRY_SPREAD_MS = 30;

/** Errors of file systems that have no second names for a file. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK']);

export interface OpenclawLockParts {
  readonly owners: Owners;
  readonly files: LockFiles;
  readonly clock: Clock;
  readonly counters: Counters;
  /** How long to wait for another holder, in milliseconds. */
  readonly waitMs: number;
}

/** A lock while it is held. */
export interface HeldOpenclawLock {
  /**
   * To be called right before a write, without a turn of the event loop in between: others take locks for their age.
   * @throws LockstepError STORE_BUSY
   */
  readonly check: () => void;
}

/**
 * Locks on OpenClaw's files, as OpenClaw 2026.2 to 2026.7 takes them: a file `<name>.lock` beside what it guards, which
 * whoever makes it holds. It is made with its content in one step, since an empty one counts as stale there.
 *
 * For both of what a call needs, the transcript's comes first, then the store's.
 */
export class OpenclawLocks {
  readonly #parts: OpenclawLockParts;

  constructor(parts: OpenclawLockParts) {
    this.#parts = parts;
  }

  /**
   * Runs a short piece of work while no other process, nor another call of this one, has the lock on a transcript or a
   * `sessions.json`, which need not exist; its folder is made. A lock whose owner is proved dead is removed on the way.
   * @throws LockstepError SESSION_LOCKED for a transcript, STORE_BUSY for a store, where another holds it for longer
   *   than `waitMs`; STORE_UNAVAILABLE where a lock cannot be made
   */
  async withLock<T>(path: string, work: (held: HeldOpenclawLock) => Promise<T>): Promise<T> {
    const lockPath = await lockPathOf(path);
    const payload = await this.#payload();
    const inode = await this.#acquire(path, lockPath, payload);
    const since = performance.now();
    const heldFor = (): number | undefined => {
      const age = this.#ageOfOurs(lockPath, inode, payload);
      return age === undefined ? undefined : Math.max(age, performance.now() - since);
    };
    try {
      return await work({
        check: () => {
          const age = heldFor();
          if (age === undefined) throw lost(path, lockPath, 'was taken from this process');
          if (age > MOST_HELD_MS) throw lost(path, lockPath, 'was held for too long');
        },
      });
    } finally {
      if (heldFor() !== undefined) rmSync(lockPath, { force: true });
    }
  }

  async #payload(): Promise<string> {
    const owner = await this.#parts.owners.self('lockstep');
    const now = this.#parts.clock.now();
    const start = owner.processStart;
    return JSON.stringify(
      {
        pid: owner.pid,
        createdAt: new Date(now).toISOString(),
        startedAt: now,
        // In Linux's clock ticks; OpenClaw knows no other form.
        ...(process.platform === 'linux' && start !== undefined && /^\d{1,15}$/.test(start)
          ? { starttime: Number(start) }
          : {}),
        owner,
        nonce: randomUUID(),
      },
      null,
      2,
    );
  }

  /** The inode of the lock, once it is this call's. */
  async #acquire(path: string, lockPath: string, payload: string): Promise<bigint> {
    const { files, waitMs, counters } = this.#parts;
    const deadline = performance.now() + waitMs;
    for (let waited = false, wasTakeable = false; ; waited = true) {
      let found: Lock | undefined;
      try {
        wasTakeable ||= this.#isTakeable(path, lockPath);
        const inode = make(lockPath, payload);
        if (inode !== undefined) {
          if (!wasTakeable) return inode;
          await delay(TAKERS_MS);
          if (this.#ageOfOurs(lockPath, inode, payload) !== undefined) return inode;
        }
        found = await files.look(lockPath);
      } catch (error) {
        throw unusable(path, error);
      }
      if (found?.verdict === 'dead' && (await removeStale(found, lockPath, files)) === undefined) {
        counters.count('lockFilesRemoved');
        continue;
      }
      if (performance.now() >= deadline) throw held(path, lockPath, waitMs, found);
      if (!waited) counters.count('lockFileWaits');
      await delay(RETRY_MS + Math.random() * RETRY_SPREAD_MS);
    }
  }

  /** By the file's own time, as others tell a lock's age, in milliseconds; undefined where it is not ours any more. */
  #ageOfOurs(lockPath: string, inode: bigint, payload: string): number | undefined {
    try {
      const { ino, mtimeMs } = lstatSync(lockPath, { bigint: true });
      if (ino !== inode || readFileSync(lockPath, 'utf8') !== payload) return undefined;
      // It also grows while the computer sleeps.
      return this.#parts.clock.now() - Number(mtimeMs);
    } catch {
      return undefined;
    }
  }

  /** Whether OpenClaw 2026.2 would take a store's lock from its holder by now. */
  #isTakeable(path: string, lockPath: string): boolean {
    const there = isTranscript(path) ? undefined : lstatSync(lockPath, { throwIfNoEntry: false });
    return there !== undefined && this.#parts.clock.now() - there.mtimeMs > TAKEABLE_MS;
  }
}

/** In the real folder, so that ways to it through links lead to one lock. */
async function lockPathOf(path: string): Promise<string> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return join(await realpath(dirname(path)), `${basename(path)}${LOCK_SUFFIX}`);
  } catch (error) {
    throw unusable(path, error);
  }
}

/** The inode of the lock that was made; undefined where there is one. */
function make(lockPath: string, payload: string): bigint | undefined {
  // Whoever waits looks many times, and need not write for that.
  if (lstatSync(lockPath, { throwIfNoEntry: false }) !== undefined) return undefined;
  const temporary = `${lockPath}.${randomUUID()}.tmp`;
  try {
    writeNew(temporary, payload);
    linkSync(temporary, lockPath);
    return lstatSync(temporary, { bigint: true }).ino;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST') return undefined;
    if (code === undefined || !NO_LINKS.has(code)) throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  try {
    writeNew(lockPath, payload);
    return lstatSync(lockPath, { bigint: true }).ino;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return undefined;
    throw error;
  }
}

function writeNew(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
}

function isTranscript(path: string): boolean {
  return path.endsWith('.jsonl');
}

function held(path: string, lockPath: string, waitMs: number, found: Lock | undefined): LockstepError {
  const pid = found?.owner.pid;
  const age = found === undefined ? '' : `, for ${Math.round(found.ageMs / 1000)} s`;
  const holder = pid === undefined ? 'another process' : `process ${pid}`;
  const doubt = found?.verdict === 'alive' ? '' : ` If that has ended for certain, remove ${lockPath}.`;
  const what = isTranscript(path) ? 'transcript' : 'session store';
  return new LockstepError(
    isTranscript(path) ? 'SESSION_LOCKED' : 'STORE_BUSY',
    `The ${what} ${path} is locked by ${holder}${age}; waited ${waitMs} ms.${doubt}`,
    { details: { path, lock: lockPath, ...(found ? { owner: found.owner, verdict: found.verdict } : {}) } },
  );
}

function lost(path: string, lockPath: string, how: string): LockstepError {
  return new LockstepError('STORE_BUSY', `The lock on ${path} ${how}. Nothing was written.`, {
    details: { path, lock: lockPath },
  });
}

function unusable(path: string, error: unknown): LockstepError {
  return new LockstepError('STORE_UNAVAILABLE', `${path} cannot be locked: ${systemErrorReason(error)}.`, {
    details: { path },
    cause: error,
  });
}
