import * as z from 'zod';
import { replay, type ReplayedEvent } from '../../domain/replay.ts';
import { isPlainObject, type JsonObject } from '../../protocol/json.ts';
import type { Connection } from '../connection.ts';
import { LOST_EVENT, missingEventData } from './foundEvent.ts';
import { json } from '../sessionRow.ts';
import type { EventTally } from './eventTable.ts';
import type { SessionHistory } from './foundSession.ts';

/** As many missing events in a row are believed in because of one number that says so. */
const BELIEVED_ALONE = 10_000;
/** And as many if two numbers say so; no gap is counted that is larger. */
const BELIEVED = 1_000_000;

/** How many events may still be made for missing ones, in the whole store. */
export interface FillBudget {
  left: number;
}

export function fillBudget(): FillBudget {
  return { left: BELIEVED };
}

export interface ClosedGaps {
  /** The highest `seq` there is now. */
  readonly lastSeq: number;
  /** Events that are known to be missing. */
  readonly lost: number;
  /** Whether events have another `seq` now, because so many cannot be missing before them, or cannot be made. */
  readonly renumbered: boolean;
  /** Whether the row's last `seq` is too high to be believed. */
  readonly disbelieved: boolean;
}

const seqRow = z.object({ seq: z.int(), timestamp: z.int() });
const data = json.pipe(z.custom<JsonObject>(isPlainObject));
const eventRow = z.object({ type: z.string(), data, timestamp: z.int() });

interface Fill {
  readonly from: number;
  /** How many events are made. */
  readonly rows: number;
  /** How many events each of them stands for. */
  readonly missing: number;
  readonly timestamp: number;
}

/** A history that may have gaps. */
interface OpenHistory {
  readonly id: string;
  readonly tally: Readonly<EventTally> | undefined;
  /** What the session's row says its last `seq` was. */
  readonly lastSeq: number | undefined;
}

/**
 * Puts `lost` events where a session's history has gaps, so that `seq` counts from 1, to 1 at least, without any.
 * `otherwise` is their time where no event tells one. A number of a damaged file can say that millions are missing: where it stands
 * alone, one event stands for all of them and the following ones move up, or none does.
 */
export function closeGaps(
  connection: Connection,
  { id, tally, lastSeq }: OpenHistory,
  otherwise: number,
  budget: FillBudget,
): ClosedGaps {
  const { count, highest: last } = tally ?? { count: 0, highest: 0 };
  if (count > 0 && count === last && (lastSeq ?? last) <= last) {
    return { lastSeq: last, lost: 0, renumbered: false, disbelieved: false };
  }
  const fills: Fill[] = [];
  const moves: { from: number; to: number }[] = [];
  let [next, shift, lost] = [1, 0, 0];
  let before: number | undefined;

  function close(gap: number, timestamp: number, isConfirmed: boolean): void {
    if (gap > BELIEVED) {
      shift += gap;
      return;
    }
    lost += gap;
    const isBelieved = gap <= budget.left && (gap <= BELIEVED_ALONE || isConfirmed);
    const rows = isBelieved ? gap : 1;
    budget.left -= isBelieved ? gap : 0;
    fills.push({ from: next, rows, missing: isBelieved ? 1 : gap, timestamp });
    shift += gap - rows;
    next += rows;
  }

  const rows = connection
    .sql('SELECT seq, timestamp FROM events WHERE session_id = ? ORDER BY seq')
    .iterate(id);
  let highest = 0;
  for (const row of rows) {
    const { seq, timestamp } = seqRow.parse(row);
    const gap = seq - highest - 1;
    if (gap > 0) close(gap, before ?? timestamp, lastSeq !== undefined && lastSeq >= seq);
    if (shift > 0) moves.push({ from: seq, to: next });
    next++;
    highest = seq;
    before = timestamp;
  }
  const disbelieved = lastSeq !== undefined && lastSeq - highest > BELIEVED;
  if (lastSeq !== undefined && lastSeq > highest) close(lastSeq - highest, before ?? otherwise, false);
  // A session always has a history: one of which nothing is known had its start at least.
  if (next === 1) close(1, otherwise, false);

  const move = connection.sql('UPDATE events SET seq = ? WHERE session_id = ? AND seq = ?');
  for (const { from, to } of moves) move.run(to, id, from);
  const insert = connection.sql(
    'INSERT INTO events (session_id, seq, timestamp, type, data) VALUES (?, ?, ?, ?, ?)',
  );
  for (const { from, rows, missing, timestamp } of fills) {
    for (let seq = from; seq < from + rows; seq++)
      insert.run(id, seq, timestamp, LOST_EVENT, missingEventData(missing));
  }
  return { lastSeq: next - 1, lost, renumbered: moves.length > 0, disbelieved };
}

/** What the events of a session in the new store tell of it. `now` stands for times of which nothing is known. */
export function historyOf(connection: Connection, id: string, lastSeq: number, now: number): SessionHistory {
  let [from, to]: (number | undefined)[] = [];
  function* events(): Iterable<ReplayedEvent> {
    const rows = connection
      .sql('SELECT type, data, timestamp FROM events WHERE session_id = ? ORDER BY seq')
      .iterate(id);
    for (const row of rows) {
      const { type, data, timestamp } = eventRow.parse(row);
      from ??= timestamp;
      to = timestamp;
      yield { type, data };
    }
  }
  const replayed = replay(events());
  return { replayed, from: from ?? now, to: to ?? from ?? now, lastSeq };
}
