import type { JsonObject } from '../../protocol/json.ts';
import type { OpenclawDefaults } from '../../protocol/openclawMethods.ts';
import { isSpawned } from './sessionKey.ts';

/** What belongs to the work that ends with a reset. Whatever is not named here stays, unknown fields too. */
const OF_THE_LAST_RUN = [
  'route', // made anew from the delivery context
  'contextTokens',
  'skillsSnapshot',
  'systemPromptReport',
  'totalTokensVersion',
  'status',
  'startedAt',
  'endedAt',
  'runtimeMs',
  'memoryFlushAt',
  'memoryFlushCompactionCount',
  'liveModelSwitchPending',
  'model',
  'modelProvider',
  'archivedAt',
  'lastReadAt',
  'markedUnreadAt',
  'lastActivityAt',
  'contextBudgetStatus',
  'estimatedCostUsd',
];

/** The conversations of other agents' CLIs that a session goes on with. A sub-agent keeps them, as in 2026.7. */
const CLI_SESSIONS = ['cliSessionIds', 'claudeCliSessionId'];

const AUTH_PROFILE = [
  'authProfileOverride',
  'authProfileOverrideSource',
  'authProfileOverrideCompactionCount',
];

export interface NewTranscript {
  readonly sessionId: string;
  /** Absolute path. */
  readonly sessionFile: string;
}

/** The entry of the session of a canonical key when it begins anew; `now` in milliseconds since the epoch. */
export function resetEntry(
  key: string,
  before: JsonObject | undefined,
  { sessionId, sessionFile }: NewTranscript,
  defaults: OpenclawDefaults,
  now: number,
): JsonObject {
  const next: JsonObject = { ...before };
  for (const field of OF_THE_LAST_RUN) delete next[field];
  if (next['authProfileOverrideSource'] === 'auto') for (const field of AUTH_PROFILE) delete next[field];
  if (!isSpawned(key)) for (const field of CLI_SESSIONS) delete next[field];
  const hasChoice = typeof next['modelOverride'] === 'string';
  const model = hasChoice ? next['modelOverride'] : defaults.model;
  const modelProvider = hasChoice ? next['providerOverride'] : defaults.modelProvider;
  return {
    ...next,
    sessionId,
    sessionFile,
    updatedAt: now,
    systemSent: false,
    abortedLastRun: false,
    ...(model === undefined ? {} : { model }),
    ...(modelProvider === undefined ? {} : { modelProvider }),
    ...(hasChoice ? { modelOverrideSource: 'user' } : {}),
    inputTokens: 0,
    outputTokens: 0,
    totalTokens: 0,
    totalTokensFresh: true,
    compactionCount: 0,
  };
}
