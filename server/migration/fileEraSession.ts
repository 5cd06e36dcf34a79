import * as z from 'zod';
import { replay } from '../domain/replay.ts';
import {
  exportedEvent,
  exportedState,
  exportEnd,
  exportHeader,
  parseExport,
} from '../domain/sessionExport.ts';
import type { ImportedSession } from '../domain/sessionExport.ts';
import { defined, type SessionState } from '../domain/sessionStep.ts';
import { isPlainObject, type JsonObject } from '../protocol/json.ts';
import type { Session, Tokens } from '../protocol/session.ts';
import type { StoredEntry } from '../sources/openclaw/sessionEntry.ts';
import type { Bounds } from './bounds.ts';
import { sha256 } from './identity.ts';
import { MIGRATED_FROM } from './migratedFrom.ts';
import { isName, newSession, numbered, type MigratedEvent } from './newSession.ts';
import { timeFrom } from './times.ts';
import {
  eventFromLine,
  LineWriter,
  noteCalls,
  objectOf,
  SESSION_LINE,
  type Calls,
} from './transcriptLines.ts';

/** The field of an entry that Lockstep adds. Gateways keep fields that they do not know. */
export const ENTRY_FIELD = 'lockstep';

const keptSession = z.object({
  session: z.custom<JsonObject>(isPlainObject),
  iterationOpen: z.boolean(),
  pauseReason: z.string().optional(),
  events: z.int().min(1),
});

/** What a transcript holds. */
interface TranscriptContent {
  readonly header: JsonObject | undefined;
  readonly kept: z.output<typeof keptSession> | undefined;
  readonly events: readonly MigratedEvent[];
}

export interface FileEraSession {
  /** As it stands in the file; undefined for a transcript that no entry names. */
  readonly key: string | undefined;
  readonly entry: StoredEntry;
  readonly raw: JsonObject | undefined;
  /** Undefined where there is none. */
  readonly transcript: Buffer | undefined;
  readonly agentId: string;
  /** The id that it would have in the store. */
  readonly id: string;
  /** ISO; stands in where no time is known. */
  readonly modifiedAt: string;
}

/** A session of the file era in Lockstep's form: as it was there, where Lockstep itself has written it. */
export function sessionFromFileEra(given: FileEraSession, bounds: Bounds): ImportedSession {
  const { header, kept, events } = readTranscript(given.transcript, bounds);
  const own = kept && keptState(kept);
  if (own === undefined || kept === undefined) return newFromFileEra(given, header, events, bounds);
  const { createdAt } = own.session;
  const all = numbered(events, createdAt, bounds);
  const isAsWritten = all.length === kept.events;
  const entryIsAsWritten = given.raw === undefined || isEntryAsWritten(given.raw);
  const last = all.at(-1)?.timestamp ?? createdAt;
  const label = entryIsAsWritten ? own.session.label : bounds.label(given.entry.label);
  const { label: _, ...session } = own.session;
  const counted = isAsWritten ? {} : countersOf(replay(all));
  return {
    state: {
      ...own,
      session: {
        ...session,
        ...defined({ label }),
        ...counted,
        ...(isAsWritten || last < session.updatedAt ? {} : { updatedAt: last }),
        metadata: entryIsAsWritten
          ? session.metadata
          : bounds.metadata({ ...session.metadata, entry: given.raw }),
      },
    },
    events: all,
  };
}

function newFromFileEra(
  { key, entry, raw, agentId, id, modifiedAt }: FileEraSession,
  header: JsonObject | undefined,
  events: readonly MigratedEvent[],
  bounds: Bounds,
): ImportedSession {
  const { archivedAt, updatedAt } = entry;
  const isArchived = entry.archived === true || archivedAt !== undefined;
  const changedAt = timeFrom(updatedAt);
  const hasUsage = events.some(({ data }) => data['usage'] !== undefined);
  return newSession(
    {
      id,
      label: bounds.label(entry.label),
      titles: [entry.displayName, entry.subject, entry.label],
      mode: 'chat',
      status: statusOf(entry.status),
      agentId,
      channelId: entry.channel,
      workspace: entry.spawnedCwd ?? header?.['cwd'],
      model: entry.model,
      provider: entry.modelProvider,
      tokens: hasUsage ? undefined : tokensOf(entry),
      metadata: {
        original: {
          ...(key === undefined ? {} : { key }),
          ...(raw === undefined ? {} : { entry: raw }),
          ...(header === undefined ? {} : { header }),
        },
      },
      createdAt: timeFrom(header?.['timestamp']),
      updatedAt: changedAt,
      ...(isArchived ? { archivedAt: timeFrom(archivedAt) ?? changedAt ?? modifiedAt } : {}),
      events,
    },
    bounds,
    modifiedAt,
  );
}

/** A `running` session of a gateway that is gone runs no more. */
function statusOf(status: string | undefined): Session['status'] {
  if (status === 'done') return 'completed';
  return status === 'failed' || status === 'killed' ? 'failed' : 'paused';
}

function tokensOf({ inputTokens = 0, outputTokens = 0, totalTokens }: StoredEntry): Tokens {
  const [input, output] = [Math.floor(inputTokens), Math.floor(outputTokens)];
  return { input, output, cacheRead: 0, cacheWrite: 0, total: Math.floor(totalTokens ?? input + output) };
}

function countersOf({ toolCalls, toolsUsed, errors, messages, tokens, costUsd }: ReturnType<typeof replay>) {
  return {
    toolCalls,
    toolsUsed: toolsUsed.filter(isName),
    errors,
    messages,
    tokens,
    ...defined({ costUsd }),
  };
}

function readTranscript(transcript: Buffer | undefined, bounds: Bounds): TranscriptContent {
  const events: MigratedEvent[] = [];
  const calls: Calls = new Map();
  let header: JsonObject | undefined;
  let kept: TranscriptContent['kept'];
  let number = 0;
  const content = transcript ?? Buffer.alloc(0);
  for (let from = 0; from < content.length;) {
    const lineEnd = content.indexOf(0x0a, from);
    const until = lineEnd === -1 ? content.length : lineEnd;
    const bytes = content.subarray(from, until);
    from = until + 1;
    number++;
    const decoded = bytes.toString('utf8');
    const text = (number === 1 && decoded.startsWith('\uFEFF') ? decoded.slice(1) : decoded).trim();
    if (text === '') continue;
    const line = objectOf(text);
    if (line === undefined) {
      bounds.notes.push(`Line ${number} of the transcript is damaged and is kept as it is.`);
      const isText = Buffer.from(decoded).equals(bytes);
      const what = isText ? { text: decoded } : { base64: bytes.toString('base64') };
      events.push({ timestamp: undefined, type: 'migrated.damaged_line', data: { line: number, ...what } });
    } else if (line['type'] === 'session' && header === undefined && events.length === 0) {
      header = line;
    } else if (line['type'] === 'custom' && line['customType'] === SESSION_LINE && kept === undefined) {
      kept = keptSession.safeParse(line['data']).data;
    } else {
      const { event, isOwn } = eventFromLine(line, text, calls);
      if (event) events.push(event);
      if (!isOwn) noteCalls(line, calls);
    }
  }
  return { header, kept, events };
}

/** A session that Lockstep has written, held to the same rules as one of an export: others may have changed the file. */
function keptState({
  session,
  iterationOpen,
  pauseReason,
}: z.output<typeof keptSession>): SessionState | undefined {
  const state = { session: { ...session, revision: 0 }, iterationOpen, ...defined({ pauseReason }) };
  const start = { seq: 1, timestamp: String(session['createdAt']), type: 'start', data: {} };
  const lines = [exportHeader(), `${JSON.stringify(state)}\n`, exportedEvent(start), exportEnd(1, 1)];
  try {
    const parsing = parseExport(lines.join(''), Date.now());
    for (;;) {
      const step = parsing.next();
      if (step.done === true) return step.value[0]?.state;
    }
  } catch {
    return undefined; // it is read as a session of the file era is
  }
}

export interface FileEraText {
  readonly entry: JsonObject;
  /** The lines of the transcript, each with its end. */
  readonly transcript: string;
}

/** A session as an entry and a transcript, which hold all of it. `id` names the transcript. */
export function fileEraFrom(
  { state, events }: ImportedSession,
  id: string,
  label: string | undefined,
): FileEraText {
  const { session } = state;
  const { original } = session.metadata;
  const from = isPlainObject(original) ? original : {};
  const header = isPlainObject(from['header']) ? from['header'] : {};
  const { createdAt, updatedAt, workspace = '' } = session;
  const lines = new LineWriter();
  const first = { type: 'session', version: 3, timestamp: createdAt, cwd: workspace, ...header, id };
  const { [MIGRATED_FROM]: _, ...metadata } = session.metadata;
  const kept: unknown = JSON.parse(exportedState({ ...state, session: { ...session, metadata } }));
  const parts = [
    JSON.stringify(first),
    lines.custom(SESSION_LINE, createdAt, { ...(isPlainObject(kept) ? kept : {}), events: events.length }),
    ...events.flatMap((event) => [...lines.event(event)]),
  ];
  const base = isPlainObject(from['entry']) ? from['entry'] : newEntry(session);
  const { sessionFile: _file, [ENTRY_FIELD]: _own, label: _label, ...rest } = base;
  return {
    entry: { ...rest, sessionId: id, updatedAt: Date.parse(updatedAt), ...defined({ label }) },
    transcript: `${parts.join('\n')}\n`,
  };
}

function newEntry(session: Session): JsonObject {
  const { title, tokens, model, provider, channelId, archivedAt, status } = session;
  const { input, output, cacheRead, cacheWrite, total } = tokens;
  const hasTokens = input + output + cacheRead + cacheWrite + total > 0;
  return {
    displayName: title,
    ...(status === 'completed' ? { status: 'done' } : status === 'failed' ? { status: 'failed' } : {}),
    ...defined({ model, modelProvider: provider, channel: channelId }),
    ...(hasTokens ? { inputTokens: input, outputTokens: output, totalTokens: total } : {}),
    ...(archivedAt === undefined ? {} : { archivedAt: Date.parse(archivedAt) }),
  };
}

/** Of an entry without Lockstep's own field. */
export function entryDigest(entry: JsonObject): string {
  const { [ENTRY_FIELD]: _, ...rest } = entry;
  return sha256(JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))));
}

export function isEntryAsWritten(entry: JsonObject): boolean {
  const own = entry[ENTRY_FIELD];
  return isPlainObject(own) && own['entry'] === entryDigest(entry);
}
