import * as z from 'zod';
import { customEventType, eventType, sessionEvent } from './event.ts';
import { jsonObject, jsonValue, MAX_JSON_BYTES, text, textOrEmpty } from './json.ts';
import { defineMethod } from './method.ts';
import { leaseToken as lease, session } from './session.ts';

const id = z.string().describe('session id');
const name = text(256);
const count = z.int().min(0);
/** Of one report. Far over what any model takes, and far enough below 2^53 that sums stay exact. */
export const MAX_TOKENS = 1e9;
export const MAX_COST_USD = 1e6;
const tokenCount = z.int().min(0).max(MAX_TOKENS);

/** What a model's provider reported for one message. */
export const usage = z.strictObject({
  input: tokenCount.default(0),
  output: tokenCount.default(0),
  cacheRead: tokenCount.default(0),
  cacheWrite: tokenCount.default(0),
  costUsd: z.number().min(0).max(MAX_COST_USD).optional().describe('US dollars'),
  model: name.optional(),
  provider: name.optional(),
});
export type Usage = z.output<typeof usage>;

/** What an agent reported for one iteration: some tell no more than how many tokens it took. */
export const iterationUsage = usage.extend({
  total: tokenCount.optional().describe('tokens of all kinds; what they add up to if unset'),
});
export type IterationUsage = z.output<typeof iterationUsage>;

export const sessionsUpdateContext = defineMethod({
  name: 'sessions.updateContext',
  summary: "Merge into a session's context (JSON merge patch, RFC 7396)",
  mutates: true,
  params: z.strictObject({ id, lease, patch: jsonObject }),
  result: session,
});

export const sessionsRecordToolCall = defineMethod({
  name: 'sessions.recordToolCall',
  summary: 'Record a tool call with its result',
  mutates: true,
  params: z.strictObject({
    id,
    lease,
    name,
    input: jsonValue,
    output: jsonValue,
    callId: name.optional(),
    durationMs: z.number().min(0).optional(),
    isError: z.boolean().optional(),
  }),
  result: session,
});

export const sessionsRecordLearning = defineMethod({
  name: 'sessions.recordLearning',
  summary: 'Record something learned',
  mutates: true,
  params: z.strictObject({
    id,
    lease,
    insight: text(MAX_JSON_BYTES),
    expertiseFile: text(4096).optional(),
  }),
  result: session,
});

export const sessionsAddMessage = defineMethod({
  name: 'sessions.addMessage',
  summary: 'Record a message, with the tokens it took',
  mutates: true,
  params: z.strictObject({
    id,
    lease,
    role: z.enum(['user', 'assistant', 'system']),
    content: textOrEmpty(MAX_JSON_BYTES),
    usage: usage.optional(),
    metadata: jsonObject.optional(),
  }),
  result: session,
});

export const sessionsAddEvent = defineMethod({
  name: 'sessions.addEvent',
  summary: "Record an event of the caller's own type, or a non-fatal `error`",
  mutates: true,
  params: z.strictObject({ id, lease, type: customEventType, data: jsonObject.default({}) }),
  result: session,
});

export const sessionsEvents = defineMethod({
  name: 'sessions.events',
  summary: "A page of a session's history",
  mutates: false,
  params: z.strictObject({
    id,
    afterSeq: count.default(0),
    limit: z.int().min(1).max(1000).default(200),
    types: z.array(eventType).min(1).max(64).optional(),
  }),
  result: z.strictObject({
    events: z.array(sessionEvent),
    nextSeq: z.int().optional().describe('give it as `afterSeq` for the next page; absent at the end'),
  }),
});

export const sessionsContext = defineMethod({
  name: 'sessions.context',
  summary: 'What an agent needs to go on with a session',
  mutates: false,
  params: z.strictObject({ id, recent: z.int().min(0).max(1000).default(10) }),
  result: z.strictObject({
    task: z.string(),
    mode: z.string(),
    iterations: count,
    maxIterations: count,
    remaining: count,
    context: jsonObject,
    recentHistory: z.array(sessionEvent).describe('the last `recent` events of all types, oldest first'),
    summaries: z.array(sessionEvent).describe('all summary events, oldest first'),
  }),
});
