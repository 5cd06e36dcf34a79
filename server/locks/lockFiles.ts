import { readFileSync, unlinkSync, type BigIntStats } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { ageOf } from '../domain/lockFinding.ts';
import { doubted, judgeBareOwner, type Doubts, type Judgement } from '../domain/lockVerdict.ts';
import type { Clock } from '../platform/clock.ts';
import { isWithin, realOrSame } from '../platform/paths.ts';
import type { Processes } from '../platform/processes.ts';
import { fileFingerprint, readSmallFile, type SmallFile } from '../platform/smallFile.ts';
import { systemErrorCode } from '../platform/systemError.ts';
import { leaseOwner, type Lock, type LockReason } from '../protocol/lock.ts';
import { parseLockPayload } from './lockPayload.ts';
import type { Owners } from './owners.ts';

/** A payload has some 100 bytes. */
const MAX_BYTES = 64 * 1024;
/** A file without an owner is being written, or is left from a crash: it is given this long, in milliseconds. */
const UNREADABLE_MS = 30_000;
/** What a lock guards and was changed so lately has somebody at work on it, in milliseconds. */
const FRESH_MS = 2 * 60_000;
/** A lock of our own without a record of its holder, which would touch it all the time, is given this long. */
const UNRECORDED_MS = 10 * 60_000;

export const LOCK_SUFFIX = '.lock';

export interface LockFileParts {
  readonly owners: Owners;
  readonly processes: Processes;
  readonly clock: Clock;
  /** Absolute paths of folders that containers use too. */
  readonly sharedRoots: readonly string[];
  /** Where our own locks are; see `fileLock.ts`. */
  readonly ownFolder: string;
}

/** What our own locks keep beside them: who holds one, and which folder made by proper-lockfile that is about. */
export const ownLockRecord = z.object({ path: z.string(), folder: z.string(), owner: leaseOwner });

type OwnLockRecord = z.output<typeof ownLockRecord>;

/** Names a folder. Its number alone does not: it is given to the next one that is made. */
export function folderIdentity({ dev, ino, birthtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${birthtimeNs}`;
}

export function ownRecordPath(lockPath: string): string {
  return `${lockPath}.owner.json`;
}

/** Removes the record of a lock that is given back or was removed, unless another holder has written its own. */
export function forgetOwnRecord(lockPath: string, folder: string): void {
  const path = ownRecordPath(lockPath);
  try {
    if (parseRecord(readFileSync(path, 'utf8'))?.folder === folder) unlinkSync(path);
  } catch {
    // There is none, or it stays: it is about a folder that is no more.
  }
}

/** Looks at lock files one at a time, and judges them. */
export class LockFiles {
  readonly #parts: LockFileParts;

  constructor(parts: LockFileParts) {
    this.#parts = parts;
  }

  /**
   * The lock at a path as it is now; undefined where there is none. `guardedBy` is the path that the lock has or had
   * when it was not yet moved aside: what it guards, and its fingerprint, go by that.
   * @throws the system's error for what cannot be looked at
   */
  async look(path: string, guardedBy = path): Promise<Lock | undefined> {
    try {
      const file = await readSmallFile(path, MAX_BYTES);
      if (file.stats.isDirectory()) {
        return (await this.#isOwn(guardedBy))
          ? await this.#ownLock(path, guardedBy, file)
          : await this.#foreignFolder(path, file);
      }
      return await this.#payloadLock(path, guardedBy, file);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Whether a lock at this path could be removed: a file of another tool's, or a folder of our own. */
  async isMovable(path: string, entry: { isFile(): boolean; isDirectory(): boolean }): Promise<boolean> {
    return entry.isDirectory() ? this.#isOwn(path) : entry.isFile() && isLockName(basename(path));
  }

  async #isOwn(path: string): Promise<boolean> {
    // Either may have been reached through a link, such as `/home` to `/var/home`.
    return (await realOrSame(dirname(path))) === (await realOrSame(this.#parts.ownFolder));
  }

  async #payloadLock(path: string, guardedBy: string, file: SmallFile): Promise<Lock> {
    const now = this.#parts.clock.now();
    const written = Number(file.stats.mtimeMs);
    const base = {
      kind: 'file',
      format: 'openclaw',
      path,
      guards: guardedBy.slice(0, -LOCK_SUFFIX.length),
      fingerprint: fileFingerprint(guardedBy, file),
    } as const;
    // A link, a pipe, a file far too large: no tool of ours writes that, so nothing tells what it is for.
    if (file.content === undefined) {
      const judged = { verdict: 'unverifiable', reasons: ['unreadable'] as LockReason[] } as const;
      return { ...base, ...judged, owner: {}, ageMs: ageOf(written, now), removable: false };
    }
    const { pid, processStart, madeAt, owner } = parseLockPayload(file.content, now);
    const doubts = await this.#doubts(guardedBy, base.guards, now);
    const judged = owner
      ? await this.#parts.owners.judge(owner)
      : pid === undefined
        ? judgeUnreadable(now - written, doubts)
        : judgeBareOwner({ processStart, madeAt }, await this.#parts.processes.look(pid), doubts);
    return {
      ...base,
      owner: owner ?? {
        ...(pid === undefined ? {} : { pid }),
        ...(processStart === undefined ? {} : { processStart }),
      },
      ageMs: ageOf(madeAt ?? written, now),
      verdict: judged.verdict,
      reasons: madeAt === undefined ? [...judged.reasons, 'invalid-createdAt'] : [...judged.reasons],
      removable: true,
    };
  }

  /**
   * A folder that proper-lockfile made for another program. It names no owner: an old time may be that of a process
   * that was stopped, or of a computer that slept, so nothing proves that it is stale.
   */
  async #foreignFolder(path: string, file: SmallFile): Promise<Lock | undefined> {
    if ((await readdir(path)).length > 0) return undefined;
    return {
      kind: 'file',
      format: 'proper-lockfile',
      path,
      guards: path.slice(0, -LOCK_SUFFIX.length),
      owner: {},
      ageMs: ageOf(Number(file.stats.mtimeMs), this.#parts.clock.now()),
      verdict: 'unverifiable',
      reasons: ['no-owner-recorded'],
      fingerprint: fileFingerprint(path, file),
      removable: false,
    };
  }

  async #ownLock(path: string, guardedBy: string, file: SmallFile): Promise<Lock> {
    const record = await readRecord(ownRecordPath(guardedBy));
    // A record of another folder is left from an earlier holder: this one has not written its own yet.
    const isCurrent = record?.folder === folderIdentity(file.stats);
    const now = this.#parts.clock.now();
    const judged: Judgement = isCurrent
      ? await this.#parts.owners.judge(record.owner)
      : {
          verdict: now - Number(file.stats.mtimeMs) > UNRECORDED_MS ? 'dead' : 'unverifiable',
          reasons: ['no-owner-recorded'],
        };
    return {
      kind: 'file',
      format: 'lockstep',
      path,
      guards: isCurrent ? record.path : guardedBy,
      owner: isCurrent ? record.owner : {},
      ageMs: ageOf(Number(file.stats.birthtimeMs), now),
      verdict: judged.verdict,
      reasons: [...judged.reasons],
      // Its holder touches it all the time; what matters is whose it is.
      fingerprint: `own-${folderIdentity(file.stats)}`,
      removable: true,
    };
  }

  async #doubts(path: string, guards: string, now: number): Promise<Doubts> {
    return { isShared: await this.#isShared(path), isGuardedFresh: await isFresh(guards, now) };
  }

  async #isShared(path: string): Promise<boolean> {
    const folder = await realOrSame(dirname(path));
    const roots = await Promise.all(this.#parts.sharedRoots.map(realOrSame));
    return roots.some((root) => isWithin(root, folder));
  }
}

function judgeUnreadable(ageMs: number, doubts: Doubts): Judgement {
  const reasons: LockReason[] = ['missing-pid'];
  return ageMs > UNREADABLE_MS
    ? doubted({ verdict: 'dead', reasons }, doubts)
    : { verdict: 'unverifiable', reasons };
}

/** What cannot be asked for its time, though it is there, counts as fresh. */
async function isFresh(path: string, now: number): Promise<boolean> {
  try {
    return now - (await stat(path)).mtimeMs < FRESH_MS;
  } catch (error) {
    return systemErrorCode(error) !== 'ENOENT';
  }
}

async function readRecord(path: string): Promise<OwnLockRecord | undefined> {
  try {
    return parseRecord(await readFile(path, 'utf8'));
  } catch {
    return undefined; // not written yet, or gone
  }
}

function parseRecord(text: string): OwnLockRecord | undefined {
  try {
    return ownLockRecord.parse(JSON.parse(text));
  } catch {
    return undefined; // half of one
  }
}

/** Whether a file of that name may be a lock that Lockstep knows. */
export function isLockName(name: string): boolean {
  return name.endsWith('.jsonl.lock') || name === 'sessions.json.lock';
}

/** The path that a lock had before a cleaner moved it aside; undefined for the path of anything else. */
export function placeOfAside(path: string): string | undefined {
  const name = /^(.+\.lock)\.[0-9a-f-]{36}\.aside$/.exec(basename(path))?.[1];
  return name === undefined ? undefined : join(dirname(path), name);
}
