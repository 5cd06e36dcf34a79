import type { Connection } from '../connection.ts';
import type { Problems } from './problems.ts';
import type { Salvage, SessionPlace } from './salvage.ts';
import { similarIds } from './similarIds.ts';

/** A session of the new store: its row, where one was found, or else what its events tell. */
export interface SessionToMake {
  readonly id: string;
  readonly row: SessionPlace | undefined;
  /**
   * Whether it was removed after the row that was found was written. Such rows stand where nothing points to any
   * more; a row at its place is of a session that is there, whatever else is said of it.
   */
  readonly removed: boolean;
}

/**
 * Says which sessions there are. An id with a wrong byte is put right where it is that of another session but for
 * that byte: its events go to that session, or its row gets the id of its events.
 */
export function matchIds(found: Salvage, connection: Connection, problems: Problems): SessionToMake[] {
  const { sessions, events, removals } = found;
  const rows = new Map(sessions);
  const withoutRow = () => [...events.tallies.keys()].filter((id) => !rows.has(id));

  const countOf = (id: string) => events.tallies.get(id)?.count ?? 0;
  const alone = withoutRow().sort((a, b) => countOf(b) - countOf(a));
  // The same byte is not wrong twice: an id that several events have is right.
  const find = similarIds([...rows.keys(), ...alone.filter((id) => countOf(id) > 1)]);
  for (const id of alone) {
    const other = find(id);
    if (other === undefined) continue;
    const row = rows.get(other);
    if (row && countOf(other) === 0) {
      rows.delete(other);
      rows.set(id, row);
      problems.say(`The id of session ${id} was damaged in its row, and put right after its events.`);
    } else if (row || countOf(other) > countOf(id)) {
      connection.write(() => events.move(id, other));
      problems.say(`Events of session ${other} had a damaged id, and were put back.`);
    }
  }
  for (const id of new Set([...rows.keys(), ...events.tallies.keys()])) {
    const printable = id.replaceAll(/\p{Cc}/gu, '_');
    if (printable === id) continue;
    // Nobody can type such an id, and it is not the right one anyway.
    const row = rows.get(id);
    if (row) rows.set(printable, row);
    rows.delete(id);
    connection.write(() => events.move(id, printable));
  }
  const isRemoved = (id: string, row: SessionPlace | undefined) =>
    row?.trusted !== true && (removals.get(id) ?? -1) > (row?.revision ?? -1);
  return [
    ...[...rows].map(([id, row]) => ({ id, row, removed: isRemoved(id, row) })),
    ...withoutRow().map((id) => ({ id, row: undefined, removed: isRemoved(id, undefined) })),
  ];
}
