import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import type { Disposable } from '../platform/disposable.ts';
import type { Counters } from '../platform/counters.ts';
import type { FileSystemProbe } from '../platform/fileSystem.ts';
import { ChangeFeed, type StoreVersion } from './changeFeed.ts';
import { Connection, fileIdentity, logOf, StoreReplaced } from './connection.ts';
import { isBeingReplaced } from './replacementMark.ts';
import { isBusy, replacementCutShort, storeBusy, storeCorrupt, translateStoreError } from './storeErrors.ts';

/** How long a call waits while other processes hold the store, in milliseconds. */
const WAIT_MS = 10_000;
/** To put another file into the place of the store takes milliseconds; what takes longer was cut short. */
const REPLACING_MS = 1_000;

export interface StoreFileOptions {
  /** Absolute path of the store's file. */
  readonly path: string;
  readonly fileSystem: FileSystemProbe;
  readonly counters: Counters;
}

export interface StoreFacts {
  /** Version of the schema. */
  readonly schema: number;
  readonly bytes: number;
  /** Of the write-ahead log. */
  readonly logBytes: number;
}

/**
 * The store's one SQLite file, shared by all processes that open it and by all drivers of this one. It is opened by
 * the first call, so that a store that cannot be opened fails calls, not the server, and works again once what was
 * wrong is mended. No transaction spans an await.
 */
export class StoreFile {
  readonly #options: StoreFileOptions;
  readonly #feed: ChangeFeed;
  #connection: Connection | undefined;
  /** The log of a file that was open here and then replaced: a new file must not be opened with it. */
  #orphanedLog: string | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: StoreFileOptions) {
    this.#options = options;
    this.#feed = new ChangeFeed(() => this.#version());
  }

  get path(): string {
    return this.#options.path;
  }

  /**
   * One transaction that may write. One at a time within this process, in the order of the calls: writers that wait
   * for another process would otherwise each block it in turn.
   */
  async write<T>(work: (connection: Connection) => T): Promise<T> {
    const deadline = performance.now() + WAIT_MS;
    const before = this.#writing;
    let done: (() => void) | undefined;
    this.#writing = new Promise((resolve) => (done = resolve));
    try {
      await before;
      return await this.#whenFree(deadline, () => {
        const connection = this.#connect();
        return connection.write(() => work(connection));
      });
    } finally {
      done?.();
      this.#feed.check();
    }
  }

  /** Reads on one snapshot. */
  read<T>(work: (connection: Connection) => T): Promise<T> {
    return this.#whenFree(performance.now() + WAIT_MS, () => {
      const connection = this.#connect();
      return connection.read(() => work(connection));
    });
  }

  /**
   * Opens the store if need be, and tries whether it can be written, without writing anything.
   * @throws LockstepError that says why it cannot be used
   */
  async probe(): Promise<StoreFacts> {
    const done = new Error('rolled back');
    let schema = 0;
    try {
      await this.write((connection) => {
        connection.sql('UPDATE store_state SET revision = revision').run();
        ({ schema } = connection);
        throw done;
      });
    } catch (error) {
      if (error !== done) throw error;
    }
    const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return { schema, bytes: sizeOf(this.path), logBytes: sizeOf(logOf(this.path)) };
  }

  /** Reads the whole file and verifies it; gives what is wrong, at most 100 faults. Blocks this process meanwhile. */
  integrity(): Promise<string[]> {
    return this.read((connection) =>
      connection
        .sql('PRAGMA integrity_check(100)')
        .all()
        .map((row) => String(row['integrity_check']))
        .filter((found) => found !== 'ok'),
    );
  }

  /** Calls back with the store's revision after it has grown, by whichever process, in under 500 ms. */
  onDidChange(listener: (revision: number) => void): Disposable {
    return this.#feed.subscribe(listener);
  }

  close(): void {
    this.#feed.dispose();
    this.#connection?.close();
    this.#connection = undefined;
  }

  /** Tries until no other process is in the way. Waits with timers, at random, so that waiters do not march in step. */
  async #whenFree<T>(deadline: number, attempt: () => T): Promise<T> {
    const { path, counters } = this.#options;
    const begun = performance.now();
    for (let pause = 1; ; pause = Math.min(pause * 2, 20)) {
      try {
        return attempt();
      } catch (error) {
        // A file that was replaced in this very moment is opened anew.
        if (!isBusy(error) && !(error instanceof StoreReplaced)) throw translateStoreError(error, path);
        if (performance.now() > deadline) throw storeBusy(path, WAIT_MS);
        if (performance.now() > begun + REPLACING_MS && isBeingReplaced(path))
          throw replacementCutShort(path);
      }
      counters.count('storeRetries');
      await delay(Math.random() * pause);
    }
  }

  #connect(): Connection {
    const { path, fileSystem } = this.#options;
    if (this.#connection && !this.#connection.isCurrent()) {
      this.#orphanedLog = this.#connection.logIdentity;
      this.#connection.close();
      this.#connection = undefined;
    }
    if (this.#connection) return this.#connection;
    if (this.#orphanedLog !== undefined && this.#orphanedLog === fileIdentity(logOf(path))) {
      throw storeCorrupt(
        path,
        `the file was replaced while its log ${logOf(path)} stayed: move that log away, so that it does not go into the new file`,
      );
    }
    this.#connection = new Connection(path, fileSystem);
    return this.#connection;
  }

  /** For the feed. A store that is not there is not made: its folder may be about to be put back. */
  #version(): StoreVersion {
    if (fileIdentity(this.path) === undefined) return { version: 'none:0', revision: () => 0 };
    const connection = this.#connect();
    return { version: connection.version(), revision: () => storeState(connection).revision };
  }
}

const stateRow = z.object({ id: z.string(), revision: z.int() });

/** The store's id and revision. */
export function storeState(connection: Connection): z.output<typeof stateRow> {
  const row = stateRow.safeParse(connection.sql('SELECT id, revision FROM store_state').get());
  if (!row.success) throw storeCorrupt(connection.path, 'its revision cannot be read');
  return row.data;
}

/** Raises the store's revision by one, for one change. */
export function nextRevision(connection: Connection): number {
  connection.sql('UPDATE store_state SET revision = revision + 1').run();
  return storeState(connection).revision;
}
