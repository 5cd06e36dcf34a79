import { LockstepError } from '../../domain/errors.ts';
import type { JsonObject } from '../../protocol/json.ts';
import type { OpenclawDefaults } from '../../protocol/openclawMethods.ts';
import type { PatchFields } from '../../protocol/openclawWriteMethods.ts';
import { isSpawned } from './sessionKey.ts';

const THINKING_LEVELS = ['off', 'minimal', 'low', 'medium', 'high', 'xhigh'];

/** Fields with few values, in the order in which they are looked at. */
const LEVELS = [
  { field: 'thinkingLevel', values: THINKING_LEVELS, words: THINKING_LEVELS.join('|') },
  { field: 'verboseLevel', ...levels('on', 'off', 'full') },
  { field: 'traceLevel', ...levels('on', 'off', 'raw') },
  { field: 'reasoningLevel', ...levels('on', 'off', 'stream') },
  { field: 'elevatedLevel', ...levels('on', 'off', 'ask', 'full') },
  { field: 'execHost', ...levels('auto', 'sandbox', 'gateway', 'node') },
  { field: 'execSecurity', ...levels('deny', 'allowlist', 'full') },
  { field: 'execAsk', ...levels('off', 'on-miss', 'always') },
] as const;

const WRITTEN_ONCE = [
  'spawnedBy',
  'spawnedWorkspaceDir',
  'spawnedCwd',
  'spawnDepth',
  'subagentRole',
  'subagentControlScope',
] as const;

export interface PatchContext {
  /** The session's key in its one form. */
  readonly key: string;
  /** Whether it is the main session of its agent. */
  readonly isMain: boolean;
  /** Whether another session of the store has a label. */
  readonly isTaken: (label: string) => boolean;
  readonly defaults: OpenclawDefaults;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** For a session that is not there yet. */
  readonly newId: () => string;
}

/**
 * An entry with a patch applied, in OpenClaw's way: null takes a field away, `updatedAt` grows also where nothing else
 * does, and a session that is not there begins.
 * @throws LockstepError INVALID_PARAMS or LABEL_TAKEN, in OpenClaw's words
 */
export function patched(
  before: JsonObject | undefined,
  patch: PatchFields,
  context: PatchContext,
): JsonObject {
  const { now } = context;
  const next: JsonObject = { ...before };
  if (typeof next['sessionId'] !== 'string' || next['sessionId'] === '') {
    next['sessionId'] = context.newId();
    // Whatever was there without an id was no session: its names are free.
    for (const field of ['sessionFile', 'label', 'category', 'displayName']) delete next[field];
  }
  const updatedAt = next['updatedAt'];
  next['updatedAt'] = Math.max(typeof updatedAt === 'number' ? updatedAt : 0, now);
  setOnce(next, patch, context.key);
  setNames(next, patch, context);
  setMarks(next, patch, context);
  setLevels(next, patch);
  setModel(next, patch.model, context.defaults);
  for (const field of ['sendPolicy', 'groupActivation', 'fastMode'] as const)
    setOrClear(next, field, patch[field]);
  return next;
}

/** Whose sub-agent it is, and how it was begun: just for those that have a parent, and never changed. */
function setOnce(next: JsonObject, patch: PatchFields, key: string): void {
  for (const field of WRITTEN_ONCE) {
    const value = patch[field];
    const isSet = next[field] !== undefined && next[field] !== '';
    if (value === null && isSet) throw refused(`${field} cannot be cleared once set`);
    if (value === undefined || value === null) continue;
    const given = typeof value === 'string' ? value.trim() : value;
    if (given === '') throw refused(`invalid ${field}: empty`);
    if (!isSpawned(key)) throw refused(`${field} is only supported for subagent:* or acp:* sessions`);
    if (isSet && next[field] !== given) throw refused(`${field} cannot be changed once set`);
    next[field] = given;
  }
  for (const field of ['inheritedToolDeny', 'inheritedToolAllow'] as const) {
    const tools = patch[field];
    if (tools !== undefined && tools !== null && !isSpawned(key))
      throw refused(`${field} is only supported for subagent:* or acp:* sessions`);
    const names = tools && [...new Set(tools.map((name) => name.trim()).filter((name) => name !== ''))];
    setOrClear(next, field, names?.length === 0 ? null : names);
  }
}

function setNames(next: JsonObject, patch: PatchFields, { isTaken }: PatchContext): void {
  const label = patch.label?.trim();
  if (label === '') throw refused('invalid label: empty');
  if (label !== undefined && isTaken(label))
    throw new LockstepError('LABEL_TAKEN', `label already in use: ${label}`, { details: { label } });
  setOrClear(next, 'label', patch.label === null ? null : label);
  const category = patch.category?.trim();
  if (category === '') throw refused('invalid category: empty');
  setOrClear(next, 'category', patch.category === null ? null : category);
}

function setMarks(next: JsonObject, { archived, pinned, unread }: PatchFields, context: PatchContext): void {
  const { now } = context;
  if (archived === true && (context.isMain || context.key === 'global'))
    throw refused("Cannot archive an agent's main session.");
  if (archived === true) {
    next['archivedAt'] ??= now;
    delete next['pinnedAt'];
  } else if (archived === false) {
    delete next['archivedAt'];
  }
  if (pinned === true) {
    if (next['archivedAt'] !== undefined) throw refused('cannot pin an archived session; restore it first');
    next['pinnedAt'] ??= now;
  } else if (pinned === false) {
    delete next['pinnedAt'];
  }
  if (unread === true) {
    next['markedUnreadAt'] = now;
  } else if (unread === false) {
    next['lastReadAt'] = now;
    delete next['markedUnreadAt'];
  }
}

function setLevels(next: JsonObject, patch: PatchFields): void {
  for (const { field, values, words } of LEVELS) {
    const given = patch[field];
    const level = given?.trim().toLowerCase();
    if (level !== undefined && !values.includes(level)) throw refused(`invalid ${field} (use ${words})`);
    setOrClear(next, field, given === null ? null : level);
  }
  setOrClear(next, 'responseUsage', patch.responseUsage === 'on' ? 'tokens' : patch.responseUsage);
  const node = patch.execNode?.trim();
  if (node === '') throw refused('invalid execNode: empty');
  setOrClear(next, 'execNode', patch.execNode === null ? null : node);
}

/** The default model is no choice: it, like null, takes the choice away. */
function setModel(next: JsonObject, given: string | null | undefined, defaults: OpenclawDefaults): void {
  if (given === undefined) return;
  const name = given?.trim();
  if (name === '') throw refused('invalid model: empty');
  const slash = name?.indexOf('/') ?? -1;
  const provider = slash > 0 ? name?.slice(0, slash) : defaults.modelProvider;
  const model = slash > 0 ? name?.slice(slash + 1) : name;
  const isDefault = model === undefined || (provider === defaults.modelProvider && model === defaults.model);
  const before = [next['providerOverride'], next['modelOverride']];
  const chosen = isDefault ? [undefined, undefined] : [provider, model];
  setOrClear(next, 'providerOverride', chosen[0] ?? null);
  setOrClear(next, 'modelOverride', chosen[1] ?? null);
  setOrClear(next, 'modelOverrideSource', isDefault ? null : 'user');
  const isNew = before[0] !== chosen[0] || before[1] !== chosen[1];
  // What the last run had is no longer what the next one will have.
  const wanted = isDefault ? [defaults.modelProvider, defaults.model] : chosen;
  const ran = [next['modelProvider'], next['model']];
  const isOther =
    ran[1] !== undefined && (ran[1] !== wanted[1] || (ran[0] !== undefined && ran[0] !== wanted[0]));
  if (isNew || isOther) for (const field of ['model', 'modelProvider', 'contextTokens']) delete next[field];
  if (given === null) delete next['liveModelSwitchPending'];
  else if (isNew) next['liveModelSwitchPending'] = true;
  if (isNew && next['authProfileOverrideSource'] === 'auto') {
    for (const field of [
      'authProfileOverride',
      'authProfileOverrideSource',
      'authProfileOverrideCompactionCount',
    ])
      delete next[field];
  }
}

export interface ResolvedSession {
  readonly modelProvider?: string;
  readonly model?: string;
  readonly thinkingLevel?: string;
  readonly thinkingLevels?: { id: string; label: string }[];
}

/** What the next run of a session will have, as far as the entry and `openclaw.json` tell. */
export function resolvedOf(
  entry: JsonObject,
  patch: PatchFields,
  defaults: OpenclawDefaults,
): ResolvedSession {
  const chosen = typeof entry['modelOverride'] === 'string' ? entry['modelOverride'] : undefined;
  const of = entry['providerOverride'];
  const modelProvider = chosen === undefined || typeof of !== 'string' ? defaults.modelProvider : of;
  const model = chosen ?? defaults.model;
  const level = entry['thinkingLevel'];
  const isAsked =
    typeof patch.thinkingLevel === 'string' ||
    typeof patch.model === 'string' ||
    (patch.model === null && level !== undefined);
  return {
    ...(modelProvider === undefined ? {} : { modelProvider }),
    ...(model === undefined ? {} : { model }),
    ...(isAsked && typeof level === 'string' ? { thinkingLevel: level } : {}),
    ...(isAsked ? { thinkingLevels: THINKING_LEVELS.map((id) => ({ id, label: id })) } : {}),
  };
}

function levels(...values: string[]): { readonly values: readonly string[]; readonly words: string } {
  return { values, words: values.map((value) => `"${value}"`).join('|') };
}

/** null takes a field away, undefined leaves it. */
function setOrClear(next: JsonObject, field: string, value: unknown): void {
  if (value === null) delete next[field];
  else if (value !== undefined) next[field] = value;
}

function refused(message: string): LockstepError {
  return new LockstepError('INVALID_PARAMS', message);
}
