import * as z from 'zod';
import { jsonObject, jsonValue, text } from './json.ts';
import { defineMethod } from './method.ts';
import { leaseToken as lease, MAX_ITERATIONS, MAX_TITLE, nameText, session, sessionKind } from './session.ts';
import { iterationUsage } from './sessionHistoryMethods.ts';

const id = z.string().describe('session id');
const name = text(256);
const title = text(MAX_TITLE);
const label = nameText(128).describe('unique among the sessions of the store');
const reason = text(16 * 1024);
/** Longer ones belong into a file that the task names. */
const longText = text(256 * 1024);
const addIterations = z.int().min(1).max(MAX_ITERATIONS).describe('raises maxIterations by this many');

export const sessionsStart = defineMethod({
  name: 'sessions.start',
  summary: 'Start a session with an iteration budget',
  mutates: true,
  params: z.strictObject({
    task: longText.describe('what the agent is to do'),
    mode: name.describe('the role or mode it works in'),
    maxIterations: z.int().min(1).max(MAX_ITERATIONS).default(50),
    kind: sessionKind.default('session'),
    title: title.optional().describe('the first line of the task if unset'),
    label: label.optional(),
    userId: name.optional(),
    channelId: name.optional(),
    agentId: name.optional(),
    parentId: nameText(256).optional().describe('the session that starts this one'),
    workspace: text(4096).optional().describe('absolute path of the folder it works in'),
    context: jsonObject.default({}),
    metadata: jsonObject.default({}),
    model: name.optional(),
    provider: name.optional(),
  }),
  result: session,
});

export const sessionsIterate = defineMethod({
  name: 'sessions.iterate',
  summary: 'Begin the next iteration and charge it; without budget the session times out',
  mutates: true,
  params: z.strictObject({ id, lease, data: jsonObject.default({}) }),
  result: session,
});

export const sessionsEndIteration = defineMethod({
  name: 'sessions.endIteration',
  summary: 'End the running iteration',
  mutates: true,
  params: z.strictObject({
    id,
    lease,
    outcome: name.optional(),
    usage: iterationUsage
      .optional()
      .describe('what the iteration took, besides what its messages tell; it counts in `data` too'),
    data: jsonObject.default({}),
  }),
  result: session,
});

export const sessionsPause = defineMethod({
  name: 'sessions.pause',
  summary: 'Pause a session; while another holds its lease, ask the holder to',
  mutates: true,
  params: z.strictObject({ id, reason: reason.optional() }),
  result: session,
});

export const sessionsResume = defineMethod({
  name: 'sessions.resume',
  summary: 'Resume a paused or timed-out session, adding iterations if asked, or withdraw a pending pause',
  mutates: true,
  params: z.strictObject({ id, addIterations: addIterations.optional(), reason: reason.optional() }),
  result: session,
});

export const sessionsComplete = defineMethod({
  name: 'sessions.complete',
  summary: 'End a session as completed; final',
  mutates: true,
  params: z.strictObject({ id, lease, result: jsonValue.optional() }),
  result: session,
});

export const sessionsFail = defineMethod({
  name: 'sessions.fail',
  summary: 'End a session as failed; final',
  mutates: true,
  params: z.strictObject({ id, lease, error: longText.describe('why it failed') }),
  result: session,
});

export const sessionsUpdate = defineMethod({
  name: 'sessions.update',
  summary: 'Change title, label or metadata, or add iterations',
  mutates: true,
  params: z
    .strictObject({
      id,
      title: title.optional(),
      label: label.nullable().optional().describe('null removes it'),
      addIterations: addIterations.optional(),
      metadata: jsonObject.optional().describe('JSON merge patch (RFC 7396)'),
    })
    .refine(({ id: _, ...changes }) => Object.values(changes).some((change) => change !== undefined), {
      error: 'give at least one of title, label, addIterations and metadata',
    }),
  result: session,
});

export const sessionsArchive = defineMethod({
  name: 'sessions.archive',
  summary: 'Put a session out of the lists; its status stays',
  mutates: true,
  params: z.strictObject({ id }),
  result: session,
});

export const sessionsUnarchive = defineMethod({
  name: 'sessions.unarchive',
  summary: 'Put an archived session back into the lists',
  mutates: true,
  params: z.strictObject({ id }),
  result: session,
});
