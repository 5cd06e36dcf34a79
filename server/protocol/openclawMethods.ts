import * as z from 'zod';
import { errorCode } from './error.ts';
import { defineMethod } from './method.ts';
import { openclawProblems } from './openclawProblems.ts';

/*
 * Methods of OpenClaw's gateway, over a state directory of its file era: its params, defaults, limits and words. The
 * names, and the times as numbers, are OpenClaw's.
 */

export const atLeast = (least: number) =>
  z.int({ error: 'must be integer' }).min(least, { error: `must be >= ${least}` });
export const anyText = z.string({ error: 'must be string' });
export const someText = anyText.min(1, { error: 'must not have fewer than 1 characters' });
export const label = someText.max(512, { error: 'must not have more than 512 characters' });
export const yes = z.boolean({ error: 'must be boolean' });

export const openclawSource = anyText
  .regex(/^openclaw(?::.+)?$/s, { error: 'must be openclaw:<absolute path of a state directory>' })
  .optional()
  .describe(
    '`openclaw:<absolute path of a state directory>`; `$OPENCLAW_STATE_DIR` or `~/.openclaw` if unset',
  );

const openclawKind = z.enum(['direct', 'group', 'global', 'unknown']);
export type OpenclawKind = z.infer<typeof openclawKind>;

const openclawDefaults = z.strictObject({
  modelProvider: z.string().optional(),
  model: z.string().optional(),
  contextTokens: z.int().optional().describe('tokens'),
});
/** From `openclaw.json`. */
export type OpenclawDefaults = {
  readonly [name in keyof z.infer<typeof openclawDefaults>]?:
    z.infer<typeof openclawDefaults>[name] | undefined;
};

/** Something of a state directory that is not in the answer. */
const openclawWarning = z.strictObject({
  agentId: z.string().optional(),
  path: z.string(),
  code: errorCode.optional(),
  message: z.string(),
});
export type OpenclawWarning = z.infer<typeof openclawWarning>;

const MS = 'milliseconds since the epoch';

const text = z.string().optional();
const count = z.number().optional();
const flag = z.boolean().optional();

/** An OpenClaw session as a list shows it; a field that its entry lacks is absent. */
const openclawRow = z.strictObject({
  key: z.string().describe('in its one form: `agent:<agent>:<rest>`, `global` or `unknown`'),
  spawnedBy: text,
  kind: openclawKind,
  label: text,
  displayName: text.describe('the label, else its own name, else that of its group'),
  category: text,
  derivedTitle: text,
  lastMessagePreview: text,
  channel: text,
  subject: text,
  groupChannel: text,
  space: text,
  chatType: text,
  origin: z.looseObject({}).optional(),
  updatedAt: z.number().nullable().describe('milliseconds since the epoch'),
  archived: z.boolean(),
  pinned: z.boolean(),
  unread: z.boolean(),
  archivedAt: count.describe(MS),
  pinnedAt: count.describe(MS),
  lastReadAt: count.describe(MS),
  spawnDepth: count,
  spawnedWorkspaceDir: text,
  spawnedCwd: text,
  subagentRole: text,
  subagentControlScope: text,
  sessionId: text,
  status: text,
  startedAt: count.describe(MS),
  endedAt: count.describe(MS),
  runtimeMs: count.describe('milliseconds'),
  systemSent: flag,
  abortedLastRun: flag,
  thinkingLevel: text,
  fastMode: z.union([z.boolean(), z.string()]).optional(),
  traceLevel: text,
  verboseLevel: text,
  reasoningLevel: text,
  elevatedLevel: text,
  sendPolicy: text,
  inputTokens: count.describe('tokens'),
  outputTokens: count.describe('tokens'),
  totalTokens: count.describe('tokens'),
  totalTokensFresh: z.boolean(),
  responseUsage: text,
  modelProvider: text,
  model: text,
  contextTokens: count.describe('tokens'),
  deliveryContext: z.looseObject({}).optional(),
  lastChannel: text,
  lastTo: text,
  lastAccountId: text,
  lastThreadId: z.union([z.string(), z.number()]).optional(),
});
export type OpenclawRow = z.infer<typeof openclawRow>;

const previewItem = z.strictObject({
  role: z.enum(['user', 'assistant', 'system', 'tool', 'other']),
  text: z.string(),
});
export type OpenclawPreviewItem = z.infer<typeof previewItem>;

const preview = z.strictObject({
  key: z.string().describe('as it was sent, without blanks around it'),
  status: z
    .enum(['ok', 'empty', 'missing', 'error'])
    .describe('`missing`: no such session; `empty`: nothing to show; `error`: it could not be read'),
  items: z.array(previewItem),
});
export type OpenclawPreview = z.infer<typeof preview>;

/** At most so many rows, where a call does not say. */
const OPENCLAW_LIST_LIMIT = 100;

export const sessionsList = defineMethod({
  name: 'sessions.list',
  summary: 'The sessions of an OpenClaw state directory, pinned ones first, then newest first',
  mutates: false,
  paramProblems: openclawProblems('sessions.list'),
  params: z.strictObject({
    limit: atLeast(1).default(OPENCLAW_LIST_LIMIT),
    offset: atLeast(0).default(0),
    activeMinutes: atLeast(1).optional().describe('only those used in the last so many minutes'),
    includeGlobal: yes.optional(),
    includeUnknown: yes.optional(),
    includeDerivedTitles: yes.optional().describe('reads the head of each transcript'),
    includeLastMessage: yes.optional().describe('reads the tail of each transcript'),
    addDerivedTitles: yes.optional().describe('the same as includeDerivedTitles'),
    addLastMessagePreview: yes.optional().describe('the same as includeLastMessage'),
    label: label.optional().describe('exactly this one'),
    spawnedBy: someText.optional().describe('the sub-agents of the session with this canonical key'),
    agentId: someText.optional(),
    search: anyText.optional().describe('in display name, label, subject, session id and key'),
    archived: yes.default(false).describe('archived ones instead of the others'),
    configuredAgentsOnly: yes.optional().describe('without agents that only have a folder'),
    source: openclawSource,
  }),
  result: z.strictObject({
    ts: z.number().describe('milliseconds since the epoch'),
    path: z.string().describe('of the `sessions.json`; `(multiple)` where there may be several'),
    count: z.int().describe('rows in this answer'),
    totalCount: z.int().describe('rows without limit and offset'),
    limitApplied: z.int(),
    offset: z.int().optional(),
    nextOffset: z.int().nullable(),
    hasMore: z.boolean(),
    defaults: openclawDefaults,
    sessions: z.array(openclawRow),
    warnings: z
      .array(openclawWarning)
      .optional()
      .describe('what could not be read: there where there is something to tell'),
  }),
});

export const sessionsPreview = defineMethod({
  name: 'sessions.preview',
  summary: 'The last messages of OpenClaw sessions',
  mutates: false,
  paramProblems: openclawProblems('sessions.preview'),
  params: z.strictObject({
    keys: z
      .array(someText, { error: 'must be array' })
      .min(1, { error: 'must not have fewer than 1 items' })
      .describe('of any form; the first 64 are answered'),
    limit: atLeast(1).default(12).describe('messages of each session, at most 50'),
    maxChars: atLeast(20).default(240).describe('of each text, at most 2000'),
    source: openclawSource,
  }),
  result: z.strictObject({
    ts: z.number().describe('milliseconds since the epoch'),
    previews: z.array(preview),
  }),
});

export const sessionsResolve = defineMethod({
  name: 'sessions.resolve',
  summary: 'The canonical key of an OpenClaw session',
  mutates: false,
  paramProblems: openclawProblems('sessions.resolve'),
  params: z.strictObject({
    key: someText.optional().describe('of any form'),
    sessionId: someText.optional(),
    label: label.optional(),
    agentId: someText.optional().describe('only among its sessions'),
    spawnedBy: someText.optional().describe('only among its sub-agents'),
    includeGlobal: yes.optional(),
    includeUnknown: yes.optional(),
    source: openclawSource,
  }),
  result: z.strictObject({ ok: z.literal(true), key: z.string() }),
});
