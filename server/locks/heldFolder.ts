import { lstatSync, mkdirSync, rmdirSync, stat, utimes, writeFileSync } from 'node:fs';
import type * as z from 'zod';
import type { LeaseOwner } from '../protocol/lock.ts';
import { folderIdentity, forgetOwnRecord, ownRecordPath, type ownLockRecord } from './lockFiles.ts';

type Done = (error: Error | null) => void;

/**
 * The folder that proper-lockfile makes for a lock, for as long as it is the one that was made here. proper-lockfile
 * goes by the path alone, and would remove the folder of whoever holds the lock by then.
 *
 * What is done to the disk is done without a turn of the event loop: a process that is killed between making the folder
 * and saying whose it is leaves a lock that nobody can prove stale.
 */
export class HeldFolder {
  readonly path: string;
  readonly #guarded: string;
  readonly #owner: LeaseOwner;
  #identity = '';

  constructor(path: string, guarded: string, owner: LeaseOwner) {
    this.path = path;
    this.#guarded = guarded;
    this.#owner = owner;
  }

  isOurs(): boolean {
    const stats = lstatSync(this.path, { bigint: true, throwIfNoEntry: false });
    return stats !== undefined && folderIdentity(stats) === this.#identity;
  }

  /** Nothing, where it is not ours any more. */
  remove(): void {
    if (this.isOurs()) rmdirSync(this.path);
    forgetOwnRecord(this.path, this.#identity);
  }

  /** What proper-lockfile uses of `node:fs`. */
  readonly fileSystem = {
    stat,
    utimes,
    mkdir: (_path: string, done: Done): void => settle(() => this.#make(), done),
    rmdir: (_path: string, done: Done): void => settle(() => this.remove(), done),
    /** When the process exits. */
    rmdirSync: (): void => this.remove(),
  };

  #make(): void {
    mkdirSync(this.path);
    this.#identity = folderIdentity(lstatSync(this.path, { bigint: true }));
    const record: z.input<typeof ownLockRecord> = {
      path: this.#guarded,
      folder: this.#identity,
      owner: this.#owner,
    };
    try {
      // A reader that comes in between finds half of a record, which counts as none.
      writeFileSync(ownRecordPath(this.path), JSON.stringify(record), { mode: 0o600 });
    } catch (error) {
      this.remove();
      throw error;
    }
  }
}

function settle(work: () => void, done: Done): void {
  try {
    work();
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  done(null);
}
