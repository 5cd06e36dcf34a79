import * as z from 'zod';
import type { sessionKind, sessionStatus } from '../protocol/session.ts';
import type { SessionStats } from '../protocol/sessionQueryMethods.ts';
import type { Connection } from './connection.ts';
import type { Where } from './findQuery.ts';

const count = z.int();
/** Of SQLite's total(), which is a float and never overflows. */
const sum = z.number().transform((value) => Math.min(Math.round(value), Number.MAX_SAFE_INTEGER));

const totalsRow = z.object({
  total: count,
  completed: count,
  ended: count,
  average_iterations: z.number().nullable(),
  average_duration: z.number().nullable(),
  messages: sum,
  tool_calls: sum,
  errors: sum,
  cost_usd: z.number(),
  tokens_input: sum,
  tokens_output: sum,
  tokens_cache_read: sum,
  tokens_cache_write: sum,
  tokens_total: sum,
});

const groupRow = z.object({ name: z.string(), total: z.int() });

export function readStats(connection: Connection, { sql, values }: Where): SessionStats {
  const t = totalsRow.parse(
    connection
      .sql(
        `SELECT count(*) AS total,
           count(*) FILTER (WHERE status = 'completed') AS completed,
           count(*) FILTER (WHERE status IN ('completed', 'failed')) AS ended,
           avg(iterations) AS average_iterations,
           avg(ended_at - created_at) AS average_duration,
           total(messages) AS messages, total(tool_calls) AS tool_calls, total(errors) AS errors,
           total(cost_usd) AS cost_usd,
           total(tokens_input) AS tokens_input, total(tokens_output) AS tokens_output,
           total(tokens_cache_read) AS tokens_cache_read, total(tokens_cache_write) AS tokens_cache_write,
           total(tokens_total) AS tokens_total
         FROM sessions ${sql}`,
      )
      .get(...values),
  );
  const groups = (column: 'status' | 'mode' | 'kind') =>
    z
      .array(groupRow)
      .parse(
        connection
          .sql(`SELECT ${column} AS name, count(*) AS total FROM sessions ${sql} GROUP BY ${column}`)
          .all(...values),
      )
      .map(({ name, total }): [string, number] => [name, total]);
  const byStatus = new Map(groups('status'));
  const byKind = new Map(groups('kind'));
  return {
    total: t.total,
    successRate: t.ended === 0 ? 0 : (t.completed / t.ended) * 100,
    averageIterations: t.average_iterations ?? 0,
    averageDurationMs: t.average_duration ?? 0,
    byStatus: {
      active: byStatus.get('active') ?? 0,
      paused: byStatus.get('paused') ?? 0,
      timeout: byStatus.get('timeout') ?? 0,
      completed: byStatus.get('completed') ?? 0,
      failed: byStatus.get('failed') ?? 0,
    } satisfies Record<z.infer<typeof sessionStatus>, number>,
    byMode: Object.fromEntries(groups('mode')),
    byKind: {
      session: byKind.get('session') ?? 0,
      workflow: byKind.get('workflow') ?? 0,
      step: byKind.get('step') ?? 0,
      conversation: byKind.get('conversation') ?? 0,
    } satisfies Record<z.infer<typeof sessionKind>, number>,
    messages: t.messages,
    tokens: {
      input: t.tokens_input,
      output: t.tokens_output,
      cacheRead: t.tokens_cache_read,
      cacheWrite: t.tokens_cache_write,
      total: t.tokens_total,
    },
    costUsd: t.cost_usd,
    toolCalls: t.tool_calls,
    errors: t.errors,
  };
}
