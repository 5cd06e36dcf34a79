import { isUtf8 } from 'node:buffer';
import { realpath } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { writeFileAtomic } from '../../platform/atomicFile.ts';
import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';
import { isPlainObject, type JsonObject } from '../../protocol/json.ts';
import { fileFacts, openForReading, readRange } from '../jsonl/readableFile.ts';
import { ObjectText } from './jsonText.ts';
import {
  MAX_STORE_BYTES,
  storeCorrupt,
  storeUnavailable,
  type SessionsFiles,
  type StoreLooks,
} from './sessionsJson.ts';

/** Locks on OpenClaw's files, in its own way. */
export interface StoreLocks {
  /** Runs `work` under the lock on a transcript or a `sessions.json`. `check` throws where it was lost. */
  withLock<T>(path: string, work: (held: { readonly check: () => void }) => Promise<T>): Promise<T>;
}

/** A `sessions.json` that is being changed. Values are what stands in the file, unknown fields and all. */
export interface StoreDraft {
  keys(): Iterable<string>;
  has(key: string): boolean;
  /** Undefined for a key that is not there, or whose value is no object. */
  get(key: string): JsonObject | undefined;
  /** Fields that are as they were keep their text to the letter. Where `from` is given, that key's entry moves here. */
  set(key: string, entry: JsonObject, from?: string): void;
  delete(key: string): void;
}

/** Writes `sessions.json` files of OpenClaw's file era. */
export class StoreWriter {
  readonly #locks: StoreLocks;
  readonly #files: SessionsFiles;

  /** @param files are told what was written */
  constructor(locks: StoreLocks, files: SessionsFiles) {
    this.#locks = locks;
    this.#files = files;
  }

  /**
   * A store as it is now, without its lock: for a first look.
   * @throws LockstepError STORE_CORRUPT or STORE_UNAVAILABLE
   */
  async read(storePath: string): Promise<Pick<StoreDraft, 'keys' | 'get'>> {
    const { value } = await readStore(storePath);
    const entries = new Map(Object.entries(value));
    return { keys: () => entries.keys(), get: (key) => objectOf(entries.get(key)) };
  }

  /**
   * Changes a store under its lock: the file is read again, changed, and put in its place in one step; entries that are
   * not touched keep their text. Where nothing was changed nothing is written, and a `change` that throws changes
   * nothing. No file is an empty store. Not for a store with a live gateway: that takes no lock.
   * @throws LockstepError STORE_CORRUPT, and the file is left as it is; STORE_BUSY where the lock is not to be had, or
   *   was lost; STORE_UNAVAILABLE where the file cannot be read or written
   */
  update<T>(storePath: string, change: (draft: StoreDraft) => T | Promise<T>): Promise<T> {
    return this.#locks.withLock(storePath, async (held) => {
      const before = await readStore(storePath);
      const draft = new Draft(before);
      const result = await change(draft);
      if (!draft.isChanged) return result;
      const target = await realpath(storePath).catch(() => storePath);
      try {
        const content = draft.parts();
        const stats = writeFileAtomic(target, { content, mode: 0o600, check: held.check });
        this.#files.written(storePath, before.looks, fileFacts(stats), draft.changes());
      } catch (error) {
        if (systemErrorCode(error) === undefined) throw error;
        throw storeUnavailable(storePath, `it cannot be written: ${systemErrorReason(error)}`, error);
      }
      return result;
    });
  }
}

interface StoreText {
  readonly text: string;
  readonly value: JsonObject;
  /** Undefined where there is no file. */
  readonly looks: StoreLooks | undefined;
}

async function readStore(path: string): Promise<StoreText> {
  let bytes: Buffer;
  let looks: StoreLooks;
  try {
    const file = await openForReading(path);
    try {
      const { isFile, ...facts } = await file.stat();
      if (!isFile) throw storeUnavailable(path, 'it is not a file');
      if (facts.size > MAX_STORE_BYTES)
        throw storeUnavailable(path, 'it is larger than 128 MiB, the most that is read');
      looks = facts;
      bytes = await readRange(file, 0, facts.size);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return { text: '{}', value: {}, looks: undefined };
    throw code === undefined ? error : storeUnavailable(path, systemErrorReason(error), error);
  }
  // Its wrong bytes would be written back as other ones.
  if (!isUtf8(bytes)) throw await storeCorrupt(path, 'it is not UTF-8');
  try {
    const text = bytes.toString('utf8');
    const bare = text.startsWith('\uFEFF') ? text.slice(1) : text;
    const value: unknown = JSON.parse(bare);
    if (!isPlainObject(value)) throw new SyntaxError('it is JSON, but not an object');
    return { text: bare, value, looks };
  } catch (error) {
    throw error instanceof SyntaxError ? await storeCorrupt(path, error.message) : error;
  }
}

class Draft implements StoreDraft {
  readonly #text: ObjectText;
  readonly #entries: Map<string, unknown>;
  /** What of the entries is new, as text; undefined for what is gone. */
  readonly #changed = new Map<string, string | undefined>();

  constructor({ text, value }: StoreText) {
    this.#text = new ObjectText(text, { indent: 2 });
    this.#entries = new Map(Object.entries(value));
  }

  get isChanged(): boolean {
    return this.#changed.size > 0;
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  get(key: string): JsonObject | undefined {
    return objectOf(this.#entries.get(key));
  }

  set(key: string, entry: JsonObject, from = key): void {
    const before = this.get(from);
    const text = this.#text.get(from);
    const written =
      before === undefined || text === undefined ? jsonAt(entry, 2) : changedText(text, before, entry);
    if (from !== key) this.delete(from);
    this.#text.set(key, written);
    this.#changed.set(key, written);
    this.#entries.set(key, entry);
  }

  delete(key: string): void {
    if (!this.#entries.delete(key)) return;
    this.#text.delete(key);
    this.#changed.set(key, undefined);
  }

  /** By their keys, as whoever reads the file will find them; undefined for what is gone. */
  changes(): Map<string, unknown> {
    return new Map(
      [...this.#changed].map(([key, text]): [string, unknown] => [
        key,
        text === undefined ? undefined : JSON.parse(text),
      ]),
    );
  }

  parts(): string[] {
    return [...this.#text.parts()];
  }
}

function objectOf(value: unknown): JsonObject | undefined {
  return isPlainObject(value) ? value : undefined;
}

function changedText(text: string, before: JsonObject, after: JsonObject): string {
  const object = new ObjectText(text, { indent: 4 });
  const old = new Map(Object.entries(before));
  for (const [field, value] of Object.entries(after)) {
    if (value === undefined) continue;
    if (!old.has(field) || !isDeepStrictEqual(old.get(field), value)) object.set(field, jsonAt(value, 4));
    old.delete(field);
  }
  for (const field of old.keys()) object.delete(field);
  return object.toString();
}

/** JSON as it stands within an object whose members are indented by so many characters. */
function jsonAt(value: unknown, indent: number): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${' '.repeat(indent)}`);
}
