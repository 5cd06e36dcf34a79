import { existsSync, linkSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { LockstepError } from '../domain/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { FileSystemProbe } from '../platform/fileSystem.ts';
import type { ParamsOf } from '../protocol/method.ts';
import type { storeRecover, StoreRecovery as RecoveryResult } from '../protocol/storeMethods.ts';
import { stamp, syncFolder } from './backupFile.ts';
import { fileIdentity, logOf } from './connection.ts';
import { recoverStore } from './recovery/recover.ts';
import { isBusy, storeBusy, storeUnavailable, translateStoreError } from './storeErrors.ts';

/** How long to wait for others who write to the store that is to be replaced, in milliseconds. */
const WAIT_MS = 10_000;

export interface StoreRecoveryParts {
  /** Absolute path of the store. */
  readonly path: string;
  readonly fileSystem: FileSystemProbe;
  readonly clock: Clock;
}

/** Saves what is readable of a damaged store, and puts it into the store's place; the damaged file is kept. */
export class StoreRecovery {
  readonly #parts: StoreRecoveryParts;

  constructor(parts: StoreRecoveryParts) {
    this.#parts = parts;
  }

  async recover({ from, dryRun, fingerprint }: ParamsOf<typeof storeRecover>): Promise<RecoveryResult> {
    const { path } = this.#parts;
    const source = from ?? this.#interrupted() ?? path;
    const found = this.#fingerprintOf(source);
    if (fingerprint !== undefined && fingerprint !== found) throw changedSince(source);
    const saved = join(dirname(path), `.${basename(path)}.${process.pid}.recovered`);
    removeStore(saved);
    const release = dryRun ? undefined : await this.#hold();
    try {
      const { fileSystem, clock } = this.#parts;
      const recovery = await recoverStore(source, saved, { fileSystem, now: clock.now() });
      const report = { from: source, fingerprint: found, ...recovery, problems: [...recovery.problems] };
      if (dryRun) return { ...report, applied: false };
      const kept = this.#putInPlace(saved, from === undefined ? 'damaged' : 'replaced');
      return { ...report, applied: true, ...(kept === undefined ? {} : { kept }) };
    } catch (error) {
      throw translateStoreError(error, path);
    } finally {
      removeStore(saved);
      release?.();
    }
  }

  /**
   * The damaged file gets a second name, its log with it, before the new one takes its place: whenever this is cut
   * short, everything is there. The log goes before the file is replaced, since SQLite would apply it to any file.
   */
  #putInPlace(saved: string, as: 'damaged' | 'replaced'): string | undefined {
    const { path, clock } = this.#parts;
    const kept = this.#interrupted() ?? `${path}.${as}-${stamp(clock.now())}`;
    const isThere = existsSync(path);
    if (isThere && !existsSync(kept)) {
      if (existsSync(logOf(path))) linkSync(logOf(path), logOf(kept));
      linkSync(path, kept);
      syncFolder(dirname(path));
    }
    rmSync(logOf(path), { force: true });
    rmSync(`${path}-shm`, { force: true });
    renameSync(saved, path);
    syncFolder(dirname(path));
    return isThere ? kept : undefined;
  }

  /** The second name of the store, where a recovery was cut short before the new file took its place. */
  #interrupted(): string | undefined {
    const { path } = this.#parts;
    const identity = fileIdentity(path);
    if (identity === undefined) return undefined;
    const folder = dirname(path);
    return readdirSync(folder)
      .filter((name) => /\.(damaged|replaced)-[\dTZ-]+$/.test(name) && name.startsWith(`${basename(path)}.`))
      .map((name) => join(folder, name))
      .find((name) => fileIdentity(name) === identity);
  }

  #fingerprintOf(path: string): string {
    const one = (file: string) => {
      const stats = statSync(file, { throwIfNoEntry: false });
      return stats ? `${stats.ino}.${stats.size}.${stats.mtimeMs}` : '';
    };
    const file = one(path);
    const log = one(logOf(path));
    if (file === '' && log === '') {
      throw storeUnavailable(
        'io',
        path,
        `There is no file ${path}, nor a log of it: nothing can be recovered.`,
      );
    }
    return `${file}/${log}`;
  }

  /**
   * Keeps others from writing to the file that is about to be replaced: what they wrote would be lost. Where SQLite
   * cannot open it any more, nobody can write to it either. Gives what ends it.
   */
  async #hold(): Promise<() => void> {
    const { path } = this.#parts;
    if (fileIdentity(path) === undefined) return () => undefined;
    for (const begun = performance.now(); ;) {
      let store: DatabaseSync | undefined;
      try {
        store = new DatabaseSync(path, { timeout: 5 });
        store.exec('BEGIN IMMEDIATE');
        const held = store;
        return () => held.close();
      } catch (error) {
        if (store?.isOpen === true) store.close();
        if (!isBusy(error)) return () => undefined;
        if (performance.now() - begun > WAIT_MS) throw storeBusy(path, WAIT_MS);
        await delay(20 + Math.random() * 30);
      }
    }
  }
}

function removeStore(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
}

function changedSince(path: string): LockstepError {
  return new LockstepError('INVALID_PARAMS', `${path} has changed since the plan was made: plan again.`, {
    details: { param: 'fingerprint', path },
  });
}
