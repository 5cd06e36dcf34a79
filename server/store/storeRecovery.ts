import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { LockstepError } from '../domain/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { FileSystemProbe } from '../platform/fileSystem.ts';
import type { ParamsOf } from '../protocol/method.ts';
import type { storeRecover, StoreRecovery as RecoveryResult } from '../protocol/storeMethods.ts';
import { stamp } from './backupFile.ts';
import { fileIdentity, logOf } from './connection.ts';
import { recoverStore, type Recovery } from './recovery/recover.ts';
import { isBusy, storeBusy, storeUnavailable, translateStoreError } from './storeErrors.ts';
import { finishReplacement, replaceStore } from './storeReplacement.ts';

/** How long to wait for others who write to the store that is to be replaced, in milliseconds. */
const WAIT_MS = 10_000;

/** The ending of what is being saved, in the folder of the store. */
export const RECOVERED_SUFFIX = '.recovered';

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
    const source = from ?? path;
    try {
      if (dryRun) {
        const found = fingerprintOf(source);
        if (fingerprint !== undefined && fingerprint !== found) throw changedSince(source);
        return { from: source, fingerprint: found, applied: false, ...asAnswer(await this.#tryOut(source)) };
      }
      finishReplacement(path);
      return await this.#apply(source, from === undefined ? 'damaged' : 'replaced', fingerprint);
    } catch (error) {
      throw translateStoreError(error, path);
    }
  }

  /** Elsewhere than beside the store, where a dying disk may take nothing more. */
  async #tryOut(source: string): Promise<Recovery> {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-recovery-'));
    try {
      return await this.#save(source, join(folder, 'saved.db'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #apply(
    source: string,
    as: 'damaged' | 'replaced',
    planned: string | undefined,
  ): Promise<RecoveryResult> {
    const { path, clock } = this.#parts;
    const name = `.${basename(path)}.${randomBytes(6).toString('hex')}${RECOVERED_SUFFIX}`;
    const saved = join(dirname(path), name);
    const release = await this.#hold();
    try {
      const fingerprint = fingerprintOf(source);
      if (planned !== undefined && planned !== fingerprint) throw changedSince(source);
      const recovery = await this.#save(source, saved);
      if (fingerprintOf(source) !== fingerprint) throw changedSince(source);
      const hadStore = existsSync(path) || existsSync(logOf(path));
      const kept = `${basename(path)}.${as}-${stamp(clock.now())}-${randomBytes(2).toString('hex')}`;
      replaceStore(path, name, kept);
      return {
        from: source,
        fingerprint,
        applied: true,
        ...(hadStore ? { kept: join(dirname(path), kept) } : {}),
        ...asAnswer(recovery),
      };
    } finally {
      for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(saved + suffix, { force: true });
      release();
    }
  }

  #save(source: string, to: string): Promise<Recovery> {
    const { fileSystem, clock } = this.#parts;
    return recoverStore(source, to, { fileSystem, now: clock.now() });
  }

  /**
   * Keeps others from writing to the file that is about to be replaced: what they wrote would be lost. Where SQLite
   * cannot open it any more, nobody can write to it either. Gives what ends it.
   */
  async #hold(): Promise<() => void> {
    const { path } = this.#parts;
    if (fileIdentity(path) === undefined) return () => undefined;
    for (const begun = performance.now(); ;) {
      const held: DatabaseSync[] = [];
      const release = () => {
        for (const store of held) if (store.isOpen) store.close();
      };
      try {
        const writer = new DatabaseSync(path, { timeout: 1 });
        held.push(writer);
        writer.exec('BEGIN IMMEDIATE');
        // Closed last, it keeps SQLite from writing the log into the file and deleting it, as the last one to close a
        // store does: one that only reads cannot.
        const reader = new DatabaseSync(path, { readOnly: true, timeout: 1 });
        held.push(reader);
        reader.exec('BEGIN; SELECT 1 FROM sqlite_schema;');
        return release;
      } catch (error) {
        const isWaiting = isBusy(error);
        // A reader that could not be opened is no reason to leave the store unguarded.
        if (!isWaiting && held[0]?.isTransaction === true) return release;
        release();
        if (!isWaiting) return () => undefined;
        if (performance.now() - begun > WAIT_MS) throw storeBusy(path, WAIT_MS);
        await delay(20 + Math.random() * 30);
      }
    }
  }
}

function asAnswer({ problems, ...recovery }: Recovery) {
  return { ...recovery, problems: [...problems] };
}

/** Of a store and its log. An empty log says nothing: opening a store makes one. */
function fingerprintOf(path: string): string {
  const one = (file: string) => {
    const stats = statSync(file, { throwIfNoEntry: false });
    return stats && stats.size > 0 ? `${stats.ino}.${stats.size}.${stats.mtimeMs}` : '';
  };
  if (!existsSync(path) && !existsSync(logOf(path))) {
    throw storeUnavailable(
      'io',
      path,
      `There is no file ${path}, nor a log of it: nothing can be recovered.`,
    );
  }
  return `${one(path)}/${one(logOf(path))}`;
}

function changedSince(path: string): LockstepError {
  return new LockstepError('INVALID_PARAMS', `${path} has changed since the plan was made: plan again.`, {
    details: { param: 'fingerprint', path },
  });
}
