import type { SQLInputValue } from 'node:sqlite';
import type { Replayed } from '../../domain/replay.ts';
import * as state from '../../domain/sessionState.ts';
import { jsonBytes, MAX_JSON_BYTES } from '../../protocol/json.ts';
import { MAX_ITERATIONS, session as sessionSchema } from '../../protocol/session.ts';
import { sessionsStart } from '../../protocol/sessionLifecycleMethods.ts';
import type { Connection } from '../connection.ts';
import { rowFromState, stateFromRow } from '../sessionRow.ts';
import type { Field } from './record.ts';
import { isSqlValue, ruleOf } from './rowRules.ts';
import type { Column } from './tableColumns.ts';

/** What a session's events tell of it. */
export interface SessionHistory {
  readonly replayed: Replayed;
  /** Times of the first and last event, in milliseconds since the epoch; the time of the recovery without any. */
  readonly from: number;
  readonly to: number;
  /** The highest `seq`; 0 without events. */
  readonly lastSeq: number;
}

/** A row of `sessions` for the new store. */
export interface SessionRow {
  readonly values: Record<string, SQLInputValue>;
  /** Columns that could not be read, with what stands in them now being a guess. */
  readonly guessed: readonly string[];
}

/** A session of which nothing but its events was found. */
export function rebuiltRow(id: string, history: SessionHistory): Record<string, SQLInputValue> {
  const { replayed, from, to, lastSeq } = history;
  const { task = '', mode = 'unknown', context = {} } = replayed;
  const iterations = Math.min(replayed.iterations, MAX_ITERATIONS);
  // Of a damaged history little may be left: a budget that is used up is the least wrong, and can be raised.
  const maxIterations = Math.max(replayed.maxIterations ?? 50, iterations, 1);
  // An error may have ended it or not, so only `complete` says that it has ended. Paused, nothing goes on by itself.
  const status = replayed.status === 'completed' ? ('completed' as const) : ('paused' as const);
  const params = sessionsStart.params.safeParse({ task, mode, maxIterations });
  const started = state.start(
    params.data ?? sessionsStart.params.parse({ task: 'Recovered session', mode: 'unknown', maxIterations }),
    id,
    from,
  );
  const session = {
    ...started.session,
    ...(task === '' ? { title: 'Recovered session', task } : { task }),
    mode,
    status,
    iterations,
    context: jsonBytes(context) <= MAX_JSON_BYTES ? context : {},
    toolCalls: replayed.toolCalls,
    toolsUsed: [...replayed.toolsUsed],
    errors: replayed.errors,
    messages: replayed.messages,
    tokens: replayed.tokens,
    ...(replayed.costUsd === undefined ? {} : { costUsd: replayed.costUsd }),
    ...(replayed.model === undefined ? {} : { model: replayed.model }),
    ...(replayed.provider === undefined ? {} : { provider: replayed.provider }),
    updatedAt: new Date(Math.max(from, to)).toISOString(),
    ...(status === 'completed' ? { endedAt: new Date(to).toISOString() } : {}),
  };
  return rowFromState({ session, iterationOpen: false, pauseReason: undefined, lastSeq });
}

/**
 * A session's row as it was found, with what could not be read from its events, or left empty. `found` lacks the
 * columns that are younger than the row: they get their defaults.
 */
export function mendedRow(
  id: string,
  found: ReadonlyMap<string, Field | undefined>,
  columns: readonly Column[],
  history: () => SessionHistory,
): SessionRow {
  let rebuilt: Record<string, SQLInputValue> | undefined;
  // Going through a whole history is only worth it where something is missing.
  const guess = (name: string) => (rebuilt ??= rebuiltRow(id, history()))[name];
  const values: Record<string, SQLInputValue> = {};
  const guessed: string[] = [];
  for (const column of columns) {
    const { name } = column;
    if (name === 'id') values[name] = id;
    // Columns that the first schema has not are left to their defaults.
    if (name === 'id' || (!found.has(name) && column.optional)) continue;
    const field = found.get(name);
    const value = ruleOf(column).safeParse(field?.value);
    // Half a title is better than none; half a label is another label.
    if (value.success && isSqlValue(value.data) && field && (field.sound || name !== 'label')) {
      values[name] = value.data;
      if (!field.sound) guessed.push(name);
      continue;
    }
    guessed.push(name);
    // A revision is the caller's to give.
    if (name === 'revision') continue;
    const instead = column.required ? guess(name) : null;
    if (instead !== undefined) values[name] = instead;
  }
  return { values: consistent(values, guessed), guessed };
}

/** Holds what the table and the model demand of columns together. */
function consistent(values: Record<string, SQLInputValue>, guessed: string[]): Record<string, SQLInputValue> {
  const { iterations, max_iterations: most, status, updated_at: updatedAt } = values;
  const raised = typeof iterations === 'number' && typeof most === 'number' && iterations > most;
  const isEnded = status === 'completed' || status === 'failed';
  const endUnknown = isEnded && (values['ended_at'] ?? null) === null;
  if (raised) guessed.push('max_iterations');
  return {
    ...values,
    ...(raised ? { max_iterations: iterations } : {}),
    ...(endUnknown ? { ended_at: updatedAt ?? null } : {}),
  };
}

/** Whether the store itself can give out what was written. */
export function isServable(connection: Connection, id: string): boolean {
  try {
    const row = connection.sql('SELECT * FROM sessions WHERE id = ?').get(id);
    return sessionSchema.safeParse(stateFromRow(row, connection.path).session).success;
  } catch {
    return false;
  }
}
