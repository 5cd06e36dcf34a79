import * as z from 'zod';
import type { Connection } from './connection.ts';

/** What one transaction destroys at most: others who want to write, and this process, wait for that long. */
const SESSIONS_AT_ONCE = 20;
const EVENTS_AT_ONCE = 2500;
/** In bytes of their JSON. */
const BYTES_AT_ONCE = 32 * 1024 * 1024;

const sessionRow = z.object({ id: z.string() });
const eventRow = z.object({ seq: z.int(), bytes: z.int() });

/**
 * The moment at which a session is said to have come into the trash once a part of its history is destroyed: it is
 * the first to be gone on with, and nobody is shown it or can restore it any more.
 */
export const BEING_DESTROYED = 0;

/** Destroys some of what was put into the trash before a moment. */
export function destroySome(
  connection: Connection,
  trashedBefore: number,
): { destroyed: number; more: boolean } {
  const next = connection.sql('SELECT id FROM sessions WHERE trashed_at < ? ORDER BY trashed_at LIMIT 1');
  let room = { events: EVENTS_AT_ONCE, bytes: BYTES_AT_ONCE };
  for (let destroyed = 0; destroyed < SESSIONS_AT_ONCE; destroyed++) {
    const row = next.get(trashedBefore);
    if (!row) return { destroyed, more: false };
    const { id } = sessionRow.parse(row);
    const left = destroyEvents(connection, id, room);
    if (!left) {
      connection.sql('UPDATE sessions SET trashed_at = ? WHERE id = ?').run(BEING_DESTROYED, id);
      return { destroyed, more: true };
    }
    connection.sql('DELETE FROM sessions WHERE id = ?').run(id);
    room = left;
  }
  return { destroyed: SESSIONS_AT_ONCE, more: true };
}

/** The last events of a session, as many as there is room for; gives the room that is left, undefined where it was too little. */
function destroyEvents(
  connection: Connection,
  id: string,
  room: { readonly events: number; readonly bytes: number },
): { events: number; bytes: number } | undefined {
  // The length of a text is known without reading it.
  const rows = connection
    .sql('SELECT seq, octet_length(data) AS bytes FROM events WHERE session_id = ? ORDER BY seq DESC LIMIT ?')
    .all(id, room.events + 1)
    .map((row) => eventRow.parse(row));
  let { events, bytes } = room;
  let first: number | undefined;
  let isWhole = true;
  for (const event of rows) {
    // At least one, however large, so that it goes on.
    if (events === 0 || (bytes < event.bytes && events < EVENTS_AT_ONCE)) {
      isWhole = false;
      break;
    }
    first = event.seq;
    events--;
    bytes -= event.bytes;
  }
  if (first !== undefined)
    connection.sql('DELETE FROM events WHERE session_id = ? AND seq >= ?').run(id, first);
  return isWhole ? { events, bytes } : undefined;
}
