import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { FileSystemProbe } from '../platform/fileSystem.ts';
import { beforeUpdate, beginBackup, finishBackup } from './backupFile.ts';
import { isBeingReplaced } from './replacementMark.ts';
import { APPLICATION_ID, schemaSteps } from './schema.ts';
import { storeCorrupt, storeNewer, storeUnavailable } from './storeErrors.ts';

/** How long SQLite itself waits for a lock: it blocks this process, so waiting longer is done with timers. */
const BUSY_TIMEOUT_MS = 1;
/** Prepared statements that are kept; filters can be combined in thousands of ways. */
const MOST_STATEMENTS = 256;

/** The path names another file than the one that is open. */
export class StoreReplaced extends Error {}

/** One open store file whose schema is the newest that this Lockstep knows. All synchronous. */
export class Connection {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #identity: string | undefined;
  /** Names the write-ahead log's file, as long as it is the same one. */
  readonly logIdentity: string | undefined;
  /** Version of the schema that the file has. */
  readonly schema: number;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws LockstepError, or an error of SQLite or the file system for `translateStoreError`. */
  constructor(path: string, fileSystem: FileSystemProbe, steps: readonly string[] = schemaSteps) {
    this.path = path;
    this.schema = steps.length;
    prepareFile(path, fileSystem);
    // Before the file is opened: should it be replaced meanwhile, what is open is not what the path names.
    this.#identity = fileIdentity(path);
    this.#db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
    try {
      this.#checkOwner();
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;');
      this.#applySteps(steps);
      // A read makes the log, where there is none yet.
      this.#number('PRAGMA user_version');
      if (!this.isCurrent()) throw new StoreReplaced();
      this.logIdentity = fileIdentity(logOf(path));
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** A statement that is prepared once. */
  sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (!statement) {
      if (this.#statements.size >= MOST_STATEMENTS) this.#statements.clear();
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  /** Runs `work` in a transaction that has the write lock from its beginning. What `work` throws rolls back. */
  write<T>(work: () => T): T {
    return this.#transaction('BEGIN IMMEDIATE', () => {
      // Looked at with the lock held: a recovery that replaces the file holds the lock until it has done so.
      this.#requireCurrent();
      return work();
    });
  }

  /** Runs `work` on one snapshot of the store. */
  read<T>(work: () => T): T {
    return this.#transaction('BEGIN', work);
  }

  /** Differs after another connection has committed, and between one file and the next at the path. */
  version(): string {
    return `${this.#identity}:${this.#number('PRAGMA data_version')}`;
  }

  /** Whether the path still names the file that is open: what goes to a deleted file is lost without a word. */
  isCurrent(): boolean {
    return fileIdentity(this.path) === this.#identity;
  }

  close(): void {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #requireCurrent(): void {
    if (isBeingReplaced(this.path) || !this.isCurrent()) throw new StoreReplaced();
  }

  #transaction<T>(begin: string, work: () => T): T {
    this.#db.exec(begin);
    try {
      const found = this.#number('PRAGMA user_version');
      if (found > this.schema) throw storeNewer(this.path, found, this.schema);
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some errors, a full disk among them.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  #checkOwner(): void {
    const applicationId = this.#number('PRAGMA application_id');
    const isEmpty = this.#number('PRAGMA schema_version') === 0;
    if (applicationId === APPLICATION_ID || (applicationId === 0 && isEmpty)) return;
    throw storeUnavailable(
      'not-ours',
      this.path,
      `${this.path} is a database of another program. Move it away, or set another folder for the store.`,
    );
  }

  #applySteps(steps: readonly string[]): void {
    if (!this.#isOlder(steps)) return;
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      this.#requireCurrent();
      // Read again: another process may have applied them, or newer ones, while this one waited for the lock.
      if (this.#isOlder(steps)) {
        const version = this.#number('PRAGMA user_version');
        if (version > 0) this.#backUp(beforeUpdate(this.path, version, Date.now()));
        for (const step of steps.slice(version)) this.#db.exec(step);
        this.#db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${steps.length};`);
      }
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** @throws LockstepError STORE_NEWER */
  #isOlder(steps: readonly string[]): boolean {
    const version = this.#number('PRAGMA user_version');
    if (version > steps.length) throw storeNewer(this.path, version, steps.length);
    return version < steps.length;
  }

  /** With the write lock held, so that the backup is what the steps change; another connection can read meanwhile. */
  #backUp(target: string): void {
    const partial = beginBackup(target);
    try {
      const reader = new DatabaseSync(this.path, { readOnly: true });
      try {
        reader.prepare('VACUUM INTO ?').run(partial);
      } finally {
        reader.close();
      }
      finishBackup(partial, target);
    } finally {
      rmSync(partial, { force: true });
    }
  }

  #number(pragma: string): number {
    const value = Object.values(this.sql(pragma).get() ?? {})[0];
    if (typeof value !== 'number') throw storeCorrupt(this.path, `${pragma} gave no number`);
    return value;
  }
}

/** Makes the folder (0700) and the file (0600) where they are missing; refuses what SQLite would misuse. */
function prepareFile(path: string, fileSystem: FileSystemProbe): void {
  const dir = dirname(path);
  if (isBeingReplaced(path)) throw new StoreReplaced();
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const network = fileSystem.networkType(dir);
  if (network !== undefined) {
    throw storeUnavailable(
      'network',
      path,
      `${dir} is on a network file system (${network}), where SQLite cannot keep data safe. Set a folder on a local disk.`,
    );
  }
  // The log is looked at first: it is made after the file, so a log without a file is never one just being made.
  const log = statSync(logOf(path), { throwIfNoEntry: false });
  const file = statSync(path, { throwIfNoEntry: false });
  if (file && !file.isFile()) {
    throw storeUnavailable(
      'not-a-file',
      path,
      `${path} is not a file. Move it away, or set another folder for the store.`,
    );
  }
  // SQLite would delete the log together with the sessions in it.
  if (log && log.size > 0 && (file?.size ?? 0) === 0) {
    throw storeCorrupt(
      path,
      `the file is gone while its log ${logOf(path)} is there: put the file back, or move the log away`,
    );
  }
  // SQLite gives its -wal and -shm files the mode of the file itself.
  if (!file) closeSync(openSync(path, 'a', 0o600));
}

/** Where SQLite keeps the write-ahead log of a store. */
export function logOf(path: string): string {
  return `${path}-wal`;
}

/** Differs between a file and another one at the same path; undefined where there is none. */
export function fileIdentity(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}
