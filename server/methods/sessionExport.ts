import * as z from 'zod';
import { LockstepError } from '../domain/errors.ts';
import { exportedEvent, exportedState, exportEnd, exportHeader } from '../domain/sessionExport.ts';
import { itemMarkdown, sessionMarkdown } from '../domain/sessionMarkdown.ts';
import { itemFromEvent } from '../domain/transcriptItem.ts';
import type { SessionEvent } from '../protocol/event.ts';
import type { ParamsOf, ResultOf } from '../protocol/method.ts';
import type { ExportFormat, sessionsExport } from '../protocol/sessionCopyMethods.ts';
import type { SessionStore, StoredState } from '../store/sessionStore.ts';

/** About how much text one answer holds, in characters. */
const PART = 4 * 1024 * 1024;
const EVENTS_AT_ONCE = 1000;

/** Where an export goes on. A session's history goes no further than it did when its part began. */
const placeSchema = z.strictObject({
  /** Sessions that are done, and all events so far. */
  sessions: z.int().min(0),
  events: z.int().min(0),
  /** Within the session that is under way. */
  afterSeq: z.int().min(0),
  lastSeq: z.int().min(0),
  iteration: z.int().min(0),
});
type Place = z.output<typeof placeSchema>;

/** How a format writes what it is given; markdown is told the iteration in which an event stands. */
interface Writer {
  readonly begin: string;
  readonly session: (state: StoredState, isFirst: boolean) => string;
  readonly event: (event: SessionEvent, iteration: number) => string;
  readonly end: (place: Place) => string;
}

const writers: Readonly<Record<ExportFormat, Writer>> = {
  jsonl: {
    begin: exportHeader(),
    session: exportedState,
    event: exportedEvent,
    end: ({ sessions, events }) => exportEnd(sessions, events),
  },
  markdown: {
    begin: '',
    session: ({ session }, isFirst) => `${isFirst ? '' : '\n---\n\n'}${sessionMarkdown(session)}`,
    event: (event, iteration) => itemMarkdown(itemFromEvent(event, iteration)),
    end: () => '',
  },
};

/** The next part of an export. @throws LockstepError SESSION_NOT_FOUND, before anything is given out */
export async function exportPart(
  { ids, format, cursor }: ParamsOf<typeof sessionsExport>,
  store: SessionStore,
): Promise<ResultOf<typeof sessionsExport>> {
  const chosen = [...new Set(ids)];
  const writer = writers[format];
  const parts: string[] = [];
  let length = 0;
  const add = (text: string) => {
    parts.push(text);
    length += text.length;
  };
  let place: Place = { sessions: 0, events: 0, afterSeq: 0, lastSeq: 0, iteration: 0 };
  if (cursor === undefined) {
    for (const id of chosen) await store.get(id);
    add(writer.begin);
  } else {
    place = decode(cursor);
  }
  for (;;) {
    const id = chosen[place.sessions];
    if (id === undefined) break;
    if (place.afterSeq === 0) {
      const state = await store.state(id);
      add(writer.session(state, place.sessions === 0));
      place = { ...place, lastSeq: state.lastSeq };
    }
    const { events } = await store.events({ id, afterSeq: place.afterSeq, limit: EVENTS_AT_ONCE });
    for (const event of events) {
      if (event.seq > place.lastSeq || length >= PART) break;
      const iteration = place.iteration + (event.type === 'iteration' ? 1 : 0);
      add(writer.event(event, iteration));
      place = { ...place, iteration, afterSeq: event.seq, events: place.events + 1 };
    }
    if (place.afterSeq >= place.lastSeq || events.length === 0)
      place = { ...place, sessions: place.sessions + 1, afterSeq: 0, lastSeq: 0, iteration: 0 };
    if (length >= PART && place.sessions < chosen.length)
      return { content: parts.join(''), nextCursor: encode(place) };
  }
  add(writer.end(place));
  return { content: parts.join('') };
}

function encode(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function decode(cursor: string): Place {
  try {
    return placeSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw new LockstepError('INVALID_PARAMS', 'cursor: is not the nextCursor of a part.', {
      details: { param: 'cursor' },
    });
  }
}
