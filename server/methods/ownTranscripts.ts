import { setImmediate } from 'node:timers/promises';
import type { RecordFilter } from '../domain/recordFilter.ts';
import { itemFromEvent } from '../domain/transcriptItem.ts';
import { RUN_KIND } from '../domain/workflowPlan.ts';
import type { SessionEvent } from '../protocol/event.ts';
import type { TranscriptItem, TranscriptPage } from '../protocol/transcript.ts';
import type { PageQuery } from '../sources/source.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import { AGENT_EVENT, OUTPUT_EVENT, STATE_EVENT, TOLD_EVENT } from '../workflows/run/runRecord.ts';
import { REQUEST_EVENT } from '../workflows/run/runRequest.ts';

/** Events that a scan reads from the store at once: those of a few hundred kilobytes, as a rule. */
const EVENTS_AT_ONCE = 250;
/** 512 KiB, in characters of the events' JSON: others have their turn after so much. */
const MAX_WITHOUT_PAUSE = 512 * 1024;
/** 4 MiB: about how much one call goes through, in characters of the events' JSON, and how much it shows. */
const MAX_SCAN = 4 * 1024 * 1024;
const MAX_SHOWN = 1024 * 1024;

/** What runners, and those that ask something of them, keep in a run for each other: nobody reads it who reads of the run. */
const BOOKKEEPING: ReadonlySet<string> = new Set([
  STATE_EVENT,
  AGENT_EVENT,
  OUTPUT_EVENT,
  TOLD_EVENT,
  REQUEST_EVENT,
]);

type IsShown = (type: string) => boolean;

/** An event, and how many iterations began from the beginning of what was read up to it. */
interface ReadEvent {
  readonly event: SessionEvent;
  readonly iterations: number;
}

interface Stretch {
  /** Those that are shown. */
  readonly events: readonly ReadEvent[];
  /** Undefined where there are no events, shown or not. */
  readonly start: number | undefined;
  readonly end: number;
  /** How many iterations began in it. */
  readonly iterations: number;
}

/** How many iterations began before a place of a history. */
interface Counted {
  readonly id: string;
  readonly seq: number;
  readonly iterations: number;
}

/** The part of a store that is read here. */
export type Histories = Pick<
  SessionStore,
  'get' | 'lastEvents' | 'events' | 'eventTexts' | 'eventOf' | 'countEvents'
>;

/**
 * The transcripts of Lockstep's own sessions. Positions are `seq`s; a history is append-only, so its generation is the
 * session itself.
 */
export class OwnTranscripts {
  readonly #store: Histories;
  /** Where the last page ended: to count from the beginning for each part of a long history takes longer than to read it. */
  #counted: Counted | undefined;

  constructor(store: Histories) {
    this.#store = store;
  }

  async page(id: string, query: PageQuery): Promise<TranscriptPage> {
    const { kind } = await this.#store.get(id);
    const isShown: IsShown = (type) => kind !== RUN_KIND || !BOOKKEEPING.has(type);
    const newest = (await this.#store.lastEvents(id, 1)).at(-1)?.seq ?? 0;
    const isKnown = query.generation === undefined || query.generation === id;
    const isThere = isKnown && (query.from ?? 0) <= newest + 1;
    // Who scans begins anew where the place is gone, as in every source.
    const asked = query.scan !== undefined && !isThere ? 1 : isKnown ? query.from : undefined;
    const from = asked === undefined ? undefined : clamp(asked, 1, newest + 1);
    const before = clamp((isKnown ? query.before : undefined) ?? newest + 1, 1, newest + 1);
    const stretch =
      from === undefined
        ? countedIn(await this.#store.lastEvents(id, query.limit, { before }), before, isShown)
        : await this.#eventsFrom(id, from, query, isShown);
    const start = from ?? stretch.start ?? before;
    return {
      items: await this.#items(id, start, stretch),
      start,
      end: stretch.end,
      atStart: start <= 1,
      atEnd: stretch.end > newest,
      size: Math.max(newest + 1, stretch.end),
      generation: id,
    };
  }

  async #eventsFrom(
    id: string,
    from: number,
    { limit, scan }: PageQuery,
    isShown: IsShown,
  ): Promise<Stretch> {
    if (scan !== undefined) return this.#scan(id, from, { limit, filter: scan.filter, isShown });
    const { events } = await this.#store.events({ id, afterSeq: from - 1, limit });
    return countedIn(events, (events.at(-1)?.seq ?? from - 1) + 1, isShown);
  }

  /** Events that are shown and that the filter lets through; the others are not parsed. */
  async #scan(
    id: string,
    from: number,
    {
      limit,
      filter,
      isShown,
    }: {
      readonly limit: number;
      readonly filter: RecordFilter | undefined;
      readonly isShown: IsShown;
    },
  ): Promise<Stretch> {
    const events: ReadEvent[] = [];
    let end = from;
    let iterations = 0;
    let read = 0;
    let shown = 0;
    let sincePause = 0;
    while (end - from < limit && read < MAX_SCAN && shown < MAX_SHOWN) {
      const some = { id, afterSeq: end - 1, limit: Math.min(EVENTS_AT_ONCE, limit - (end - from)) };
      const { events: texts } = await this.#store.eventTexts(some);
      const last = texts.at(-1);
      if (last === undefined) break;
      for (const text of texts) {
        const { type, data } = text;
        if (type === 'iteration') iterations += 1;
        read += data.length;
        sincePause += data.length;
        if (sincePause > MAX_WITHOUT_PAUSE) {
          await setImmediate();
          sincePause = data.length;
        }
        if (!isShown(type) || filter?.acceptsText(`"${type}" ${data}`) === false) continue;
        events.push({ event: this.#store.eventOf(text), iterations });
        shown += data.length;
      }
      end = last.seq + 1;
      await setImmediate();
      sincePause = 0;
    }
    return { events, start: from, end, iterations };
  }

  async #items(id: string, start: number, { events, end, iterations }: Stretch): Promise<TranscriptItem[]> {
    const isNumbered = events.some(
      ({ event }) => event.type === 'iteration' || event.type === 'iteration_end',
    );
    const known =
      this.#counted?.id === id && this.#counted.seq === start ? this.#counted.iterations : undefined;
    const before = known ?? (isNumbered ? await this.#store.countEvents(id, 'iteration', start) : undefined);
    if (before !== undefined) this.#counted = { id, seq: end, iterations: before + iterations };
    return events.map((each) => itemFromEvent(each.event, (before ?? 0) + each.iterations));
  }
}

function countedIn(events: readonly SessionEvent[], end: number, isShown: IsShown): Stretch {
  let iterations = 0;
  const counted = events.flatMap((event) => {
    if (event.type === 'iteration') iterations += 1;
    return isShown(event.type) ? [{ event, iterations }] : [];
  });
  return { events: counted, start: events[0]?.seq, end, iterations };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
