import * as z from 'zod';
import { isPlainObject, type JsonObject } from '../../../protocol/json.ts';
import { readEntry, type StoredEntry } from '../sessionEntry.ts';
import type { AgentDatabase } from './agentDatabase.ts';
import { databaseNewer, databaseUnavailable, KNOWN_SCHEMA } from './databaseErrors.ts';

const TABLE = 'session_nodes';

/** An entry has some 2 KB; with the prompt of all its skills, some 100. */
const MAX_ENTRY_BYTES = 1024 * 1024;
const MAX_WORDS_BYTES = 8192;

const words = z.string().nullable().catch(null);
const time = z.number().nullable().catch(null);

/** A row as it is stored; a value of another kind than the table is made for is as good as none. */
const nodeRow = z.object({
  at: z.number(),
  session_key: words,
  current_session_id: words,
  entry_json: words,
  updated_at: time,
  status: words,
  label: words,
  display_name: words,
  category: words,
  spawned_by: words,
  pinned_at: time,
  archived_at: time,
  last_read_at: time,
});
type NodeRow = z.output<typeof nodeRow>;

/** As SQLite gives it. */
export type RawNode = Readonly<Record<string, unknown>>;

const OPTIONAL_WORDS = ['status', 'label', 'display_name', 'category', 'spawned_by'] as const;
const OPTIONAL_TIMES = ['pinned_at', 'archived_at', 'last_read_at'] as const;

/**
 * The next rows after the row number `after`, in the order of the table. Without the columns that say which session a
 * row is, nothing is guessed at; without any other, that field is absent.
 * @throws LockstepError STORE_NEWER, STORE_UNAVAILABLE, or an error of SQLite
 */
export function readNodes(db: AgentDatabase, after: number, limit: number): RawNode[] {
  if (!db.has(TABLE, 'session_key', 'current_session_id', 'updated_at', 'entry_json')) {
    if (db.isEmpty) return []; // it is being made
    throw db.schema > KNOWN_SCHEMA
      ? databaseNewer(db.path, db.schema)
      : databaseUnavailable(db.path, 'it has no table of sessions that Lockstep knows');
  }
  const present = db.columnsOf(TABLE);
  const optional = (name: string, value: string) => `${present.has(name) ? value : 'NULL'} AS ${name}`;
  const columns = [
    'rowid AS at',
    text('session_key', MAX_WORDS_BYTES),
    text('current_session_id', MAX_WORDS_BYTES),
    text('entry_json', MAX_ENTRY_BYTES),
    whole('updated_at'),
  ].concat(
    OPTIONAL_WORDS.map((name) => optional(name, bounded(name, MAX_WORDS_BYTES))),
    OPTIONAL_TIMES.map((name) => optional(name, wholeValue(name))),
  );
  return db
    .sql(`SELECT ${columns.join(', ')} FROM ${TABLE} WHERE rowid > ? ORDER BY rowid LIMIT ?`)
    .all(after, limit);
}

/** `octet_length` looks at the row's header alone: what is too large is not even read. */
function bounded(column: string, maxBytes: number): string {
  return `CASE WHEN typeof(${column}) = 'text' AND octet_length(${column}) <= ${maxBytes} THEN ${column} END`;
}

function text(column: string, maxBytes: number): string {
  return `${bounded(column, maxBytes)} AS ${column}`;
}

/** Node refuses a whole row for one integer beyond what a number holds. */
function wholeValue(column: string): string {
  return `CASE WHEN typeof(${column}) = 'integer' AND ${column} BETWEEN 0 AND 8640000000000000 THEN ${column} END`;
}

function whole(column: string): string {
  return `${wholeValue(column)} AS ${column}`;
}

/** The agent that the database says it belongs to. */
export function agentNamedIn(db: AgentDatabase): string | undefined {
  if (!db.has('schema_meta', 'meta_key', 'agent_id')) return undefined;
  const row = db.sql(`SELECT ${text('agent_id', 256)} FROM schema_meta WHERE meta_key = 'primary'`).get();
  return z.object({ agent_id: z.string() }).safeParse(row).data?.agent_id;
}

export interface NodeEntry {
  /** As it is stored; undefined where the row has none that can be read. */
  readonly key: string | undefined;
  readonly entry: StoredEntry;
  /** Whether there is more in the row than could be read. */
  readonly isDamaged: boolean;
}

/** What stands behind a row's key, in the form of the file era; never throws. */
export function entryOfNode(raw: RawNode): NodeEntry {
  const row = nodeRow.parse(raw);
  const key = row.session_key === null || row.session_key === '' ? undefined : row.session_key;
  const stored = parsed(row.entry_json);
  const read = stored === undefined ? undefined : readEntry({ ...stored, ...fieldsOf(row, stored) });
  if (read !== undefined) return { key, entry: read.entry, isDamaged: false };
  // The row alone tells that the session is there, and what it is called.
  return { key, entry: readEntry(fieldsOf(row, {}))?.entry ?? {}, isDamaged: true };
}

function parsed(json: string | null): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(json ?? '');
    return isPlainObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What the row has in columns of its own. The id is the row's; of the rest, the columns only repeat the entry. */
function fieldsOf(row: NodeRow, stored: JsonObject): JsonObject {
  const columns = {
    updatedAt: row.updated_at,
    status: row.status,
    label: row.label,
    displayName: row.display_name,
    category: row.category,
    spawnedBy: row.spawned_by,
    pinnedAt: row.pinned_at,
    archivedAt: row.archived_at,
    lastReadAt: row.last_read_at,
    ...deliveryFields(stored['delivery']),
  };
  const missing = Object.entries(columns).filter(
    ([name, value]) => value !== null && value !== undefined && (stored[name] ?? undefined) === undefined,
  );
  const id = row.current_session_id;
  return { ...Object.fromEntries(missing), ...(id === null || id === '' ? {} : { sessionId: id }) };
}

const delivery = z.object({
  context: z.looseObject({}).optional().catch(undefined),
  origin: z.looseObject({}).optional().catch(undefined),
});

/** Where answers go: one object now, several fields in the file era. */
function deliveryFields(value: unknown): JsonObject {
  const { context, origin } = delivery.safeParse(value).data ?? {};
  return {
    deliveryContext: context,
    origin,
    channel: context?.['channel'] ?? origin?.['provider'],
    lastChannel: context?.['channel'],
    lastTo: context?.['to'],
    lastAccountId: context?.['accountId'],
    lastThreadId: context?.['threadId'],
  };
}
