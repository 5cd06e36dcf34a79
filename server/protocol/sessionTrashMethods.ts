import * as z from 'zod';
import { defineMethod } from './method.ts';
import { leaseToken as lease, session } from './session.ts';

const id = z.string().describe('session id');

/** How long a removed session can be restored, in days; then it is destroyed. */
export const TRASH_DAYS = 7;

/** The most sessions that one plan of a clean-up names, and that can be chosen of it. */
export const MAX_PLANNED = 1000;

export const sessionsRemove = defineMethod({
  name: 'sessions.remove',
  summary: 'Put a session into the trash, from which it can be restored for 7 days',
  mutates: true,
  params: z.strictObject({ id, lease }),
  result: session,
});

export const sessionsRestore = defineMethod({
  name: 'sessions.restore',
  summary: 'Take a session out of the trash; a label that was taken meanwhile is dropped',
  mutates: true,
  params: z.strictObject({ id }),
  result: session,
});

/** A session that a clean-up would put into the trash. */
const plannedSession = session
  .pick({
    id: true,
    kind: true,
    title: true,
    label: true,
    status: true,
    workspace: true,
    iterations: true,
    messages: true,
    createdAt: true,
    endedAt: true,
    archivedAt: true,
  })
  .extend({ fingerprint: z.string().describe('differs once the session has changed') });
export type PlannedSession = z.infer<typeof plannedSession>;

/** A planned item: its fingerprint, or the item itself as the plan showed it. */
const item = z.union([
  z.string(),
  z.looseObject({ fingerprint: z.string() }).transform(({ fingerprint }) => fingerprint),
]);

export const sessionsCleanup = defineMethod({
  name: 'sessions.cleanup',
  summary: 'Plan which old sessions to put into the trash, or put them there',
  mutates: true,
  params: z.strictObject({
    olderThanDays: z
      .number()
      .min(0)
      .max(36_500)
      .default(30)
      .describe('days since it ended, or was archived; does not count for `items`, which a plan has named'),
    dryRun: z.boolean().default(true).describe('true: only the plan'),
    items: z
      .array(item)
      .max(MAX_PLANNED)
      .optional()
      .describe('only these, as the plan gave them (or their fingerprints)'),
  }),
  result: z.strictObject({
    sessions: z
      .array(plannedSession)
      .describe(`the plan, the oldest first: ended or archived sessions; at most ${MAX_PLANNED}`),
    total: z.int().min(0).describe('how many there are, also those that the plan has no room for'),
    removed: z.array(z.string()).describe('ids of those that are in the trash now'),
    skipped: z
      .array(z.strictObject({ id: z.string(), message: z.string() }))
      .describe('what was left, and why: changed since the plan, or somebody works on it'),
  }),
  deadlineMs: 600_000,
});
