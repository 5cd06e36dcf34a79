import { setImmediate as nextTask } from 'node:timers/promises';
import { KNOWN_SCHEMA } from './databaseErrors.ts';
import { looksOf, readDatabase } from './readDatabase.ts';
import type { StoredEntry } from '../sessionEntry.ts';
import { agentNamedIn, entryOfNode, readNodes, type NodeEntry, type RawNode } from './sessionNodes.ts';

const ROWS_AT_ONCE = 500;
/** Rows parsed without a pause. */
const PARSED_AT_ONCE = 100;
/** OpenClaw itself keeps 5,000, unless told otherwise. */
const MOST_ROWS = 100_000;
/** Databases in memory at once. */
const MOST_KEPT = 16;

export interface DatabaseSession {
  /** As it is stored. */
  readonly key: string;
  readonly entry: StoredEntry;
}

/** The sessions of an agent's database, as they were when they were read. */
export interface SessionsDatabase {
  readonly path: string;
  /** That it says it belongs to. */
  readonly agentId: string | undefined;
  readonly sessions: readonly DatabaseSession[];
  /** Keys whose entry could not be read; they are among the sessions, with what the row itself tells. */
  readonly damaged: readonly string[];
  /** What a person should know of it, each a sentence or two. */
  readonly notices: readonly { readonly isNewer: boolean; readonly message: string }[];
}

interface Node extends NodeEntry {
  readonly raw: RawNode;
}

interface Kept {
  readonly database: SessionsDatabase;
  readonly looks: string;
  /** By row number. */
  readonly nodes: ReadonlyMap<unknown, Node>;
}

/** The agents' databases, read. What was read is kept while the files look the same. */
export class SessionDatabases {
  readonly #kept = new Map<string, Kept>();
  readonly #running = new Map<string, Promise<SessionsDatabase>>();

  /** @throws LockstepError STORE_CORRUPT, STORE_UNAVAILABLE, STORE_NEWER or STORE_BUSY */
  read(path: string): Promise<SessionsDatabase> {
    const running = this.#running.get(path);
    if (running) return running;
    const reading = this.#read(path).finally(() => this.#running.delete(path));
    this.#running.set(path, reading);
    return reading;
  }

  async #read(path: string): Promise<SessionsDatabase> {
    const kept = this.#kept.get(path);
    // Looked at before it is read: what is written meanwhile is found the next time.
    const looks = await looksOf(path).then(
      ({ text }) => text,
      () => '', // readDatabase says it in words
    );
    if (kept !== undefined && kept.looks === looks) return kept.database;
    try {
      const { database, nodes } = await readAll(path, kept?.nodes);
      this.#kept.delete(path);
      if (looks !== '') this.#kept.set(path, { database, looks, nodes });
      const [oldest] = this.#kept.keys();
      if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
      return database;
    } catch (error) {
      this.#kept.delete(path);
      throw error;
    }
  }
}

/**
 * In parts, each a transaction of its own: none holds up the writer, or this process, for long. `known` are the rows
 * of the last time: one that is the same is not parsed again.
 */
async function readAll(
  path: string,
  known: Kept['nodes'] = new Map(),
): Promise<Pick<Kept, 'database' | 'nodes'>> {
  const facts = await readDatabase(path, (db) => ({ schema: db.schema, agentId: agentNamedIn(db) }));
  const nodes = new Map<unknown, Node>();
  let after = Number.MIN_SAFE_INTEGER;
  let isCut = false;
  for (;;) {
    const rows = await readDatabase(path, (db) => readNodes(db, after, ROWS_AT_ONCE));
    let parsed = 0;
    for (const raw of rows) {
      const before = known.get(raw['at']);
      const isKnown = before !== undefined && isSame(before.raw, raw);
      if (!isKnown && parsed++ % PARSED_AT_ONCE === 0) await nextTask();
      nodes.set(raw['at'], isKnown ? before : { raw, ...entryOfNode(raw) });
    }
    after = Number(rows.at(-1)?.['at'] ?? after);
    if (rows.length < ROWS_AT_ONCE) break;
    isCut = nodes.size >= MOST_ROWS;
    if (isCut) break;
    await nextTask();
  }
  const all = [...nodes.values()];
  const sessions = all.flatMap(({ key, entry }) => (key === undefined ? [] : [{ key, entry }]));
  const damaged = all.flatMap(({ key, isDamaged }) => (isDamaged && key !== undefined ? [key] : []));
  const nameless = all.length - sessions.length;
  const { schema, agentId } = facts;
  return { nodes, database: { path, agentId, sessions, damaged, notices: notices(schema, nameless, isCut) } };
}

function isSame(a: RawNode, b: RawNode): boolean {
  for (const name in b) if (a[name] !== b[name]) return false;
  return true;
}

function notices(schema: number, nameless: number, isCut: boolean): SessionsDatabase['notices'] {
  const found: { isNewer: boolean; message: string }[] = [];
  if (schema > KNOWN_SCHEMA) {
    const message = `It has schema ${schema}; this Lockstep knows schemas up to ${KNOWN_SCHEMA}. What is new in it is not shown. Update Lockstep.`;
    found.push({ isNewer: true, message });
  }
  if (nameless > 0)
    found.push({ isNewer: false, message: `${nameless} of its rows have no key that can be read.` });
  if (isCut) found.push({ isNewer: false, message: `Only its first ${MOST_ROWS} sessions are listed.` });
  return found;
}
