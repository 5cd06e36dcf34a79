import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import * as z from 'zod';
import type { TranscriptItem, TranscriptPage } from '../../../protocol/transcript.ts';
import { isGeneration } from '../../jsonl/generation.ts';
import { MAX_PAGE_BYTES, MAX_SCAN_BYTES } from '../../jsonl/linePage.ts';
import { readRecord, type LineReading } from '../../jsonl/record.ts';
import type { RecordAt, TranscriptFormat } from '../../jsonl/transcript.ts';
import type { PageQuery } from '../../source.ts';
import type { AgentDatabase } from './agentDatabase.ts';
import {
  conversationOf,
  countLeftOut,
  eventText,
  firstSeqOf,
  placesOf,
  UnreadableEvent,
  type Conversation,
  type EventPlace,
} from './events.ts';
import { KNOWN_SCHEMA } from './databaseErrors.ts';
import { readDatabase } from './readDatabase.ts';

const LAST = Number.MAX_SAFE_INTEGER;
/** Events that one part of a scan goes through, at most: to read and unpack them holds up everybody else. */
const SCANNED_EVENTS = 500;

/**
 * A page of a session's conversation. Positions are the events' `seq`s: where the conversation goes on from an earlier
 * event, those of the new branch are higher than all before, so that a reader who follows misses none.
 * @throws LockstepError where the database cannot be read
 */
export async function readConversationPage<R>(
  database: string,
  sessionId: string,
  query: PageQuery,
  format: TranscriptFormat<R>,
): Promise<TranscriptPage> {
  const identity = await identityOf(database);
  return readDatabase(database, (db) => {
    const conversation = conversationOf(db, sessionId);
    const first = conversation === undefined ? undefined : firstSeqOf(conversation);
    if (conversation === undefined || first === undefined)
      return emptyPage(whyEmpty(db, sessionId), identity);
    return pageOf(conversation, query, conversationGeneration(conversation, first, identity), format);
  });
}

/** Names the file on this machine; it is opened after this, so that positions of an older one are never taken. */
export async function identityOf(path: string): Promise<string> {
  const { dev, ino, birthtimeNs } = await stat(await realpath(path).catch(() => path), {
    bigint: true,
  }).catch(
    () => ({ dev: 0n, ino: 0n, birthtimeNs: 0n }), // readDatabase says why
  );
  return `${dev}:${ino}:${birthtimeNs}`;
}

/** Changes when the events are numbered anew, or are others, under the same id. */
export function conversationGeneration(conversation: Conversation, first: number, identity: string): string {
  const { db, sessionId } = conversation;
  const rewritten = db.has('transcript_rewrite_watermarks', 'session_id', 'generation')
    ? db
        .sql(
          'SELECT generation FROM transcript_rewrite_watermarks WHERE session_id = ? AND octet_length(generation) < 1000',
        )
        .get(sessionId)
    : undefined;
  const header = eventText(conversation, first, 64 * 1024);
  return hashOf([
    identity,
    sessionId,
    String(Object.values(rewritten ?? {})[0] ?? ''),
    typeof header === 'string' ? header : '',
  ]);
}

function hashOf(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('base64url').slice(0, 22);
}

function pageOf<R>(
  conversation: Conversation,
  query: PageQuery,
  plain: string,
  format: TranscriptFormat<R>,
): TranscriptPage {
  const [last] = placesOf(conversation, { ...ALL, isBackward: true, limit: 1 });
  const ending = last === undefined ? 0 : last.seq + 1;
  const known = query.generation;
  const wasReplaced = known !== undefined && !isGeneration(known, plain);
  const wasCut = !wasReplaced && (query.from ?? query.before ?? 0) > ending;
  // Positions mean nothing in another content, so the answer is where a reader begins: the end, or who scans it.
  const anew = { from: query.scan && 0, before: undefined };
  const { from, before } = wasReplaced || wasCut ? anew : query;
  const generation = known === undefined || wasReplaced ? plain : wasCut ? `${plain}~${ending}` : known;

  const isBackward = from === undefined;
  const places = placesOf(conversation, {
    ...ALL,
    ...(isBackward ? { before: before ?? LAST } : { from }),
    isBackward,
    limit: query.scan === undefined ? query.limit : Math.min(query.limit, SCANNED_EVENTS),
  });
  const events = readEvents(conversation, places, query);
  if (isBackward) events.reverse();
  const start = events[0]?.place.seq ?? from ?? Math.min(before ?? ending, ending);
  const end = (events.at(-1)?.place.seq ?? start - 1) + 1;
  const [earlier] = placesOf(conversation, { ...ALL, before: start, isBackward: true, limit: 1 });
  return {
    items: [
      ...(earlier === undefined ? notesAtStart(conversation, start) : []),
      ...itemsOf(conversation, events, earlier, format),
    ],
    start,
    end,
    atStart: earlier === undefined,
    atEnd: end >= ending,
    size: ending,
    generation,
  };
}

const ALL = { from: 0, before: LAST, messagesOnly: false };

interface ReadEvent {
  readonly place: EventPlace;
  /** Undefined where the scan's filter refused it. */
  readonly text: string | UnreadableEvent | undefined;
}

/** As many of them as fit on a page, one at least. How much is unpacked of an event, only unpacking tells. */
function readEvents(
  conversation: Conversation,
  places: readonly EventPlace[],
  { scan }: PageQuery,
): ReadEvent[] {
  const events: ReadEvent[] = [];
  let bytes = 0;
  let kept = 0;
  for (const place of places) {
    const text = eventText(conversation, place.seq);
    const length = typeof text === 'string' ? text.length : 0;
    // Of an empty one it is said that it is.
    const isRefused =
      typeof text === 'string' && scan?.filter?.acceptsText(text) === false && text.trim() !== '';
    bytes += length;
    kept += isRefused ? 0 : length;
    const isFull = bytes > MAX_PAGE_BYTES || (scan !== undefined && kept > MAX_SCAN_BYTES);
    if (isFull && events.length > 0) break;
    events.push({ place, text: isRefused ? undefined : text });
  }
  return events;
}

function itemsOf<R>(
  conversation: Conversation,
  events: readonly ReadEvent[],
  earlier: EventPlace | undefined,
  format: TranscriptFormat<R>,
): TranscriptItem[] {
  const records: RecordAt<R>[] = [];
  const notes: TranscriptItem[] = [];
  let before = earlier && readingOf(earlier, eventText(conversation, earlier.seq), format);
  for (const { place, text } of events) {
    if (text === undefined) {
      before = undefined;
      continue;
    }
    const reading = readingOf(place, text, format);
    const position = place.seq;
    if (reading.kind === 'record') {
      const previous = before?.kind === 'record' ? before.record : undefined;
      records.push({ position, record: reading.record, previous });
    } else {
      const why = reading.kind === 'damaged' ? reading.text : 'This event is empty.';
      notes.push({
        id: `@${position}`,
        position,
        kind: 'note',
        severity: 'warning',
        text: why.replace(/^This line/, 'This event'),
      });
    }
    before = reading;
  }
  return [...format.items(records), ...notes].sort((a, b) => a.position - b.position);
}

function readingOf<R>(
  { seq }: EventPlace,
  text: string | UnreadableEvent,
  { parse }: TranscriptFormat<R>,
): LineReading<R> {
  if (text instanceof UnreadableEvent) return { kind: 'damaged', text: text.why };
  return readRecord({ position: seq, end: seq + 1, content: Buffer.from(text) }, parse);
}

function notesAtStart(conversation: Conversation, position: number): TranscriptItem[] {
  const { schema } = conversation.db;
  const leftOut = countLeftOut(conversation);
  const texts = [
    schema > KNOWN_SCHEMA
      ? `A newer OpenClaw keeps this session (schema ${schema}; Lockstep knows ${KNOWN_SCHEMA}): what is new in it is not shown.`
      : '',
    leftOut === 0
      ? ''
      : `This is the branch that OpenClaw continues. Entries of branches that were left are not shown: ${leftOut}.`,
  ];
  return texts.flatMap((text, index): TranscriptItem[] =>
    text === '' ? [] : [{ id: `@start:${index}`, position, kind: 'note', severity: 'info', text }],
  );
}

const coldRow = z.object({ name: z.string().catch('?'), events: z.number().catch(0) });

function whyEmpty(db: AgentDatabase, sessionId: string): string {
  const cold = 'session_transcript_cold_archives';
  if (!db.has('transcript_events', 'session_id', 'seq', 'event_json'))
    return 'The database keeps no transcripts in a form that Lockstep knows.';
  const row = db.has(cold, 'session_id', 'archive_name', 'event_count')
    ? db
        .sql(
          `SELECT substr(archive_name, 1, 300) AS name, CASE WHEN event_count < 1e15 THEN event_count END AS events FROM ${cold} WHERE session_id = ?`,
        )
        .get(sessionId)
    : undefined;
  if (row === undefined) return 'OpenClaw keeps no transcript of this session.';
  const { name, events } = coldRow.parse(row);
  return `OpenClaw has put this transcript away, into cold storage: ${name}, ${events} entries. Lockstep does not read it there.`;
}

function emptyPage(text: string, identity: string): TranscriptPage {
  return {
    items: [{ id: '@empty', position: 0, kind: 'note', severity: 'info', text }],
    start: 0,
    end: 0,
    atStart: true,
    atEnd: true,
    size: 0,
    generation: hashOf([identity, 'empty']),
  };
}
