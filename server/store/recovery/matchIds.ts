import { nameText } from '../../protocol/session.ts';
import type { Connection } from '../connection.ts';
import type { Problems } from './problems.ts';
import { cutText, MAX_NAME } from './rowRules.ts';
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

export interface MatchedIds {
  readonly sessions: readonly SessionToMake[];
  /** Sessions that have another id now, since their own was none that could be used; by the one that they had. */
  readonly renamed: ReadonlyMap<string, string>;
}

/**
 * Says which sessions there are. An id with a wrong byte is put right where it is that of another session but for
 * that byte: its events go to that session, or its row gets the id of its events.
 */
export function matchIds(found: Salvage, connection: Connection, problems: Problems): MatchedIds {
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
  const renamed = new Map<string, string>();
  const isTaken = (id: string) => rows.has(id) || events.tallies.has(id);
  for (const id of new Set([...rows.keys(), ...events.tallies.keys()])) {
    if (nameText(MAX_NAME).safeParse(id).success) continue;
    // Nobody can type such an id, and no store imports it; mostly it is not the right one anyway.
    const to = freeId(id, isTaken);
    const row = rows.get(id);
    if (row) rows.set(to, row);
    rows.delete(id);
    connection.write(() => events.move(id, to));
    renamed.set(id, to);
    problems.say(`Session ${to} has a new id: its own had control characters, or was too long.`);
  }
  const before = new Map([...renamed].map(([from, to]) => [to, from]));
  const make = (id: string, row: SessionPlace | undefined): SessionToMake => {
    const removedAt = removals.get(before.get(id) ?? id) ?? -1;
    return { id, row, removed: row?.trusted !== true && removedAt > (row?.revision ?? -1) };
  };
  return {
    renamed,
    sessions: [
      ...[...rows].map(([id, row]) => make(id, row)),
      ...withoutRow().map((id) => make(id, undefined)),
    ],
  };
}

function freeId(id: string, isTaken: (id: string) => boolean): string {
  const readable = cutText(id.replaceAll(/\p{Cc}/gu, '_'), MAX_NAME);
  let free = readable;
  for (let number = 2; isTaken(free); number++) {
    const ending = `_${number}`;
    free = cutText(readable, MAX_NAME - ending.length) + ending;
  }
  return free;
}
