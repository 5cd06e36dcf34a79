import type { SQLInputValue } from 'node:sqlite';
import type { Connection } from '../connection.ts';
import { overflowBudget, recordAt } from './btree.ts';
import { isServable, mendedRow, rebuiltRow, type SessionHistory } from './foundSession.ts';
import { closeGaps, fillBudget, historyOf, type FillBudget } from './history.ts';
import type { MatchedIds, SessionToMake } from './matchIds.ts';
import type { Pace } from './pace.ts';
import { counted, type Problems } from './problems.ts';
import { isTime, seqRule } from './rowRules.ts';
import type { Salvage } from './salvage.ts';
import { byName } from './tableColumns.ts';

/** As many sessions are written in one transaction. */
const BATCH = 50;
/** Or fewer, where they take longer than this, in milliseconds. */
const BATCH_MS = 8;

export interface MadeSessions {
  readonly saved: number;
  readonly rebuilt: number;
  /** Events known to be missing. */
  readonly lost: number;
  /** The highest revision in use. */
  readonly revision: number;
}

/** Writes the sessions, and closes the gaps in their histories. */
export async function makeSessions(
  { sessions, renamed }: MatchedIds,
  found: Salvage,
  connection: Connection,
  now: number,
  problems: Problems,
  pace: Pace,
): Promise<MadeSessions> {
  const unique = uniqueValues(found.revision);
  const making = { found, renamed, connection, unique, now, budget: fillBudget(), problems };
  const made = { saved: 0, rebuilt: 0, lost: 0 };
  const removed = sessions.filter((session) => session.removed).length;
  if (removed > 0) {
    problems.say(`${counted(removed, 'session')} that had been removed came back; look into the trash.`);
  }
  // Where two have the same label, the one that was changed last keeps it.
  const ordered = [...sessions].sort((a, b) => (b.row?.revision ?? -1) - (a.row?.revision ?? -1));
  for (let next = 0; next < ordered.length;) {
    const wait = pace();
    if (wait) await wait;
    const begun = performance.now();
    connection.write(() => {
      for (const session of ordered.slice(next, next + BATCH)) {
        const { lost, isRebuilt } = makeSession(session, making);
        made.lost += lost;
        if (isRebuilt) made.rebuilt++;
        else made.saved++;
        next++;
        // A long history takes its time.
        if (performance.now() - begun > BATCH_MS) break;
      }
    });
  }
  return { ...made, revision: unique.revision() };
}

/** What making one session has in common with making the others. */
interface Making {
  readonly found: Salvage;
  readonly renamed: MatchedIds['renamed'];
  readonly connection: Connection;
  readonly unique: UniqueValues;
  readonly now: number;
  readonly budget: FillBudget;
  readonly problems: Problems;
}

function makeSession(
  { id, row, removed }: SessionToMake,
  { found: { columns, events }, renamed, connection, unique, now, budget, problems }: Making,
): { lost: number; isRebuilt: boolean } {
  const { place } = row ?? {};
  const fields = place && recordAt(place.source, place.page, place.cell, overflowBudget(place.source));
  const found = fields && byName(fields, columns);
  const claimed = seqRule.safeParse(found?.get('last_seq')?.value);
  const created = found?.get('created_at')?.value;
  const gaps = closeGaps(
    connection,
    { id, tally: events.tallies.get(id), lastSeq: claimed.success ? claimed.data : undefined },
    isTime(created, now) ? created : now,
    budget,
  );
  sayGaps(id, gaps, problems);
  const { lost, lastSeq } = gaps;
  let known: SessionHistory | undefined;
  const history = () => (known ??= historyOf(connection, id, lastSeq, now));
  if (found) {
    const { values, guessed } = mendedRow(
      id,
      { fields: found, columns: columns.columns, renamed },
      history,
      now,
    );
    if (removed) values['trashed_at'] ??= now;
    insert(connection, { ...values, ...unique.claim(id, values, problems), last_seq: lastSeq });
    if (isServable(connection, id)) {
      if (guessed.length > 0) {
        problems.say(`Session ${id}: ${guessed.join(', ')} could not be read, or not wholly.`);
      }
      return { lost, isRebuilt: false };
    }
    connection.sql('DELETE FROM sessions WHERE id = ?').run(id);
  }
  problems.say(
    row
      ? `The row of session ${id} makes no sense; it was made anew from its events.`
      : `The row of session ${id} is gone; it was made anew from its ${counted(lastSeq, 'event')}.`,
  );
  const values = rebuiltRow(id, history());
  if (removed) values['trashed_at'] = now;
  insert(connection, { ...values, ...unique.claim(id, {}, problems) });
  return { lost, isRebuilt: true };
}

function sayGaps(id: string, gaps: ReturnType<typeof closeGaps>, problems: Problems): void {
  if (gaps.lost > 0) problems.say(`Session ${id}: ${counted(gaps.lost, 'event')} could not be found.`);
  if (gaps.renumbered) {
    problems.say(`Session ${id}: events have a new seq, because their own left too large a gap.`);
  }
  if (gaps.disbelieved) {
    problems.say(`Session ${id}: its row tells of far more events than there can have been.`);
  }
}

/** Holds what the table demands to be unique. */
interface UniqueValues {
  /** The row's label and revision, or others where they are taken. */
  claim(
    id: string,
    row: Readonly<Record<string, SQLInputValue>>,
    problems: Problems,
  ): Record<string, SQLInputValue>;
  /** The highest revision there is now. */
  revision(): number;
}

function uniqueValues(highest: number): UniqueValues {
  const labels = new Set<string>();
  const revisions = new Set<SQLInputValue>();
  let top = highest;
  return {
    revision: () => top,
    claim(id, { label: wanted, revision = null, trashed_at: trashedAt = null }, problems) {
      let label = typeof wanted === 'string' ? wanted : null;
      // In the trash a session keeps its label, while another may have it, too.
      const isLive = trashedAt === null;
      if (isLive && label !== null && labels.has(label)) {
        problems.say(`Session ${id} lost its label "${label}", which another has too.`);
        label = null;
      }
      if (isLive && label !== null) labels.add(label);
      const kept = revision !== null && !revisions.has(revision) ? revision : ++top;
      revisions.add(kept);
      return { label, revision: kept };
    },
  };
}

function insert(connection: Connection, values: Record<string, SQLInputValue>): void {
  const columns = Object.keys(values);
  connection
    .sql(
      `INSERT INTO sessions (${columns.join(', ')}) VALUES (${columns.map((name) => `:${name}`).join(', ')})`,
    )
    .run(values);
}
