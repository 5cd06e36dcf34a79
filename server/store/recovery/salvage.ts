import type { SQLInputValue } from 'node:sqlite';
import type { Connection } from '../connection.ts';
import { collectRecords, type FoundRecord, type Place } from './collect.ts';
import type { DatabaseFile } from './databaseFile.ts';
import { eventTable, type EventTable } from './eventTable.ts';
import { eventOf, idTextOf, type FoundEvent } from './foundEvent.ts';
import { kindOf } from './foundRow.ts';
import type { Freelist } from './freelist.ts';
import type { Pace } from './pace.ts';
import type { Field, Fields } from './record.ts';
import { counterRule, idRule, isSqlValue, ruleOf } from './rowRules.ts';
import type { FoundTable } from './schemaTable.ts';
import { sessionKind, sessionStatus } from '../../protocol/session.ts';
import { byName, tableColumns, type TableColumns } from './tableColumns.ts';
import type { PageTally } from './treeWalk.ts';

/** A transaction ends with as many events, or characters of their data. */
const BATCH_EVENTS = 500;
const BATCH_LENGTH = 1024 * 1024;

/** A row of `sessions` that was found; its columns are read again when it is its turn. */
export interface SessionPlace {
  readonly place: Place;
  /** Undefined where it could not be read. */
  readonly revision: number | undefined;
  readonly trusted: boolean;
}

/** What was found in the damaged file. The events are in the new store already. */
export interface Salvage {
  readonly columns: TableColumns;
  /** The best row of each session, by id. */
  readonly sessions: ReadonlyMap<string, SessionPlace>;
  readonly events: EventTable;
  /** The revision of each removal, by the id of the session. */
  readonly removals: ReadonlyMap<string, number>;
  /** The highest revision and fence that were found anywhere. */
  readonly revision: number;
  readonly fence: number;
  /** Rows of which nobody could say what they are of. */
  readonly unreadableRows: number;
  /** Events whose time could not be read. */
  readonly untimed: number;
}

export interface SalvageSource {
  readonly database: DatabaseFile;
  readonly tables: readonly FoundTable[];
  readonly freelist: Freelist;
  readonly tally: PageTally;
}

/** Reads all that can be read. Events go into the new store on the way: they may not fit into the memory. */
export async function salvage(
  { database, tables, freelist, tally }: SalvageSource,
  connection: Connection,
  now: number,
  pace: Pace,
): Promise<Salvage> {
  const columnsOf = (name: string) =>
    tableColumns(
      connection,
      name,
      tables.find((table) => table.name === name),
    );
  const [sessionColumns, eventColumns] = [columnsOf('sessions'), columnsOf('events')];
  const [stateColumns, leaseColumns] = [columnsOf('store_state'), columnsOf('leases')];
  const eventRules = eventColumns.columns
    .filter(({ name }) => !EVENT_COLUMNS.has(name))
    .map((column) => ({ name: column.name, rule: ruleOf(column, now) }));

  const sessions = new Map<string, SessionPlace>();
  const removals = new Map<string, number>();
  const events = eventTable(connection);
  let [revision, fence, unreadableRows, untimed] = [0, 0, 0, 0];
  let time = now;
  let batch: (() => void)[] = [];
  let length = 0;

  function flush(): void {
    const writes = batch;
    [batch, length] = [[], 0];
    if (writes.length > 0) connection.write(() => writes.forEach((write) => write()));
  }

  function keepEvent({ fields, certain }: FoundRecord): void {
    const row = byName(fields, eventColumns);
    const event = eventOf(row, now);
    if (!event || (!certain && !isFaultless(event))) {
      if (certain) unreadableRows++;
      return;
    }
    // The rows around an event are of about the same time.
    if (event.timestamp === undefined) untimed++;
    else time = event.timestamp;
    const timestamp = time;
    const more: Record<string, SQLInputValue> = {};
    for (const { name, rule } of eventRules) {
      const value = rule.safeParse(row.get(name)?.value);
      if (value.success && isSqlValue(value.data)) more[name] = value.data;
    }
    batch.push(() => events.put(event, timestamp, more));
    length += event.data.length;
  }

  function keepSession({ fields, place, trusted, certain }: FoundRecord): void {
    const row = byName(fields, sessionColumns);
    const id = idRule.safeParse(idTextOf(row.get('id')));
    if (!id.success || (!certain && !isLikelySession(row))) {
      if (certain) unreadableRows++;
      return;
    }
    const found = { place, trusted, revision: counterOf(row.get('revision')) };
    revision = Math.max(revision, found.revision ?? 0);
    if (isBetter(found, sessions.get(id.data))) sessions.set(id.data, found);
  }

  function keep(record: FoundRecord): void {
    switch (kindOf(record.fields)) {
      case 'event':
        return keepEvent(record);
      case 'session':
        return keepSession(record);
      case 'state': {
        const row = byName(record.fields, stateColumns);
        revision = Math.max(revision, counterOf(row.get('revision')) ?? 0);
        fence = Math.max(fence, counterOf(row.get('fence')) ?? 0);
        return;
      }
      case 'lease':
        fence = Math.max(fence, counterOf(byName(record.fields, leaseColumns).get('fence')) ?? 0);
        return;
      case 'schema':
      case undefined:
    }
  }

  const keepRemoval = (_: string, [id, at]: Fields) => {
    const session = idRule.safeParse(id?.value);
    const removedAt = counterOf(at);
    if (!session.success || removedAt === undefined) return;
    removals.set(session.data, removedAt);
    revision = Math.max(revision, removedAt);
  };

  for await (const records of collectRecords(database, tables, freelist, tally, keepRemoval, pace)) {
    records.forEach(keep);
    if (batch.length >= BATCH_EVENTS || length >= BATCH_LENGTH) flush();
  }
  flush();
  return {
    columns: sessionColumns,
    sessions,
    events,
    removals,
    revision,
    fence,
    unreadableRows,
    untimed,
  };
}

const EVENT_COLUMNS: ReadonlySet<string> = new Set(['session_id', 'seq', 'timestamp', 'type', 'data']);
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Of a page that may not be one, only what is as it should be in every way is taken for an event. */
function isFaultless({ sessionId, timestamp, sound }: FoundEvent): boolean {
  return sound && timestamp !== undefined && UUID.test(sessionId);
}

function isLikelySession(row: ReadonlyMap<string, Field | undefined>): boolean {
  const [id, kind, status] = ['id', 'kind', 'status'].map((name) => row.get(name)?.value);
  return (
    typeof id === 'string' &&
    UUID.test(id) &&
    sessionKind.safeParse(kind).success &&
    sessionStatus.safeParse(status).success
  );
}

function isBetter(one: SessionPlace, other: SessionPlace | undefined): boolean {
  if (!other || one.trusted !== other.trusted) return !other || one.trusted;
  return (one.revision ?? -1) > (other.revision ?? -1);
}

function counterOf(field: Field | undefined): number | undefined {
  const counter = counterRule.safeParse(field?.value);
  return counter.success ? counter.data : undefined;
}
