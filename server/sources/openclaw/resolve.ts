import { LockstepError } from '../../domain/errors.ts';
import { agentIdFrom, canonicalKey, storeAgentOf } from './sessionKey.ts';
import { filterSessions, type SessionFilter } from './list.ts';
import type { FailedAgent, OpenclawSession, OpenclawSnapshot } from './stateDirectory.ts';

/** As many as an error names of the sessions that share an id. */
const MOST_NAMED = 8;

export interface SessionQuestion extends Pick<
  SessionFilter,
  'agentId' | 'spawnedBy' | 'includeGlobal' | 'includeUnknown'
> {
  readonly key?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly label?: string | undefined;
}

/**
 * The session under a key of any form.
 * @throws LockstepError of its agent's store, where that cannot be read
 */
export function sessionAt(snapshot: OpenclawSnapshot, key: string): OpenclawSession | undefined {
  const { defaultAgent, mainKey } = snapshot.config;
  const canonical = canonicalKey(key, defaultAgent, mainKey);
  const found = snapshot.sessions.get(canonical);
  if (found === undefined) throwIfFailed(snapshot.failed, storeAgentOf(canonical, defaultAgent));
  return found;
}

/** @throws LockstepError of the agent's store, where that cannot be read; of the first, where no agent is named */
export function throwIfFailed(failed: readonly FailedAgent[], agentId?: string): void {
  const wanted = failed.find((agent) => agentId === undefined || agent.agentId === agentId);
  if (wanted) throw wanted.error;
}

/** @throws LockstepError INVALID_PARAMS, SESSION_NOT_FOUND, or that of a store */
export function resolveSession(
  snapshot: OpenclawSnapshot,
  question: SessionQuestion,
  now: number,
): OpenclawSession {
  const key = question.key?.trim() ?? '';
  const sessionId = question.sessionId?.trim() ?? '';
  const label = question.label?.trim() ?? '';
  const given = [key, sessionId, label].filter((value) => value !== '').length;
  if (given === 0) throw refused('Either key, sessionId, or label is required');
  if (given > 1) throw refused('Provide either key, sessionId, or label (not multiple)');
  if (key !== '') {
    const found = sessionAt(snapshot, key);
    if (found === undefined) throw notFound(`No session found: ${key}`);
    return found;
  }
  const { agentId, spawnedBy, includeGlobal, includeUnknown } = question;
  const filter = { agentId, spawnedBy, includeGlobal, includeUnknown };
  const candidates = filterSessions(snapshot.sessions.values(), filter, now);
  const matches = candidates.filter(({ key, entry }) =>
    label === '' ? entry.sessionId === sessionId || key === sessionId : entry.label === label,
  );
  const [found, another] = matches;
  if (found === undefined) {
    // It may be in a store that could not be read: then nobody can say that it is nowhere.
    throwIfFailed(snapshot.failed, agentId === undefined ? undefined : agentIdFrom(agentId));
    throw notFound(label === '' ? `No session found: ${sessionId}` : `No session found with label: ${label}`);
  }
  if (another === undefined) return found;
  const keys = matches.slice(0, label === '' ? MOST_NAMED : 2).map(({ key }) => key);
  const named = `(${keys.join(', ')})`;
  throw refused(
    label === ''
      ? `Multiple sessions found for sessionId: ${sessionId} ${named}`
      : `Multiple sessions found with label: ${label} ${named}`,
  );
}

function refused(message: string): LockstepError {
  return new LockstepError('INVALID_PARAMS', message);
}

function notFound(message: string): LockstepError {
  return new LockstepError('SESSION_NOT_FOUND', message);
}
