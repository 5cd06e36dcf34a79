import * as z from 'zod';
import { sessionKind, sessionStatus } from '../protocol/session.ts';
import type { SessionCounts, SessionStats } from '../protocol/sessionQueryMethods.ts';
import type { Connection } from './connection.ts';
import type { Where } from './findQuery.ts';
import { parsedRow } from './sessionRow.ts';

const DAY_MS = 86_400_000;
const DAYS = 30;
/** Users and workspaces that are told apart. */
const MOST_NAMES = 100;

const count = z.int();
const optionalText = z.string().nullable();

/** Sums are SQLite's total(), which is a float and never overflows. */
const groupRow = z.object({
  status: sessionStatus,
  kind: sessionKind,
  mode: z.string(),
  user_id: optionalText,
  workspace: optionalText,
  sessions: count,
  iterations: z.number(),
  ended: count,
  duration: z.number(),
  messages: z.number(),
  tool_calls: z.number(),
  errors: z.number(),
  cost_usd: z.number(),
  tokens_input: z.number(),
  tokens_output: z.number(),
  tokens_cache_read: z.number(),
  tokens_cache_write: z.number(),
  tokens_total: z.number(),
});
type GroupRow = z.output<typeof groupRow>;

const dayRow = z.object({
  day: count,
  started: count,
  completed: count,
  failed: count,
  tokens: z.number(),
  cost_usd: z.number(),
});

const countRow = z.object({ status: sessionStatus, kind: sessionKind, sessions: count });

/** Answered from an index alone. */
export function readCounts(connection: Connection): SessionCounts {
  const groups = connection
    .sql(
      `SELECT status, kind, count(*) AS sessions FROM sessions
       WHERE archived_at IS NULL AND trashed_at IS NULL GROUP BY status, kind`,
    )
    .all()
    .map((row) => parsedRow(countRow, row, 'sessions', connection.path));
  return counted(groups);
}

function counted(groups: readonly z.output<typeof countRow>[]): SessionCounts {
  const sum = (of: (group: z.output<typeof countRow>) => boolean) =>
    groups.reduce((total, group) => total + (of(group) ? group.sessions : 0), 0);
  return {
    byStatus: {
      active: sum(({ status }) => status === 'active'),
      paused: sum(({ status }) => status === 'paused'),
      timeout: sum(({ status }) => status === 'timeout'),
      completed: sum(({ status }) => status === 'completed'),
      failed: sum(({ status }) => status === 'failed'),
    } satisfies SessionCounts['byStatus'],
    byKind: {
      session: sum(({ kind }) => kind === 'session'),
      workflow: sum(({ kind }) => kind === 'workflow'),
      step: sum(({ kind }) => kind === 'step'),
      conversation: sum(({ kind }) => kind === 'conversation'),
    } satisfies SessionCounts['byKind'],
  };
}

/** One pass over the sessions: grouped by all that they are counted by, then added up here. */
export function readStats(connection: Connection, where: Where, now: number): SessionStats {
  const groups = connection
    .sql(
      `SELECT status, kind, mode, user_id, workspace,
         count(*) AS sessions, total(iterations) AS iterations,
         count(ended_at) AS ended, total(ended_at - created_at) AS duration,
         total(messages) AS messages, total(tool_calls) AS tool_calls, total(errors) AS errors,
         total(cost_usd) AS cost_usd,
         total(tokens_input) AS tokens_input, total(tokens_output) AS tokens_output,
         total(tokens_cache_read) AS tokens_cache_read, total(tokens_cache_write) AS tokens_cache_write,
         total(tokens_total) AS tokens_total
       FROM sessions ${where.sql} GROUP BY status, kind, mode, user_id, workspace`,
    )
    .all(...where.values)
    .map((row) => parsedRow(groupRow, row, 'sessions', connection.path));
  const sum = (of: (group: GroupRow) => number) => groups.reduce((total, group) => total + of(group), 0);
  /** Never over what a number holds exactly. */
  const whole = (of: (group: GroupRow) => number) => Math.min(Math.round(sum(of)), Number.MAX_SAFE_INTEGER);
  const sessions = (of: (group: GroupRow) => boolean) => sum((group) => (of(group) ? group.sessions : 0));
  const total = sessions(() => true);
  const ended = sum((group) => group.ended);
  return {
    total,
    successRate: ended === 0 ? 0 : (sessions(({ status }) => status === 'completed') / ended) * 100,
    averageIterations: total === 0 ? 0 : sum(({ iterations }) => iterations) / total,
    averageDurationMs: ended === 0 ? 0 : Math.max(0, sum(({ duration }) => duration) / ended),
    ...counted(groups),
    byMode: Object.fromEntries(byName(groups, ({ mode }) => mode).map((of) => [of.name, of.sessions])),
    byUser: byName(groups, ({ user_id }) => user_id).slice(0, MOST_NAMES),
    byWorkspace: byName(groups, ({ workspace }) => workspace).slice(0, MOST_NAMES),
    byDay: readDays(connection, where, now),
    messages: whole(({ messages }) => messages),
    tokens: {
      input: whole((group) => group.tokens_input),
      output: whole((group) => group.tokens_output),
      cacheRead: whole((group) => group.tokens_cache_read),
      cacheWrite: whole((group) => group.tokens_cache_write),
      total: whole((group) => group.tokens_total),
    },
    costUsd: sum((group) => group.cost_usd),
    toolCalls: whole((group) => group.tool_calls),
    errors: whole((group) => group.errors),
  };
}

/** Sessions by a name, the most frequent first. */
function byName(
  groups: readonly GroupRow[],
  nameOf: (group: GroupRow) => string | null,
): { name: string; sessions: number }[] {
  const totals = new Map<string, number>();
  for (const group of groups) {
    const name = nameOf(group);
    if (name !== null) totals.set(name, (totals.get(name) ?? 0) + group.sessions);
  }
  return [...totals]
    .map(([name, sessions]) => ({ name, sessions }))
    .sort((a, b) => b.sessions - a.sessions || (a.name < b.name ? -1 : 1));
}

/** The last days, UTC, those without sessions too. What ended counts for the day on which it ended. */
function readDays(connection: Connection, { sql, values }: Where, now: number): SessionStats['byDay'] {
  const today = Math.floor(now / DAY_MS);
  const first = today - DAYS + 1;
  const rows = connection
    .sql(
      `SELECT created_at / ${DAY_MS} AS day, count(*) AS started, 0 AS completed, 0 AS failed,
         total(tokens_total) AS tokens, total(cost_usd) AS cost_usd
       FROM sessions ${sql} AND created_at >= ? GROUP BY day
       UNION ALL
       SELECT ended_at / ${DAY_MS} AS day, 0, count(*) FILTER (WHERE status = 'completed'),
         count(*) FILTER (WHERE status = 'failed'), 0.0, 0.0
       FROM sessions ${sql} AND ended_at >= ? GROUP BY day`,
    )
    .all(...values, first * DAY_MS, ...values, first * DAY_MS)
    .map((row) => parsedRow(dayRow, row, 'sessions', connection.path));
  const byDay = Map.groupBy(rows, ({ day }) => day);
  return Array.from({ length: DAYS }, (_, index) => {
    const ofDay = byDay.get(first + index) ?? [];
    const sum = (of: (row: z.output<typeof dayRow>) => number) =>
      ofDay.reduce((total, row) => total + of(row), 0);
    return {
      day: new Date((first + index) * DAY_MS).toISOString().slice(0, 10),
      started: sum(({ started }) => started),
      completed: sum(({ completed }) => completed),
      failed: sum(({ failed }) => failed),
      tokens: Math.min(
        sum(({ tokens }) => tokens),
        Number.MAX_SAFE_INTEGER,
      ),
      costUsd: sum(({ cost_usd }) => cost_usd),
    };
  });
}
