import * as z from 'zod';
import { defineMethod } from './method.ts';
import { isoTime, session, sessionKind, sessionStatus, tokens } from './session.ts';

const id = z.string().describe('session id');
const count = z.int().min(0);
const exact = z.string().max(4096);
const storeId = z.string().describe('names the store; another file at the same place has another one');

export const sessionsGet = defineMethod({
  name: 'sessions.get',
  summary: 'One session',
  mutates: false,
  params: z.strictObject({ id }),
  result: session,
});

export const sessionsIsResumable = defineMethod({
  name: 'sessions.isResumable',
  summary: 'Whether a session can be resumed, and what stands in the way',
  mutates: false,
  params: z.strictObject({ id }),
  result: z.strictObject({ resumable: z.boolean(), reason: z.string().optional() }),
});

export const sessionFilter = z.strictObject({
  idPrefix: exact.min(1).optional().describe('the id begins so'),
  label: exact.optional(),
  userId: exact.optional(),
  channelId: exact.optional(),
  mode: exact.optional(),
  kind: sessionKind.optional(),
  status: z.array(sessionStatus).min(1).max(sessionStatus.options.length).optional(),
  parentId: exact.optional(),
  workspace: exact.optional().describe('absolute path; sessions of just this folder'),
  createdAfter: isoTime.optional().describe('this moment included'),
  createdBefore: isoTime.optional().describe('this moment left out'),
  updatedAfter: isoTime.optional().describe('this moment included'),
  updatedBefore: isoTime.optional().describe('this moment left out'),
  text: z
    .string()
    .min(1)
    .max(1024)
    // SQLite would look for what stands before it.
    .refine((value) => !value.includes('\0'), 'must not hold a NUL character')
    .optional()
    .describe('in title, task, label or id; case does not count for ASCII'),
  archived: z
    .union([z.boolean(), z.literal('only')])
    .default(false)
    .describe('true: archived sessions as well; "only": just these'),
  trashed: z.boolean().default(false).describe('true: those in the trash, and only those'),
});

export const sessionsFind = defineMethod({
  name: 'sessions.find',
  summary: 'Sessions that match, newest first',
  mutates: false,
  params: sessionFilter.extend({
    limit: z.int().min(1).max(500).default(100),
    cursor: exact.optional().describe('`nextCursor` of the page before'),
    previews: z.boolean().default(false).describe('true: also the last message of each'),
  }),
  result: z.strictObject({
    sessions: z.array(session),
    nextCursor: z.string().optional(),
    previews: z
      .record(z.string(), z.string())
      .optional()
      .describe(
        'by id, the first 200 characters of the last message; sessions without messages are left out',
      ),
    store: storeId,
    revision: count.describe('of the store when the page was read: where `sessions.changes` goes on'),
  }),
});

export const sessionsChanges = defineMethod({
  name: 'sessions.changes',
  summary: 'Sessions that changed, and ids that went, since a revision',
  mutates: false,
  params: z.strictObject({
    since: count,
    store: exact.optional().describe('the `store` that `since` is of; another one is answered with `reset`'),
  }),
  result: z.strictObject({
    store: storeId,
    revision: count.describe('the last revision covered: the next `since`'),
    more: z.boolean().optional().describe('true: ask again from `revision`, there is more'),
    sessions: z.array(session).describe('at most 1,000, oldest change first'),
    removed: z.array(z.string()).describe('ids that went; none from 0, where nothing was known'),
    reset: z
      .boolean()
      .optional()
      .describe('`since` is not of this store: forget what you have; this is from 0'),
  }),
});

export const sessionsCounts = defineMethod({
  name: 'sessions.counts',
  summary: 'How many sessions there are by status and kind, without archived ones',
  mutates: false,
  params: z.strictObject({}),
  result: z.strictObject({
    byStatus: z.record(sessionStatus, count),
    byKind: z.record(sessionKind, count),
  }),
});
export type SessionCounts = z.output<typeof sessionsCounts.result>;

/** Not a record: names like "900" would lose their place in it. */
const byName = z
  .array(z.strictObject({ name: z.string(), sessions: count }))
  .describe('those that name one; the 100 with the most sessions, most first');

export const sessionsStats = defineMethod({
  name: 'sessions.stats',
  summary: 'Counts, success rate, averages, tokens and cost',
  mutates: false,
  params: sessionFilter.pick({ userId: true, workspace: true, kind: true }).extend({
    archived: z.boolean().default(true).describe('false: without archived sessions'),
  }),
  result: z.strictObject({
    total: count,
    successRate: z.number().min(0).max(100).describe('completed of ended, in percent; 0 when none ended'),
    averageIterations: z.number().min(0),
    averageDurationMs: z.number().min(0).describe('from start to end, of ended sessions'),
    byStatus: z.record(sessionStatus, count),
    byMode: z.record(z.string(), count),
    byKind: z.record(sessionKind, count),
    byUser: byName,
    byWorkspace: byName,
    byDay: z
      .array(
        z.strictObject({
          day: z.iso.date().describe('UTC'),
          started: count,
          completed: count,
          failed: count,
          tokens: count.describe('of the sessions started on that day'),
          costUsd: z.number().min(0).describe('of the sessions started on that day'),
        }),
      )
      .describe('the last 30 days, oldest first'),
    messages: count,
    tokens,
    costUsd: z.number().min(0),
    toolCalls: count,
    errors: count,
  }),
});
export type SessionStats = z.output<typeof sessionsStats.result>;
