import type { SQLInputValue } from 'node:sqlite';
import * as z from 'zod';
import type { Replayed } from '../../domain/replay.ts';
import * as state from '../../domain/sessionState.ts';
import { jsonBytes, MAX_JSON_BYTES } from '../../protocol/json.ts';
import { MAX_ITERATIONS, session as sessionSchema } from '../../protocol/session.ts';
import { sessionsStart } from '../../protocol/sessionLifecycleMethods.ts';
import type { Connection } from '../connection.ts';
import { json, rowFromState, stateFromRow } from '../sessionRow.ts';
import type { Field } from './record.ts';
import { asCost, asCount, asNames, cutText, isSqlValue, MAX_NAME, MAX_TEXT, ruleOf } from './rowRules.ts';
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

const NO_TITLE = 'Recovered session';
const NO_TASK = '(not readable)';

/** A session of which nothing but its events was found. */
export function rebuiltRow(id: string, history: SessionHistory): Record<string, SQLInputValue> {
  const { replayed, from, to, lastSeq } = history;
  const { task = '', mode = '', context = {}, tokens, model, provider } = replayed;
  const iterations = Math.min(replayed.iterations, MAX_ITERATIONS);
  // Of a damaged history little may be left: a budget that is used up is the least wrong, and can be raised.
  const maxIterations = Math.max(replayed.maxIterations ?? 50, iterations, 1);
  // An error may have ended it or not, so only `complete` says that it has ended. Paused, nothing goes on by itself.
  const status = replayed.status === 'completed' ? ('completed' as const) : ('paused' as const);
  const params = sessionsStart.params.parse({
    ...(task === '' ? { title: NO_TITLE, task: NO_TASK } : { task: cutText(task, MAX_TEXT) }),
    mode: mode === '' ? 'unknown' : cutText(mode, MAX_NAME),
    maxIterations,
    ...(model === undefined ? {} : { model }),
    ...(provider === undefined ? {} : { provider }),
  });
  const session = {
    ...state.start(params, id, from).session,
    status,
    iterations,
    context: jsonBytes(context) <= MAX_JSON_BYTES ? context : {},
    toolCalls: asCount(replayed.toolCalls),
    toolsUsed: asNames(replayed.toolsUsed),
    errors: asCount(replayed.errors),
    messages: asCount(replayed.messages),
    tokens: {
      input: asCount(tokens.input),
      output: asCount(tokens.output),
      cacheRead: asCount(tokens.cacheRead),
      cacheWrite: asCount(tokens.cacheWrite),
      total: asCount(tokens.total),
    },
    ...(replayed.costUsd === undefined ? {} : { costUsd: asCost(replayed.costUsd) }),
    updatedAt: new Date(Math.max(from, to)).toISOString(),
    ...(status === 'completed' ? { endedAt: new Date(to).toISOString() } : {}),
  };
  return rowFromState({ session, iterationOpen: false, pauseReason: undefined, lastSeq });
}

/** A row of `sessions` as it was found. */
export interface FoundSessionRow {
  /** Lacks the columns that are younger than the row: they get their defaults. */
  readonly fields: ReadonlyMap<string, Field | undefined>;
  readonly columns: readonly Column[];
  /** Sessions that have another id now, by the one that they had. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** A session's row as it was found, with what could not be read from its events, or left empty. */
export function mendedRow(
  id: string,
  { fields, columns, renamed }: FoundSessionRow,
  history: () => SessionHistory,
  now: number,
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
    if (name === 'id' || (!fields.has(name) && column.optional)) continue;
    const field = fields.get(name);
    const given = reference(name, field?.value, renamed);
    const value = ruleOf(column, now).safeParse(given);
    // Half a title is better than none.
    if (value.success && isSqlValue(value.data) && field && (field.sound || !WHOLE.has(name))) {
      values[name] = value.data;
      if (!field.sound || value.data !== given) guessed.push(name);
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

/** Half of what names a thing names another. */
const WHOLE: ReadonlySet<string> = new Set(['label', 'parent_id']);

const forked = json.pipe(z.looseObject({ id: z.string() }));

/** What names another session names it by its new id, where it has one. */
function reference(name: string, value: unknown, renamed: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'string' || renamed.size === 0) return value;
  if (name === 'parent_id') return renamed.get(value) ?? value;
  if (name !== 'forked_from') return value;
  const origin = forked.safeParse(value);
  const id = origin.success ? renamed.get(origin.data.id) : undefined;
  return id === undefined ? value : JSON.stringify({ ...origin.data, id });
}

/** Holds what the table and the model demand of columns together. */
function consistent(values: Record<string, SQLInputValue>, guessed: string[]): Record<string, SQLInputValue> {
  const { iterations, max_iterations: most } = values;
  const raised = typeof iterations === 'number' && typeof most === 'number' && iterations > most;
  if (raised) guessed.push('max_iterations');
  return {
    ...values,
    ...(raised ? { max_iterations: iterations } : {}),
    ...endOf(values, guessed),
  };
}

/** A session has an end if its status says so. Of the two, the one that was not readable gives way. */
function endOf(values: Record<string, SQLInputValue>, guessed: string[]): Record<string, SQLInputValue> {
  const { status, error = null, ended_at: endedAt = null, updated_at: updatedAt = null } = values;
  const isEnded = status === 'completed' || status === 'failed';
  if (isEnded === (endedAt !== null)) return {};
  if (!isEnded && guessed.includes('status')) return { status: error === null ? 'completed' : 'failed' };
  if (!guessed.includes('ended_at')) guessed.push('ended_at');
  return { ended_at: isEnded ? updatedAt : null };
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
