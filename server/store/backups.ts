import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LockstepError } from '../domain/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Backup } from '../protocol/storeMethods.ts';
import { backupFolder, beginBackup, finishBackup, stamp } from './backupFile.ts';
import { translateStoreError } from './storeErrors.ts';
import type { StoreFile } from './storeFile.ts';
import { vacuumInto } from './vacuumInto.ts';

/** How many daily backups are kept. */
const DAILY_KEPT = 7;

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

  /** A backup where somebody wants it, or under the time in the folder. @throws LockstepError INVALID_PARAMS where `to` exists */
  async make(to?: string): Promise<Backup> {
    if (to !== undefined && statSync(to, { throwIfNoEntry: false })) {
      throw new LockstepError('INVALID_PARAMS', `to: ${to} exists already. Name a file that does not.`, {
        details: { param: 'to', path: to },
      });
    }
    const path = to ?? join(this.folder, `manual-${stamp(this.#clock.now())}.db`);
    await this.#write(path);
    return describe(path, 'manual');
  }

  /**
   * Today's backup, unless there is one; then all daily ones but the newest seven are deleted. A store without sessions
   * is left out: a week after a store was lost, its backups would be gone as well.
   */
  async makeDaily(): Promise<Backup | undefined> {
    const today = new Date(this.#clock.now()).toISOString().slice(0, 10);
    const path = join(this.folder, `daily-${today}.db`);
    if (statSync(path, { throwIfNoEntry: false }) || (await this.#isEmpty())) return undefined;
    await this.#write(path);
    const daily = this.list().filter(({ kind }) => kind === 'daily');
    for (const old of daily.slice(DAILY_KEPT)) rmSync(old.path, { force: true });
    return describe(path, 'daily');
  }

  /** Newest first. */
  list(): Backup[] {
    let names: string[];
    try {
      names = readdirSync(this.folder);
    } catch {
      return []; // none were made yet, or the folder cannot be read: then there is none to offer
    }
    return names
      .flatMap((name) => {
        const kind = kindOf(name);
        return kind === undefined ? [] : [describe(join(this.folder, name), kind)];
      })
      .sort((a, b) => (a.madeAt < b.madeAt ? 1 : a.madeAt > b.madeAt ? -1 : 0));
  }

  async #write(target: string): Promise<void> {
    // Says what is wrong with a store that cannot be read, in the words of the store.
    await this.#isEmpty();
    try {
      const partial = beginBackup(target);
      try {
        await vacuumInto(this.#file.path, partial);
        finishBackup(partial, target);
      } finally {
        rmSync(partial, { force: true });
      }
    } catch (error) {
      throw translateStoreError(error, target);
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
