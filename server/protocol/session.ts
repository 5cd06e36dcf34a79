import * as z from 'zod';
import { jsonObject, jsonValue, text } from './json.ts';

export const sessionKind = z.enum(['session', 'workflow', 'step', 'conversation']);
export const sessionStatus = z.enum(['active', 'paused', 'timeout', 'completed', 'failed']);

export type SessionStatus = z.infer<typeof sessionStatus>;

/** The largest budget of one session, in iterations. */
export const MAX_ITERATIONS = 100_000;

/** The most names of tools that a session keeps apart. */
export const MAX_TOOLS_USED = 10_000;

/** The longest title, in bytes of UTF-8. */
export const MAX_TITLE = 1024;

/** ISO 8601, UTC, millisecond precision: what `Date.prototype.toISOString` writes. */
export const isoTime = z.iso.datetime();

const count = z.int().min(0);

/** Text by which something is found and named on one line: without control characters. */
export function nameText(maxBytes: number) {
  return text(maxBytes).refine((value) => !/\p{Cc}/u.test(value), 'must not hold control characters');
}

/** What every write but the control calls takes: while a lease is held, only its holder may write. */
export const leaseToken = z
  .string()
  .max(128)
  .optional()
  .describe('the token of the lease that the caller holds');

/** Token counts as the model's provider reported them. */
export const tokens = z.strictObject({
  input: count,
  output: count,
  cacheRead: count,
  cacheWrite: count,
  total: count,
});
export type Tokens = z.infer<typeof tokens>;

/** One bounded piece of an agent's work. Its history is its events. */
export const session = z.strictObject({
  id: z.string().describe('UUIDv7'),
  kind: sessionKind,
  label: z.string().optional().describe('unique among the sessions of the store'),
  title: z.string(),
  mode: z.string(),
  task: z.string(),
  status: sessionStatus,
  iterations: count.describe('iterations begun, interrupted ones included'),
  maxIterations: z.int().min(1).max(MAX_ITERATIONS),
  userId: z.string().optional(),
  channelId: z.string().optional(),
  agentId: z.string().optional(),
  parentId: z.string().optional().describe('the session that started this one'),
  workspace: z.string().optional().describe('absolute path of the folder it works in'),
  context: jsonObject,
  result: jsonValue.optional(),
  error: z.string().optional().describe('why it failed'),
  model: z.string().optional(),
  provider: z.string().optional(),
  tokens,
  costUsd: z
    .number()
    .min(0)
    .optional()
    .describe('US dollars, as reported; absent where nothing was reported'),
  toolCalls: count,
  errors: count,
  messages: count,
  toolsUsed: z.array(z.string()),
  blockedActions: z.array(z.string()),
  metadata: jsonObject,
  pausing: z.boolean().describe('a pause was asked for while another holds the lease'),
  forkedFrom: z.strictObject({ id: z.string(), seq: z.int().min(1) }).optional(),
  revision: count.describe('the store-wide revision of its last change'),
  createdAt: isoTime,
  updatedAt: isoTime,
  endedAt: isoTime.optional().describe('set when completed or failed'),
  archivedAt: isoTime.optional(),
  trashedAt: isoTime.optional().describe('set while it is in the trash, where only `restore` reaches it'),
});
export type Session = z.infer<typeof session>;
