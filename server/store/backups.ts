import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LockstepError } from '../domain/errors.ts';
import type { Clock } from '../platform/clock.ts';
import { systemErrorCode } from '../platform/systemError.ts';
import type { Backup } from '../protocol/storeMethods.ts';
import { backupFolder, beginBackup, finishBackup, PARTIAL_SUFFIX, stamp } from './backupFile.ts';
import { RECOVERED_SUFFIX } from './storeRecovery.ts';
import { translateStoreError } from './storeErrors.ts';
import type { StoreFile } from './storeFile.ts';
import { vacuumInto } from './vacuumInto.ts';

/** How many daily backups are kept. */
const DAILY_KEPT = 7;

/** How old what is half-written has to be before it is nobody's, in milliseconds. */
const LEFTOVER_MS = 24 * 3_600_000;

const NAME = /^(daily|manual|before-update)-[\dT-]+Z?(?:-v\d+)?\.db$/;

/** Backups of the store, each a whole store in one file. */
export class Backups {
  readonly #file: StoreFile;
  readonly #clock: Clock;
  readonly folder: string;

  constructor(file: StoreFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
    this.folder = backupFolder(file.path);
  }

  /**
   * A backup where somebody wants it, or under the time in the folder.
   * @throws LockstepError INVALID_PARAMS where there is something at `to`
   */
  async make(to?: string): Promise<Backup> {
    if (to !== undefined && existsSync(to)) throw exists(to);
    const path = to ?? join(this.folder, `manual-${stamp(this.#clock.now())}.db`);
    if (!(await this.#write(path))) throw exists(path);
    return describe(path, 'manual');
  }

  /**
   * Today's backup, unless there is one; then all daily ones but those of the last seven days with one are deleted. A
   * store without sessions is left out: a week after a store was lost, its backups would be gone as well.
   */
  async makeDaily(): Promise<Backup | undefined> {
    const path = join(this.folder, `daily-${new Date(this.#clock.now()).toISOString().slice(0, 10)}.db`);
    if (existsSync(path) || (await this.#isEmpty()) || !(await this.#write(path))) return undefined;
    const made = describe(path, 'daily');
    // By the day in the name: times of files change when they are copied, and clocks are set back.
    const others = this.list()
      .filter((backup) => backup.kind === 'daily' && backup.path !== path)
      .map((backup) => backup.path)
      .sort()
      .reverse();
    for (const old of others.slice(DAILY_KEPT - 1)) rmSync(old, { force: true });
    return made;
  }

  /** Deletes what killed processes left half-written, unless it is so new that it may be at work. */
  removeLeftovers(): void {
    for (const [folder, suffix] of [
      [this.folder, PARTIAL_SUFFIX],
      [dirname(this.#file.path), RECOVERED_SUFFIX],
    ] as const) {
      for (const name of namesIn(folder)) {
        if (!name.startsWith('.') || !name.includes(suffix)) continue;
        const path = join(folder, name);
        const age = this.#clock.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity);
        if (age > LEFTOVER_MS) rmSync(path, { force: true });
      }
    }
  }

  /** Newest first. */
  list(): Backup[] {
    return namesIn(this.folder)
      .flatMap((name) => {
        const kind = kindOf(name);
        return kind === undefined ? [] : [describe(join(this.folder, name), kind)];
      })
      .sort((a, b) => (a.madeAt < b.madeAt ? 1 : a.madeAt > b.madeAt ? -1 : 0));
  }

  /** False where another has made a file of that name meanwhile. */
  async #write(target: string): Promise<boolean> {
    // Says what is wrong with a store that cannot be read, in the words of the store.
    await this.#isEmpty();
    let partial: string | undefined;
    try {
      partial = beginBackup(target);
      await vacuumInto(this.#file.path, partial);
      finishBackup(partial, target);
      return true;
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST' && existsSync(target)) return false;
      throw translateStoreError(error, target);
    } finally {
      if (partial !== undefined) rmSync(partial, { force: true });
    }
  }

  #isEmpty(): Promise<boolean> {
    return this.#file.read(
      (connection) => connection.sql('SELECT 1 FROM sessions LIMIT 1').get() === undefined,
    );
  }
}

function kindOf(name: string): Backup['kind'] | undefined {
  const kind = NAME.exec(name)?.[1];
  return kind === 'daily' || kind === 'manual' || kind === 'before-update' ? kind : undefined;
}

function describe(path: string, kind: Backup['kind']): Backup {
  const { size, mtime } = statSync(path);
  return { path, bytes: size, madeAt: mtime.toISOString(), kind };
}

/** None where there is no folder yet, or it cannot be read. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function exists(path: string): LockstepError {
  return new LockstepError('INVALID_PARAMS', `to: ${path} exists already. Name a file that does not.`, {
    details: { param: 'to', path },
  });
}
