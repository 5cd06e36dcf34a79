import * as z from 'zod';
import { isPlainObject, type JsonObject } from './json.ts';
import { defineMethod } from './method.ts';
import { anyText, atLeast, label, openclawSource, someText, yes } from './openclawMethods.ts';
import { openclawProblems } from './openclawProblems.ts';

/*
 * The methods of OpenClaw's gateway that change a state directory of its file era: its params, defaults, limits and
 * words. They are refused while a gateway runs on it, and for agents whose sessions are in a database (2026.8 and later).
 */

const key = anyText.min(1, { error: 'must not have fewer than 1 characters' }).describe('of any form');
const agentId = someText.optional().describe('of a key that names no agent');
const named = someText.nullable().optional();
const path = z.string();

/** `null` takes a field away. */
export const patchFields = z.strictObject({
  label: label.nullable().optional().describe('unique among the sessions of its store'),
  category: label.nullable().optional(),
  archived: yes.optional(),
  pinned: yes.optional(),
  unread: yes.optional().describe('false: read now'),
  thinkingLevel: named.describe('off, minimal, low, medium, high or xhigh'),
  fastMode: z
    .union([z.boolean(), z.literal('auto')], { error: 'must be boolean, auto or null' })
    .nullable()
    .optional(),
  verboseLevel: named.describe('on, off or full'),
  traceLevel: named.describe('on, off or raw'),
  reasoningLevel: named.describe('on, off or stream'),
  responseUsage: z
    .enum(['off', 'tokens', 'full', 'on'], { error: 'must be off, tokens, full, on or null' })
    .nullable()
    .optional(),
  elevatedLevel: named.describe('on, off, ask or full'),
  execHost: named.describe('auto, sandbox, gateway or node'),
  execSecurity: named.describe('deny, allowlist or full'),
  execAsk: named.describe('off, on-miss or always'),
  execNode: named,
  model: named.describe('`<provider>/<model>`'),
  spawnedBy: named.describe('key of the session whose sub-agent this is; written once'),
  spawnedWorkspaceDir: named.describe('absolute path; written once'),
  spawnedCwd: named.describe('absolute path; written once'),
  spawnDepth: atLeast(0).nullable().optional().describe('written once'),
  subagentRole: z
    .enum(['orchestrator', 'leaf'], { error: 'must be orchestrator, leaf or null' })
    .nullable()
    .optional(),
  subagentControlScope: z
    .enum(['children', 'none'], { error: 'must be children, none or null' })
    .nullable()
    .optional(),
  inheritedToolAllow: z.array(someText, { error: 'must be array or null' }).nullable().optional(),
  inheritedToolDeny: z.array(someText, { error: 'must be array or null' }).nullable().optional(),
  sendPolicy: z.enum(['allow', 'deny'], { error: 'must be allow, deny or null' }).nullable().optional(),
  groupActivation: z
    .enum(['mention', 'always'], { error: 'must be mention, always or null' })
    .nullable()
    .optional(),
});
export type PatchFields = z.output<typeof patchFields>;

const entry = z
  .custom<JsonObject>(isPlainObject)
  .meta({ type: 'object', description: 'the entry as it stands in `sessions.json` now' });

export const sessionsPatch = defineMethod({
  name: 'sessions.patch',
  summary: 'Set fields of an OpenClaw session; a key that is not there begins one',
  mutates: true,
  paramProblems: openclawProblems('sessions.patch'),
  params: patchFields.extend({ key, agentId, source: openclawSource }),
  result: z.strictObject({
    ok: z.literal(true),
    path: path.describe('of the `sessions.json`'),
    key: z.string().describe('in its one form'),
    entry,
    resolved: z.strictObject({
      modelProvider: z.string().optional(),
      model: z.string().optional(),
      thinkingLevel: z.string().optional(),
      thinkingLevels: z.array(z.strictObject({ id: z.string(), label: z.string() })).optional(),
    }),
  }),
});

export const sessionsReset = defineMethod({
  name: 'sessions.reset',
  summary: 'Begin an OpenClaw session anew: a new transcript, the old one archived, settings kept',
  mutates: true,
  paramProblems: openclawProblems('sessions.reset'),
  params: z.strictObject({
    key,
    agentId,
    reason: z
      .enum(['new', 'reset'], { error: 'must be new or reset' })
      .optional()
      .describe('the same is done for both'),
    source: openclawSource,
  }),
  result: z.strictObject({ ok: z.literal(true), key: z.string(), entry, archived: z.array(path) }),
});

export const sessionsDelete = defineMethod({
  name: 'sessions.delete',
  summary: 'Delete an OpenClaw session; its transcript is renamed and stays',
  mutates: true,
  paramProblems: openclawProblems('sessions.delete'),
  params: z.strictObject({
    key,
    agentId,
    deleteTranscript: yes
      .default(true)
      .describe('rename it to `.deleted.<time>`; false leaves it where it is'),
    archiveTranscript: yes.default(true).describe('false removes it for good instead of renaming it'),
    archivedOnly: yes.optional().describe('refuse a session that is not archived'),
    expectedSessionId: someText.optional().describe('refuse a session that has begun anew since'),
    expectedSessionUpdatedAt: z
      .number({ error: 'must be number' })
      .min(0, { error: 'must be >= 0' })
      .optional()
      .describe('milliseconds since the epoch; refuse a session that was changed since'),
    source: openclawSource,
  }),
  result: z.strictObject({
    ok: z.literal(true),
    key: z.string(),
    deleted: z.boolean().describe('false where there was no such session'),
    archived: z.array(path).describe('absolute paths of the renamed transcripts'),
  }),
});

/** Lines that a compaction keeps, where a call does not say. */
const COMPACT_LINES = 400;

export const sessionsCompact = defineMethod({
  name: 'sessions.compact',
  summary: 'Shorten the transcript of an OpenClaw session to its last lines; the whole is kept beside it',
  mutates: true,
  paramProblems: openclawProblems('sessions.compact'),
  params: z.strictObject({
    key,
    agentId,
    maxLines: atLeast(1).default(COMPACT_LINES).describe('lines that stay, the header among them'),
    source: openclawSource,
  }),
  result: z.strictObject({
    ok: z.literal(true),
    key: z.string(),
    compacted: z.boolean(),
    kept: z.int().optional().describe('lines'),
    removed: z.int().optional().describe('lines'),
    archived: path.optional().describe('absolute path of the whole transcript'),
    reason: z.string().optional().describe('why there was nothing to do'),
  }),
});
