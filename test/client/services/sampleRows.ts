import type { SourceSession } from '../../../server/protocol/sourceSession.ts';
import type { ListRow } from '../../../client/services/listRow.ts';
import type { SessionSummary } from '../../../client/services/sessionModel.ts';

const DAY = '2026-01-01T00:00:00.000Z';

/** An own session, as far as lists look at it. */
export function own(id: string, fields: Partial<SessionSummary> = {}): SessionSummary {
  return {
    id,
    kind: 'session',
    title: id,
    mode: 'm',
    task: id,
    status: 'active',
    iterations: 0,
    maxIterations: 1,
    tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
    toolCalls: 0,
    errors: 0,
    messages: 0,
    toolsUsed: [],
    blockedActions: [],
    pausing: false,
    revision: 1,
    createdAt: DAY,
    updatedAt: DAY,
    ...fields,
  };
}

/** A session of pi, unless the fields say otherwise. */
export function foreign(id: string, fields: Partial<SourceSession> = {}): SourceSession {
  return {
    ref: `pi:${id}.jsonl`,
    source: 'pi',
    id,
    path: `/pi/${id}.jsonl`,
    title: id,
    updatedAt: DAY,
    sizeBytes: 1,
    partial: false,
    activity: { state: 'idle', evidence: '' },
    damagedLines: 0,
    ...fields,
  };
}

export const ownRow = (id: string, fields?: Partial<SessionSummary>): ListRow => ({
  type: 'session',
  session: own(id, fields),
});

export const foreignRow = (id: string, fields?: Partial<SourceSession>): ListRow => ({
  type: 'source',
  session: foreign(id, fields),
  hasChildren: false,
});
