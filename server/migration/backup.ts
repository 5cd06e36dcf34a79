import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import * as z from 'zod';
import { LockstepError } from '../domain/errors.ts';
import { syncFolder, writeFileAtomic } from '../platform/atomicFile.ts';
import { systemErrorReason } from '../platform/systemError.ts';
import { fileProblem } from './fileProblem.ts';
import { sha256 } from './identity.ts';
import { Damaged } from './migrationSource.ts';
import { syncAll, writeNewFiles, writeOver } from './newFiles.ts';
import { readWhole } from './smallReads.ts';

export const BACKUP_FOLDER = 'backup_old_format';
const MANIFEST_NAME = 'manifest.json';

const text = z.string();
const count = z.int().min(0);

const backedUp = z.object({
  /** Absolute. */
  path: text,
  /** Below the folder of the backup. */
  copy: text,
  bytes: count,
  sha256: text,
  /** Whether it belongs to what is migrated to: a migration changes that. */
  isTarget: z.boolean(),
});
export type BackedUp = z.output<typeof backedUp>;

const contents = z.object({ files: z.array(backedUp) });

export interface BackupFile {
  readonly path: string;
  readonly isTarget: boolean;
}

/** Copies of the old files, in a folder of their own. */
export class Backup {
  readonly folder: string;
  readonly #base: string;
  readonly #migration: string;
  readonly #folders = new Set<string>();

  constructor(base: string, migration: string, folder = join(base, BACKUP_FOLDER, migration)) {
    this.#base = base;
    this.#migration = migration;
    this.folder = folder;
  }

  /**
   * Copies some files; those that cannot be read are left out, since nothing of them is migrated either. A copy that a
   * killed run has left is written anew.
   * @throws LockstepError STORE_UNAVAILABLE
   */
  async copy(files: readonly BackupFile[]): Promise<BackedUp[]> {
    const copied: BackedUp[] = [];
    for (const { path, isTarget } of files) {
      let content: Buffer;
      try {
        ({ content } = readWhole(path));
      } catch (error) {
        if (!(error instanceof Damaged)) throw error;
        if (isTarget) throw notCopied(path, error);
        continue;
      }
      const copy = this.#nameOf(path);
      this.#writing(join(this.folder, copy), (target) => {
        this.#makeFolder(dirname(target));
        writeOver(target, content);
      });
      copied.push({ path, copy, bytes: content.length, sha256: sha256(content), isTarget });
    }
    try {
      // What is migrated from stays as it is, so that a power failure takes no more than copies of what is still there;
      // to wait for each of 10,000 copies took a fifth of the migration. What is written to is another matter.
      await syncAll(copied.filter(({ isTarget }) => isTarget).map(({ copy }) => join(this.folder, copy)));
    } catch (error) {
      throw fileProblem(this.folder, error);
    }
    for (const { path, copy, sha256: expected } of copied) {
      const target = join(this.folder, copy);
      const isSame = existsSync(target) && sha256(readWhole(target).content) === expected;
      if (!isSame)
        throw fileProblem(
          target,
          Object.assign(new Error(`the copy of ${path} is not the same`), { code: 'EIO' }),
        );
    }
    return copied;
  }

  /** When all is copied. */
  finish(files: readonly BackedUp[]): void {
    this.#writing(join(this.folder, MANIFEST_NAME), (path) => {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      for (const folder of new Set(files.map(({ copy }) => dirname(join(this.folder, copy)))))
        syncFolder(folder);
      const content = { lockstep: 'migration-backup', version: 1, migration: this.#migration, files };
      writeFileAtomic(path, { content: `${JSON.stringify(content, null, 2)}\n`, mode: 0o600 });
    });
  }

  /** What was copied; undefined where the backup was never finished, for then nothing was migrated either. */
  files(): BackedUp[] | undefined {
    try {
      return contents.parse(JSON.parse(readFileSync(join(this.folder, MANIFEST_NAME), 'utf8'))).files;
    } catch {
      return undefined;
    }
  }

  /** Puts a file back where it is missing. Undefined where it is there as it was. */
  async restore({
    path,
    copy,
    sha256: expected,
    isTarget,
  }: BackedUp): Promise<'restored' | { readonly left: string } | undefined> {
    try {
      if (existsSync(path)) {
        // What is migrated to is put right entry by entry; the file as a whole may hold what is newer.
        if (isTarget || sha256(readWhole(path).content) === expected) return undefined;
        return { left: 'It was changed since the migration, and is newer than the backup.' };
      }
      const { content } = readWhole(join(this.folder, copy));
      if (sha256(content) !== expected) return { left: 'It is gone, and its copy in the backup is damaged.' };
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      await writeNewFiles([{ path, temporary: `${path}.${this.#migration}.tmp`, content }]);
      return 'restored';
    } catch (error) {
      if (error instanceof Damaged) return { left: error.message };
      return { left: `It cannot be put back: ${systemErrorReason(error)}.` };
    }
  }

  #makeFolder(path: string): void {
    if (this.#folders.has(path)) return;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    this.#folders.add(path);
  }

  /** The place of a copy: as below the base, or, for what lies elsewhere, under a name of its own. */
  #nameOf(path: string): string {
    const below = relative(this.#base, path);
    const isBelow = below !== '' && !isAbsolute(below) && below.split(sep)[0] !== '..';
    return isBelow ? join('files', below) : join('elsewhere', sha256(path).slice(0, 32));
  }

  #writing(path: string, write: (path: string) => void): void {
    try {
      write(path);
    } catch (error) {
      throw fileProblem(path, error);
    }
  }
}

function notCopied(path: string, { message }: Damaged): LockstepError {
  return new LockstepError(
    'STORE_UNAVAILABLE',
    `${path} cannot be copied, so nothing was migrated. ${message}`,
    {
      details: { path },
    },
  );
}
