import type { SQLInputValue } from 'node:sqlite';
import type { Connection } from '../connection.ts';
import { LOST_EVENT, type FoundEvent } from './foundEvent.ts';

/** What was written of the events of one session. */
export interface EventTally {
  count: number;
  highest: number;
  /** How many of `count` stand for events that could not be read. */
  damaged: number;
}

/** The table `events` of the new store, and what is in it. */
export interface EventTable {
  readonly tallies: ReadonlyMap<string, EventTally>;
  /** In a transaction that is under way. The first sound copy of an event is kept. */
  put(event: FoundEvent, timestamp: number, more: Readonly<Record<string, SQLInputValue>>): void;
  /** In one, too. Events that the other session has already stay behind. */
  move(from: string, to: string): void;
}

export function eventTable(connection: Connection): EventTable {
  const tallies = new Map<string, EventTally>();
  const tallyOf = (session: string): EventTally => {
    let tally = tallies.get(session);
    if (!tally) tallies.set(session, (tally = { count: 0, highest: 0, damaged: 0 }));
    return tally;
  };
  return {
    tallies,
    put({ sessionId, seq, type, data, sound }, timestamp, more) {
      const row = { session_id: sessionId, seq, timestamp, type, data, ...more };
      const columns = Object.keys(row);
      const values = columns.map((column) => `:${column}`);
      const { changes } = connection
        .sql(`INSERT OR IGNORE INTO events (${columns.join(', ')}) VALUES (${values.join(', ')})`)
        .run(row);
      const tally = tallyOf(sessionId);
      if (Number(changes) === 1) {
        tally.count++;
        tally.highest = Math.max(tally.highest, seq);
        if (!sound) tally.damaged++;
        return;
      }
      if (!sound || tally.damaged === 0) return;
      const mended = connection
        .sql(
          `UPDATE events SET timestamp = ?, type = ?, data = ?
           WHERE session_id = ? AND seq = ? AND type = '${LOST_EVENT}' AND ? <> '${LOST_EVENT}'`,
        )
        .run(timestamp, type, data, sessionId, seq, type);
      tally.damaged -= Number(mended.changes);
    },
    move(from, to) {
      const moving = tallies.get(from);
      if (!moving) return;
      const { changes } = connection
        .sql('UPDATE OR IGNORE events SET session_id = ? WHERE session_id = ?')
        .run(to, from);
      if (Number(changes) === 0) return;
      const tally = tallyOf(to);
      tally.count += Number(changes);
      const last = connection.sql('SELECT max(seq) AS seq FROM events WHERE session_id = ?').get(to)?.['seq'];
      tally.highest = Number(last ?? 0);
      if (Number(changes) === moving.count) {
        tally.damaged += moving.damaged;
        tallies.delete(from);
      } else moving.count -= Number(changes);
    },
  };
}
