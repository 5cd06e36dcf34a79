import { constants, zstdDecompressSync } from 'node:zlib';
import * as z from 'zod';
import { MAX_LINE_BYTES } from '../../jsonl/lines.ts';
import type { AgentDatabase } from './agentDatabase.ts';

const EVENTS = 'transcript_events';
const ACTIVE = 'session_transcript_active_events';
const STATE = 'session_transcript_index_state';
const IDENTITIES = 'transcript_event_identities';

/** OpenClaw compresses events of at most 4 MiB. */
const MAX_UNPACKED_BYTES = 4 * 1024 * 1024;
/** 2^23 bytes: the most memory that an event may ask for to be unpacked. */
const MAX_WINDOW_LOG = 23;

/**
 * The events of a session that make its conversation, by their `seq`: those of the branch that OpenClaw continues,
 * where its index of them is whole; all events, in the order in which they were made, where it is not.
 */
export interface Conversation {
  readonly db: AgentDatabase;
  readonly sessionId: string;
  readonly isBranch: boolean;
}

export interface EventPlace {
  readonly seq: number;
  /** Bytes of its text, as it is stored or as it says; what they are good for is an estimate. */
  readonly bytes: number;
}

const seqRow = z.object({ seq: z.int().min(0) });
const placeRow = z.object({ seq: z.int().min(0), bytes: z.number().min(0).catch(0) });

/** Undefined where the database keeps no events in a form that is known. */
export function conversationOf(db: AgentDatabase, sessionId: string): Conversation | undefined {
  if (!db.has(EVENTS, 'session_id', 'seq', 'event_json')) return undefined;
  return { db, sessionId, isBranch: isIndexed(db, sessionId) };
}

function isIndexed(db: AgentDatabase, sessionId: string): boolean {
  if (!db.has(ACTIVE, 'session_id', 'event_seq', 'message_position')) return false;
  if (!db.has(STATE, 'session_id', 'needs_rebuild', 'indexed_seq')) return false;
  const whole = db
    .sql(
      `SELECT 1 FROM ${STATE} WHERE session_id = ?1 AND needs_rebuild = 0 AND indexed_seq >= (SELECT max(seq) FROM ${EVENTS} WHERE session_id = ?1)`,
    )
    .get(sessionId);
  if (whole === undefined) return false;
  return db.sql(`SELECT 1 FROM ${ACTIVE} WHERE session_id = ? LIMIT 1`).get(sessionId) !== undefined;
}

/** `seq` of the newest event that began the conversation anew; -1 where there is none. */
export function resetOf({ db, sessionId, isBranch }: Conversation): number {
  if (!db.has(IDENTITIES, 'session_id', 'event_type', 'seq')) return -1;
  const join = isBranch ? `JOIN ${ACTIVE} a ON a.session_id = i.session_id AND a.event_seq = i.seq` : '';
  const row = db
    .sql(
      `SELECT i.seq AS seq FROM ${IDENTITIES} i ${join} WHERE i.session_id = ? AND i.event_type = 'reset' ORDER BY i.seq DESC LIMIT 1`,
    )
    .get(sessionId);
  return seqRow.safeParse(row).data?.seq ?? -1;
}

export interface Stretch {
  /** The first `seq` that counts. */
  readonly from: number;
  /** The first `seq` that no longer counts. */
  readonly before: number;
  /** The last ones, newest first, instead of the first ones. */
  readonly isBackward: boolean;
  readonly limit: number;
  /** Without what the index of the branch knows to be no message. */
  readonly messagesOnly: boolean;
}

/** Where events of a conversation are, and how large; their texts are not read. */
export function placesOf(conversation: Conversation, stretch: Stretch): EventPlace[] {
  const { db, sessionId, isBranch } = conversation;
  const { from, before, isBackward, limit, messagesOnly } = stretch;
  const rows = isBranch
    ? `FROM ${ACTIVE} a JOIN ${EVENTS} e ON e.session_id = a.session_id AND e.seq = a.event_seq WHERE a.session_id = ?1 ${messagesOnly ? 'AND a.message_position IS NOT NULL' : ''} AND a.event_seq >= ?2 AND a.event_seq < ?3 ORDER BY a.event_seq`
    : `FROM ${EVENTS} e WHERE e.session_id = ?1 AND e.seq >= ?2 AND e.seq < ?3 ORDER BY e.seq`;
  const unpacked = db.has(EVENTS, 'event_zstd', 'event_utf8_bytes')
    ? 'CASE WHEN e.event_zstd IS NULL THEN octet_length(e.event_json) ELSE 8 * octet_length(e.event_zstd) END'
    : 'octet_length(e.event_json)';
  return db
    .sql(`SELECT e.seq AS seq, ${unpacked} AS bytes ${rows} ${isBackward ? 'DESC' : ''} LIMIT ?4`)
    .all(sessionId, from, before, limit)
    .map((row) => placeRow.parse(row));
}

const eventRow = z.object({
  json: z.string().nullable().catch(null),
  zstd: z.instanceof(Uint8Array).nullable().catch(null),
});

/** Why an event cannot be shown, in a sentence. */
export class UnreadableEvent {
  readonly why: string;
  constructor(why: string) {
    this.why = why;
  }
}

/** The text of one event. Never throws for what is stored, whatever it is. */
export function eventText(
  { db, sessionId }: Conversation,
  seq: number,
  maxBytes: number = MAX_LINE_BYTES,
): string | UnreadableEvent {
  const json = `CASE WHEN typeof(event_json) = 'text' AND octet_length(event_json) <= ${maxBytes} THEN event_json END AS json`;
  const zstd = db.has(EVENTS, 'event_zstd')
    ? `CASE WHEN typeof(event_zstd) = 'blob' AND octet_length(event_zstd) <= ${MAX_UNPACKED_BYTES} THEN event_zstd END AS zstd`
    : 'NULL AS zstd';
  const found = db
    .sql(`SELECT ${json}, ${zstd} FROM ${EVENTS} WHERE session_id = ? AND seq = ?`)
    .get(sessionId, seq);
  const row = eventRow.safeParse(found).data;
  if (typeof row?.json === 'string') return row.json;
  if (row?.zstd instanceof Uint8Array) return unpacked(row.zstd, Math.min(maxBytes, MAX_UNPACKED_BYTES));
  return new UnreadableEvent('This event is too large to show, or is no text.');
}

/** What is packed may be small and its content endless. */
function unpacked(packed: Uint8Array, maxBytes: number): string | UnreadableEvent {
  try {
    return zstdDecompressSync(packed, {
      maxOutputLength: maxBytes,
      params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG },
    }).toString('utf8');
  } catch {
    return new UnreadableEvent('This event is compressed and cannot be unpacked, or is too large to show.');
  }
}

/** Events that are not on the branch which OpenClaw continues; the header is on none. */
export function countLeftOut({ db, sessionId, isBranch }: Conversation): number {
  if (!isBranch) return 0;
  const count = (table: string): number =>
    z
      .object({ n: z.number() })
      .parse(db.sql(`SELECT count(*) AS n FROM ${table} WHERE session_id = ?`).get(sessionId)).n;
  return Math.max(0, count(EVENTS) - 1 - count(ACTIVE));
}

/** `seq` of the first event; undefined where there is none. */
export function firstSeqOf({ db, sessionId }: Conversation): number | undefined {
  const row = db.sql(`SELECT seq FROM ${EVENTS} WHERE session_id = ? ORDER BY seq LIMIT 1`).get(sessionId);
  return seqRow.safeParse(row).data?.seq;
}
