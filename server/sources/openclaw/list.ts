import type { OpenclawDefaults, OpenclawRow } from '../../protocol/openclawMethods.ts';
import { groupName } from './groupName.ts';
import { agentIdFrom, groupOf, isCronRun, kindOf } from './sessionKey.ts';
import type { OpenclawSession } from './stateDirectory.ts';

/** Which sessions: what lists and lookups have in common. */
export interface SessionFilter {
  readonly includeGlobal?: boolean | undefined;
  readonly includeUnknown?: boolean | undefined;
  readonly agentId?: string | undefined;
  readonly spawnedBy?: string | undefined;
  readonly label?: string | undefined;
  readonly archived?: boolean | undefined;
  readonly search?: string | undefined;
  readonly activeMinutes?: number | undefined;
}

/** Those that pass, pinned ones first, then newest first. Runs of cron jobs never do. `now` in milliseconds since the epoch. */
export function filterSessions(
  sessions: Iterable<OpenclawSession>,
  filter: SessionFilter,
  now: number,
): OpenclawSession[] {
  const agentId = filter.agentId === undefined ? undefined : agentIdFrom(filter.agentId);
  const spawnedBy = filter.spawnedBy?.trim().toLowerCase();
  const label = filter.label?.trim();
  const search = filter.search?.trim().toLowerCase() ?? '';
  const since = filter.activeMinutes === undefined ? undefined : now - filter.activeMinutes * 60_000;
  const passes = (session: OpenclawSession): boolean => {
    const { key, entry } = session;
    if (isCronRun(key)) return false;
    if (key === 'global' && filter.includeGlobal !== true) return false;
    if (key === 'unknown' && filter.includeUnknown !== true) return false;
    // `global` and `unknown` are of no agent, and nobody's sub-agents.
    if (agentId !== undefined && session.agentId !== agentId) return false;
    if (spawnedBy !== undefined && (session.agentId === undefined || session.spawnedBy !== spawnedBy))
      return false;
    if (label !== undefined && label !== '' && entry.label !== label) return false;
    if (filter.archived !== undefined && isArchived(session) !== filter.archived) return false;
    if (since !== undefined && !(entry.updatedAt !== undefined && entry.updatedAt >= since)) return false;
    return search === '' || isFound(session, search);
  };
  return [...sessions].filter(passes).sort(compare);
}

function compare(a: OpenclawSession, b: OpenclawSession): number {
  return (
    (b.entry.pinnedAt ?? 0) - (a.entry.pinnedAt ?? 0) ||
    (b.entry.updatedAt ?? 0) - (a.entry.updatedAt ?? 0) ||
    (a.key < b.key ? -1 : 1)
  );
}

function isFound(session: OpenclawSession, search: string): boolean {
  const { key, entry } = session;
  return [displayNameOf(session), entry.label, entry.subject, entry.sessionId, key].some(
    (text) => text?.toLowerCase().includes(search) === true,
  );
}

function isArchived({ entry }: OpenclawSession): boolean {
  return entry.archivedAt !== undefined || entry.archived === true;
}

function displayNameOf({ key, entry }: OpenclawSession): string | undefined {
  const ofGroup = kindOf(key, entry.chatType) === 'group' ? groupName(key, entry) : undefined;
  return entry.label ?? entry.displayName ?? ofGroup ?? entry.origin?.label;
}

/** A session as a list shows it; what OpenClaw takes from a running gateway is not there. */
export function rowOf(session: OpenclawSession, defaults: OpenclawDefaults): OpenclawRow {
  const { key, entry, spawnedBy } = session;
  const chosen = entry.modelOverride !== undefined;
  const model = entry.modelOverride ?? entry.model ?? defaults.model;
  const last = entry.model === undefined ? defaults.modelProvider : entry.modelProvider;
  return {
    key,
    spawnedBy,
    kind: kindOf(key, entry.chatType),
    label: entry.label,
    displayName: displayNameOf(session),
    category: entry.category,
    channel: entry.channel ?? groupOf(key)?.channel,
    subject: entry.subject,
    groupChannel: entry.groupChannel,
    space: entry.space,
    chatType: entry.chatType,
    origin: entry.origin,
    updatedAt: entry.updatedAt ?? null,
    archived: isArchived(session),
    pinned: entry.pinnedAt !== undefined || entry.pinned === true,
    unread: entry.unread === true || entry.markedUnreadAt !== undefined,
    archivedAt: entry.archivedAt,
    pinnedAt: entry.pinnedAt,
    lastReadAt: entry.lastReadAt,
    spawnDepth: entry.spawnDepth,
    spawnedWorkspaceDir: entry.spawnedWorkspaceDir,
    spawnedCwd: entry.spawnedCwd,
    subagentRole: entry.subagentRole,
    subagentControlScope: entry.subagentControlScope,
    sessionId: entry.sessionId,
    status: entry.status,
    startedAt: entry.startedAt,
    endedAt: entry.endedAt,
    runtimeMs: entry.runtimeMs,
    systemSent: entry.systemSent,
    abortedLastRun: entry.abortedLastRun,
    thinkingLevel: entry.thinkingLevel,
    fastMode: entry.fastMode,
    traceLevel: entry.traceLevel,
    verboseLevel: entry.verboseLevel,
    reasoningLevel: entry.reasoningLevel,
    elevatedLevel: entry.elevatedLevel,
    sendPolicy: entry.sendPolicy,
    inputTokens: entry.inputTokens,
    outputTokens: entry.outputTokens,
    totalTokens: entry.totalTokens,
    totalTokensFresh: entry.totalTokens !== undefined && entry.totalTokensFresh !== false,
    responseUsage: entry.responseUsage,
    modelProvider: chosen ? (entry.providerOverride ?? defaults.modelProvider) : last,
    model,
    contextTokens: entry.contextTokens,
    deliveryContext: entry.deliveryContext,
    lastChannel: entry.lastChannel,
    lastTo: entry.lastTo,
    lastAccountId: entry.lastAccountId,
    lastThreadId: entry.lastThreadId,
  };
}

export interface Slice {
  readonly shown: readonly OpenclawSession[];
  readonly nextOffset: number | null;
}

export function sliceOf(sessions: readonly OpenclawSession[], offset: number, limit: number): Slice {
  const end = offset + limit;
  return { shown: sessions.slice(offset, end), nextOffset: end < sessions.length ? end : null };
}
