import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { openBackup, openFile } from '../../domain/errorActions.ts';
import { LockstepError } from '../../domain/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';
import { isPlainObject } from '../../protocol/json.ts';
import { openForReading, readRange, type FileFacts, type OpenFile } from '../jsonl/readableFile.ts';
import { readEntry, type ReadEntry } from './sessionEntry.ts';

/** 128 MiB: some 70,000 sessions. OpenClaw keeps 500 of them, unless told otherwise. */
export const MAX_STORE_BYTES = 128 * 1024 * 1024;

/** How long a store is taken from memory while its file looks the same, in milliseconds: OpenClaw's own. */
const DEFAULT_TTL_MS = 45_000;

/** Stores in memory at once. */
const MOST_KEPT = 16;

/** On Windows, OpenClaw writes the file in place: a look in between finds a part of it. */
const SECOND_LOOK_MS = 25;

export interface SessionsFile {
  readonly path: string;
  /** By their keys as they stand in the file, in its order. */
  readonly entries: ReadonlyMap<string, ReadEntry>;
  /** Keys whose value is no entry. */
  readonly unreadable: readonly string[];
}

/** What tells one state of a file from another. */
export type StoreLooks = Pick<FileFacts, 'identity' | 'modified' | 'size'>;

interface Kept {
  readonly file: SessionsFile;
  readonly looks: string;
  readonly readAt: number;
}

export interface SessionsFilesOptions {
  readonly clock: Clock;
  readonly ttlMs?: number;
  readonly maxBytes?: number;
  readonly open?: OpenFile;
}

/** `$OPENCLAW_SESSION_CACHE_TTL_MS`; 0 turns the cache off. */
export function sessionCacheTtlMs(env: NodeJS.ProcessEnv): number {
  const set = env['OPENCLAW_SESSION_CACHE_TTL_MS'];
  return set !== undefined && /^\d{1,12}$/.test(set) ? Number(set) : DEFAULT_TTL_MS;
}

/** The `sessions.json` files, read. What was read is kept while size, time and identity of the file stay the same. */
export class SessionsFiles {
  readonly #kept = new Map<string, Kept>();
  readonly #running = new Map<string, Promise<SessionsFile>>();
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #maxBytes: number;
  readonly #open: OpenFile;

  constructor({ clock, ttlMs, maxBytes, open }: SessionsFilesOptions) {
    this.#clock = clock;
    this.#ttlMs = ttlMs ?? DEFAULT_TTL_MS;
    this.#maxBytes = maxBytes ?? MAX_STORE_BYTES;
    this.#open = open ?? openForReading;
  }

  /**
   * No file is an empty store; a file that is none never is.
   * @throws LockstepError STORE_CORRUPT where it is not an object of JSON, STORE_UNAVAILABLE where it cannot be read
   */
  read(path: string): Promise<SessionsFile> {
    const running = this.#running.get(path);
    if (running) return running;
    const reading = this.#read(path).finally(() => this.#running.delete(path));
    this.#running.set(path, reading);
    return reading;
  }

  async #read(path: string): Promise<SessionsFile> {
    try {
      return await this.#look(path);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      await delay(SECOND_LOOK_MS);
    }
    try {
      return await this.#look(path);
    } catch (error) {
      throw error instanceof SyntaxError ? await storeCorrupt(path, error.message) : error;
    }
  }

  /** @throws SyntaxError where the file is no store */
  async #look(path: string): Promise<SessionsFile> {
    try {
      const handle = await this.#open(path);
      try {
        const { isFile, size, identity, modified } = await handle.stat();
        if (!isFile) throw storeUnavailable(path, 'it is not a file');
        if (size > this.#maxBytes) {
          const mebibytes = (this.#maxBytes / (1024 * 1024)).toFixed(0);
          throw storeUnavailable(path, `it is larger than ${mebibytes} MiB, the most that is read`);
        }
        const looks = looksOf({ identity, modified, size });
        const kept = this.#kept.get(path);
        const now = this.#clock.now();
        if (kept?.looks === looks && now - kept.readAt < this.#ttlMs) return kept.file;
        const file = parse(path, await readRange(handle, 0, size));
        this.#keep(path, { file, looks, readAt: now });
        return file;
      } finally {
        await handle.close();
      }
    } catch (error) {
      this.#kept.delete(path);
      if (error instanceof LockstepError) throw error;
      const code = systemErrorCode(error);
      if (code === 'ENOENT') return { path, entries: new Map(), unreadable: [] };
      throw code === undefined ? error : storeUnavailable(path, systemErrorReason(error), error);
    }
  }

  /**
   * Takes over what this process has just written, under the file's lock: to read it all again takes far longer than
   * the write. Where the file was not the one in memory before, it is read when it is asked for.
   * @param changes values by key, in their order; undefined for what is there no more
   */
  written(
    path: string,
    before: StoreLooks | undefined,
    after: StoreLooks,
    changes: ReadonlyMap<string, unknown>,
  ): void {
    const kept = this.#kept.get(path);
    if (kept === undefined || before === undefined || kept.looks !== looksOf(before)) return;
    const entries = new Map(kept.file.entries);
    const unreadable = new Set(kept.file.unreadable);
    for (const [key, value] of changes) {
      const read = readEntry(value);
      unreadable.delete(key);
      if (read !== undefined) entries.set(key, read);
      else entries.delete(key);
      if (read === undefined && value !== undefined) unreadable.add(key);
    }
    // As old as what it is made of: what was read wrong once does not stay for ever.
    const file = { path, entries, unreadable: [...unreadable] };
    this.#keep(path, { file, looks: looksOf(after), readAt: kept.readAt });
  }

  #keep(path: string, kept: Kept): void {
    this.#kept.delete(path);
    this.#kept.set(path, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function looksOf({ identity, modified, size }: StoreLooks): string {
  return `${identity} ${modified} ${size}`;
}

/** @throws SyntaxError */
function parse(path: string, bytes: Buffer): SessionsFile {
  const text = bytes.toString('utf8');
  const value: unknown = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  if (!isPlainObject(value)) throw new SyntaxError('it is JSON, but not an object');
  const entries = new Map<string, ReadEntry>();
  const unreadable: string[] = [];
  for (const [key, raw] of Object.entries(value)) {
    const read = readEntry(raw);
    if (read === undefined) unreadable.push(key);
    else entries.set(key, read);
  }
  return { path, entries, unreadable };
}

/** The error of a store that is no JSON, or no object. Its actions open it, and what OpenClaw kept of it. */
export async function storeCorrupt(path: string, what: string): Promise<LockstepError> {
  const backups = await backupsOf(path);
  const [newest] = backups;
  return new LockstepError('STORE_CORRUPT', `The session store ${path} cannot be read: ${what}.`, {
    details: { path, backups },
    actions: [
      openFile(pathToFileURL(path).href),
      ...(newest === undefined ? [] : [openBackup(pathToFileURL(newest).href)]),
    ],
  });
}

/** What OpenClaw moved away when the store had grown too large, newest first. */
async function backupsOf(path: string): Promise<string[]> {
  const folder = dirname(path);
  const names = await readdir(folder).catch((): string[] => []);
  const prefix = `${basename(path)}.bak.`;
  return names
    .filter((name) => name.startsWith(prefix))
    .sort()
    .reverse()
    .slice(0, 3)
    .map((name) => join(folder, name));
}

/** `what`: a clause. */
export function storeUnavailable(path: string, what: string, cause?: unknown): LockstepError {
  return new LockstepError('STORE_UNAVAILABLE', `The session store ${path} cannot be used: ${what}.`, {
    details: { path },
    cause,
  });
}
