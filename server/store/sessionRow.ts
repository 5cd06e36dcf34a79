import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import * as z from 'zod';
import type { SessionEvent } from '../protocol/event.ts';
import { isPlainObject, type JsonObject } from '../protocol/json.ts';
import { session as sessionSchema, sessionKind, sessionStatus, type Session } from '../protocol/session.ts';
import type { EventText, StoredState } from './sessionStore.ts';
import { storeCorrupt } from './storeErrors.ts';

const text = z.string();
const optionalText = z.string().nullable();
const integer = z.int();
const optionalInteger = z.int().nullable();
/** A row as SQLite gives it. */
export type Row = Record<string, SQLOutputValue>;

/** Text that is JSON. */
export const json = z.string().transform((value, context): unknown => {
  try {
    return JSON.parse(value);
  } catch {
    context.addIssue('is not JSON');
    return z.NEVER;
  }
});
const object = json.pipe(z.custom<JsonObject>(isPlainObject));
const strings = json.pipe(z.array(z.string()));

/** A row of the table `sessions`, as `schema.ts` defines it. A store can be damaged, so rows are read with care. */
const sessionRow = z.object({
  id: text,
  kind: sessionKind,
  label: optionalText,
  title: text,
  mode: text,
  task: text,
  status: sessionStatus,
  iterations: integer,
  max_iterations: integer,
  user_id: optionalText,
  channel_id: optionalText,
  agent_id: optionalText,
  parent_id: optionalText,
  workspace: optionalText,
  context: object,
  // SQL NULL is no result; JSON's null, which a caller may give, is the text `null`.
  result: z.string().nullable(),
  error: optionalText,
  model: optionalText,
  provider: optionalText,
  tokens_input: integer,
  tokens_output: integer,
  tokens_cache_read: integer,
  tokens_cache_write: integer,
  tokens_total: integer,
  cost_usd: z.number().nullable(),
  tool_calls: integer,
  errors: integer,
  messages: integer,
  tools_used: strings,
  blocked_actions: strings,
  metadata: object,
  pausing: integer,
  forked_from: json.pipe(sessionSchema.shape.forkedFrom).nullable(),
  revision: integer,
  created_at: integer,
  updated_at: integer,
  ended_at: optionalInteger,
  archived_at: optionalInteger,
  last_seq: integer,
  iteration_open: integer,
  pause_reason: optionalText,
  trashed_at: optionalInteger,
});

const eventRow = z.object({ seq: integer, timestamp: integer, type: text, data: object });

/** @throws LockstepError STORE_CORRUPT, naming the column. */
export function stateFromRow(row: unknown, path: string): StoredState {
  const r = parsedRow(sessionRow, row, 'sessions', path);
  const session: Session = {
    id: r.id,
    kind: r.kind,
    ...(r.label === null ? {} : { label: r.label }),
    title: r.title,
    mode: r.mode,
    task: r.task,
    status: r.status,
    iterations: r.iterations,
    maxIterations: r.max_iterations,
    ...(r.user_id === null ? {} : { userId: r.user_id }),
    ...(r.channel_id === null ? {} : { channelId: r.channel_id }),
    ...(r.agent_id === null ? {} : { agentId: r.agent_id }),
    ...(r.parent_id === null ? {} : { parentId: r.parent_id }),
    ...(r.workspace === null ? {} : { workspace: r.workspace }),
    context: r.context,
    ...(r.result === null ? {} : { result: jsonFrom(r.result, path) }),
    ...(r.error === null ? {} : { error: r.error }),
    ...(r.model === null ? {} : { model: r.model }),
    ...(r.provider === null ? {} : { provider: r.provider }),
    tokens: {
      input: r.tokens_input,
      output: r.tokens_output,
      cacheRead: r.tokens_cache_read,
      cacheWrite: r.tokens_cache_write,
      total: r.tokens_total,
    },
    ...(r.cost_usd === null ? {} : { costUsd: r.cost_usd }),
    toolCalls: r.tool_calls,
    errors: r.errors,
    messages: r.messages,
    toolsUsed: r.tools_used,
    blockedActions: r.blocked_actions,
    metadata: r.metadata,
    pausing: r.pausing !== 0,
    ...(r.forked_from ? { forkedFrom: r.forked_from } : {}),
    revision: r.revision,
    createdAt: iso(r.created_at),
    updatedAt: iso(r.updated_at),
    ...(r.ended_at === null ? {} : { endedAt: iso(r.ended_at) }),
    ...(r.archived_at === null ? {} : { archivedAt: iso(r.archived_at) }),
    ...(r.trashed_at === null ? {} : { trashedAt: iso(r.trashed_at) }),
  };
  return {
    session,
    iterationOpen: r.iteration_open !== 0,
    pauseReason: r.pause_reason ?? undefined,
    lastSeq: r.last_seq,
  };
}

/** The values of a row, by column. */
export function rowFromState(state: StoredState): Record<string, SQLInputValue> {
  const s = state.session;
  return {
    id: s.id,
    kind: s.kind,
    label: s.label ?? null,
    title: s.title,
    mode: s.mode,
    task: s.task,
    status: s.status,
    iterations: s.iterations,
    max_iterations: s.maxIterations,
    user_id: s.userId ?? null,
    channel_id: s.channelId ?? null,
    agent_id: s.agentId ?? null,
    parent_id: s.parentId ?? null,
    workspace: s.workspace ?? null,
    context: JSON.stringify(s.context),
    result: s.result === undefined ? null : JSON.stringify(s.result),
    error: s.error ?? null,
    model: s.model ?? null,
    provider: s.provider ?? null,
    tokens_input: s.tokens.input,
    tokens_output: s.tokens.output,
    tokens_cache_read: s.tokens.cacheRead,
    tokens_cache_write: s.tokens.cacheWrite,
    tokens_total: s.tokens.total,
    cost_usd: s.costUsd ?? null,
    tool_calls: s.toolCalls,
    errors: s.errors,
    messages: s.messages,
    tools_used: JSON.stringify(s.toolsUsed),
    blocked_actions: JSON.stringify(s.blockedActions),
    metadata: JSON.stringify(s.metadata),
    pausing: s.pausing ? 1 : 0,
    forked_from: s.forkedFrom ? JSON.stringify(s.forkedFrom) : null,
    revision: s.revision,
    created_at: Date.parse(s.createdAt),
    updated_at: Date.parse(s.updatedAt),
    ended_at: s.endedAt === undefined ? null : Date.parse(s.endedAt),
    archived_at: s.archivedAt === undefined ? null : Date.parse(s.archivedAt),
    last_seq: state.lastSeq,
    iteration_open: state.iterationOpen ? 1 : 0,
    pause_reason: state.pauseReason ?? null,
    trashed_at: s.trashedAt === undefined ? null : Date.parse(s.trashedAt),
  };
}

/** @throws LockstepError STORE_CORRUPT, naming the column. */
export function eventFromRow(row: unknown, path: string): SessionEvent {
  const event = parsedRow(eventRow, row, 'events', path);
  return { ...event, timestamp: iso(event.timestamp) };
}

/** @throws LockstepError STORE_CORRUPT, where a column is of another type. */
export function eventTextFromRow({ seq, at, type, data }: Row, path: string): EventText {
  const isRight =
    typeof seq === 'number' && typeof at === 'number' && typeof type === 'string' && typeof data === 'string';
  if (!isRight) throw storeCorrupt(path, 'a row of events cannot be read');
  return { seq, at, type, data };
}

function jsonFrom(value: string, path: string): unknown {
  try {
    return JSON.parse(value);
  } catch (error) {
    throw storeCorrupt(path, 'a row of sessions cannot be read (result: is not JSON)', error);
  }
}

/** A time as the wire has it. */
export function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** STORE_CORRUPT for a row that zod refused, naming the column. */
export function badRow(table: string, error: z.ZodError, path: string): Error {
  const issue = error.issues[0];
  return storeCorrupt(
    path,
    `a row of ${table} cannot be read (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''})`,
  );
}

/** A row, or some columns of one. @throws LockstepError STORE_CORRUPT, naming the column */
export function parsedRow<T extends z.ZodType>(
  schema: T,
  row: unknown,
  table: string,
  path: string,
): z.output<T> {
  const parsed = schema.safeParse(row);
  if (!parsed.success) throw badRow(table, parsed.error, path);
  return parsed.data;
}
