import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { LockstepError } from '../../domain/errors.ts';
import { isPlainObject, isTooDeep, type JsonObject } from '../../protocol/json.ts';

const MS = 'milliseconds since the epoch';
const tokenCount = z.number().min(0);
const words = z.string();
const thread = z.union([z.string(), z.number()]);

/** Where an answer goes. */
const deliveryContext = z.looseObject({
  channel: words.optional().describe('telegram, whatsapp, discord, …'),
  to: words.optional().describe("the receiver in the channel's own form"),
  accountId: words.optional().describe('which of several accounts of the channel'),
  threadId: thread.optional(),
});

/** Whence the first message came. */
const origin = z.looseObject({
  label: words.optional().describe('the sender or the group, for people'),
  provider: words.optional(),
  surface: words.optional(),
  chatType: words.optional(),
  from: words.optional(),
  to: words.optional(),
  accountId: words.optional(),
  threadId: thread.optional(),
});

/**
 * One session in a `sessions.json` of OpenClaw's file era: what stands behind a key. Fields that are not here are
 * kept as they are: each version adds some, and a gateway misses what another program left out.
 */
export const sessionEntry = z.looseObject({
  sessionId: words.min(1).describe('names the transcript; a UUID'),
  updatedAt: z.number().describe(MS),
  sessionFile: words
    .optional()
    .describe('absolute path of the transcript; beside the store where it is absent'),
  // What it is
  label: words.optional().describe('unique in its store; at most 512 characters'),
  displayName: words.optional(),
  category: words.optional(),
  subject: words.optional().describe('of a group or a thread'),
  chatType: words.optional().describe('direct, group or channel'),
  channel: words.optional().describe('telegram, whatsapp, discord, …'),
  groupId: words.optional(),
  groupChannel: words.optional().describe('a channel of a server, such as #general'),
  space: words.optional().describe('the server or team that the channel is in'),
  spawnedBy: words.optional().describe('key of the session whose sub-agent this is; written once'),
  spawnDepth: z.number().optional().describe('sub-agents above this one, itself included'),
  spawnedWorkspaceDir: words.optional().describe('absolute path'),
  spawnedCwd: words.optional().describe('absolute path'),
  subagentRole: words.optional().describe('orchestrator or leaf'),
  subagentControlScope: words.optional().describe('children or none'),
  inheritedToolAllow: z.array(words).optional().describe('names of tools'),
  inheritedToolDeny: z.array(words).optional().describe('names of tools'),
  archivedAt: z.number().optional().describe(MS),
  pinnedAt: z.number().optional().describe(MS),
  lastReadAt: z.number().optional().describe(MS),
  markedUnreadAt: z.number().optional().describe(MS),
  archived: z.boolean().optional(),
  pinned: z.boolean().optional(),
  unread: z.boolean().optional(),
  status: words.optional().describe('running, done, failed, killed or timeout'),
  startedAt: z.number().optional().describe(MS),
  endedAt: z.number().optional().describe(MS),
  runtimeMs: z.number().optional().describe('milliseconds'),
  // How it runs
  systemSent: z.boolean().optional().describe('the system prompt was sent'),
  abortedLastRun: z.boolean().optional(),
  thinkingLevel: words.optional().describe('off, minimal, low, medium, high, xhigh, …: the model decides'),
  verboseLevel: words.optional().describe('on, off or full'),
  reasoningLevel: words.optional().describe('on, off or stream'),
  elevatedLevel: words.optional().describe('on, off, ask or full'),
  traceLevel: words.optional(),
  fastMode: z.union([z.boolean(), words]).optional(),
  responseUsage: words.optional().describe('off, tokens or full'),
  sendPolicy: z.enum(['allow', 'deny']).optional(),
  groupActivation: z.enum(['mention', 'always']).optional(),
  groupActivationNeedsSystemIntro: z.boolean().optional(),
  execHost: words.optional().describe('sandbox, gateway, node or auto'),
  execSecurity: words.optional().describe('deny, allowlist or full'),
  execAsk: words.optional().describe('off, on-miss or always'),
  execNode: words.optional(),
  queueMode: words.optional(),
  queueDebounceMs: z.number().optional().describe('milliseconds'),
  queueCap: z.number().optional().describe('messages'),
  queueDrop: words.optional(),
  // Model, tokens
  model: words.optional().describe('that of the last run'),
  modelProvider: words.optional(),
  modelOverride: words.optional().describe('chosen for this session'),
  providerOverride: words.optional(),
  modelOverrideSource: words.optional().describe('user or auto'),
  liveModelSwitchPending: z.boolean().optional(),
  authProfileOverride: words.optional(),
  authProfileOverrideSource: words.optional().describe('user or auto'),
  authProfileOverrideCompactionCount: z.number().optional(),
  contextTokens: tokenCount.optional().describe("tokens: the size of the model's context"),
  inputTokens: tokenCount.optional().describe('tokens, of the last run'),
  outputTokens: tokenCount.optional().describe('tokens, of the last run'),
  totalTokens: tokenCount.optional().describe('tokens in the context'),
  totalTokensFresh: z.boolean().optional(),
  compactionCount: z.number().min(0).optional(),
  memoryFlushAt: z.number().optional().describe(MS),
  memoryFlushCompactionCount: z.number().optional(),
  skillsSnapshot: z.looseObject({}).optional(),
  systemPromptReport: z.looseObject({}).optional(),
  // Where its answers go
  origin: origin.optional(),
  deliveryContext: deliveryContext.optional(),
  route: z.looseObject({}).optional(),
  lastChannel: words.optional(),
  lastTo: words.optional(),
  lastAccountId: words.optional(),
  lastThreadId: thread.optional(),
  lastHeartbeatText: words.optional(),
  lastHeartbeatSentAt: z.number().optional().describe(MS),
});

/** As it is read: no field has to be there, since nothing is lost for want of one. */
const storedEntry = sessionEntry.partial();
export type StoredEntry = z.output<typeof storedEntry>;

/** The names that fields had before January 2026. */
const OLD_NAMES = { provider: 'channel', lastProvider: 'lastChannel', room: 'groupChannel' } as const;

export interface ReadEntry {
  readonly entry: StoredEntry;
  /** As it stands in the file. */
  readonly raw: JsonObject;
  /** Known fields whose value is none of theirs; `entry` is without them. */
  readonly leftOut: readonly string[];
}

/** Never throws. Undefined for what is no entry at all. */
export function readEntry(raw: unknown): ReadEntry | undefined {
  if (!isPlainObject(raw) || isTooDeep(raw)) return undefined;
  const named = withNewNames(raw);
  const parsed = storedEntry.safeParse(named);
  if (parsed.success) return { entry: parsed.data, raw, leftOut: [] };
  const wrong = new Set(parsed.error.issues.map(({ path }) => String(path[0])));
  const right = Object.fromEntries(Object.entries(named).filter(([name]) => !wrong.has(name)));
  const again = storedEntry.safeParse(right);
  return again.success ? { entry: again.data, raw, leftOut: [...wrong] } : undefined;
}

function withNewNames(raw: JsonObject): JsonObject {
  const renamed: JsonObject = {};
  for (const [old, name] of Object.entries(OLD_NAMES))
    if (raw[name] === undefined && typeof raw[old] === 'string') renamed[name] = raw[old];
  return Object.keys(renamed).length === 0 ? raw : { ...raw, ...renamed };
}

/**
 * Checks the fields that a write changes; what was in the file before, wrong or not, is not the write's to judge.
 * @throws LockstepError INVALID_PARAMS, naming the first that is no value of its field
 */
export function validateChange(before: JsonObject | undefined, after: JsonObject): void {
  const changed = Object.fromEntries(
    Object.entries(after).filter(([field, value]) => !isDeepStrictEqual(before?.[field], value)),
  );
  const problem = storedEntry.safeParse(changed).error?.issues[0];
  if (problem === undefined) return;
  throw new LockstepError('INVALID_PARAMS', `invalid ${problem.path.join('.')}: ${problem.message}`, {
    details: { field: problem.path.join('.') },
  });
}
