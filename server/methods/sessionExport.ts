import { setImmediate } from 'node:timers/promises';
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
/** After so many sessions were looked for, others have their turn. */
const IDS_AT_ONCE = 100;

/** Where an export goes on. A session's history goes no further than it did when its part began. */
const placeSchema = z.strictObject({
  /** Sessions that are done, and all events so far. */
  sessions: z.int().min(0),
  events: z.int().min(0),
  /** Whether the session that is under way was begun: all below is of it. */
  isBegun: z.boolean(),
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

const first: Place = { sessions: 0, events: 0, isBegun: false, afterSeq: 0, lastSeq: 0, iteration: 0 };

/** The next part of an export, of about `partSize` characters. @throws LockstepError SESSION_NOT_FOUND, before anything is given out */
export async function exportPart(
  { ids, format, cursor }: ParamsOf<typeof sessionsExport>,
  store: SessionStore,
  partSize = PART,
): Promise<ResultOf<typeof sessionsExport>> {
  const chosen = [...new Set(ids)];
  const writer = writers[format];
  const parts: string[] = [];
  let length = 0;
  const add = (text: string) => {
    parts.push(text);
    length += text.length;
  };
  let place = first;
  if (cursor === undefined) {
    for (const [index, id] of chosen.entries()) {
      await store.get(id);
      if (index % IDS_AT_ONCE === IDS_AT_ONCE - 1) await setImmediate();
    }
    add(writer.begin);
  } else {
    place = decode(cursor);
  }
  for (;;) {
    const id = chosen[place.sessions];
    if (id === undefined) break;
    if (!place.isBegun) {
      const state = await store.state(id);
      add(writer.session(state, place.sessions === 0));
      place = { ...place, isBegun: true, lastSeq: state.lastSeq };
    }
    let isWhole = place.afterSeq >= place.lastSeq;
    if (!isWhole && length < partSize) {
      const { events } = await store.events({ id, afterSeq: place.afterSeq, limit: EVENTS_AT_ONCE });
      for (const event of events) {
        if (event.seq > place.lastSeq || length >= partSize) break;
        const iteration = place.iteration + (event.type === 'iteration' ? 1 : 0);
        add(writer.event(event, iteration));
        place = { ...place, iteration, afterSeq: event.seq, events: place.events + 1 };
      }
      isWhole = place.afterSeq >= place.lastSeq || events.length === 0;
    }
    if (isWhole) place = { ...first, sessions: place.sessions + 1, events: place.events };
    if (length >= partSize && place.sessions < chosen.length)
      return { content: parts.join(''), nextCursor: encode(place) };
    await setImmediate();
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
