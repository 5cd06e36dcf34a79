import { MAX_ITERATIONS, type Session } from '../protocol/session.ts';
import type { Replayed } from './replay.ts';
import { defined, type SessionState } from './sessionStep.ts';

/** A session of its own that has the history of `origin` up to `seq`, and what that history made of it. */
export function fork(
  origin: Session,
  replayed: Replayed,
  id: string,
  seq: number,
  now: number,
): SessionState {
  const at = new Date(now).toISOString();
  const { label: _label, result: _result, error: _error, costUsd: _cost, ...kept } = origin;
  const { endedAt: _ended, archivedAt: _archived, ...living } = kept;
  const { toolCalls, toolsUsed, errors, messages, tokens } = replayed;
  const iterations = Math.min(replayed.iterations, MAX_ITERATIONS);
  return {
    session: {
      ...living,
      id,
      status: 'active',
      iterations,
      maxIterations: Math.max(replayed.maxIterations ?? origin.maxIterations, iterations),
      context: replayed.context ?? origin.context,
      ...defined({
        costUsd: replayed.costUsd,
        model: replayed.model ?? origin.model,
        provider: replayed.provider ?? origin.provider,
      }),
      tokens,
      toolCalls,
      toolsUsed: [...toolsUsed],
      errors,
      messages,
      pausing: false,
      forkedFrom: { id: origin.id, seq },
      revision: 0,
      createdAt: at,
      updatedAt: at,
    },
    // The iteration that was under way is the original's.
    iterationOpen: false,
    pauseReason: undefined,
  };
}

/** A session under other ids: its own, and those of the sessions that it names. `parent` is undefined where it is gone. */
export function renamed(
  { parentId: _parent, ...session }: Session,
  newId: (id: string) => string,
  parent: string | undefined,
): Session {
  const { forkedFrom } = session;
  return {
    ...session,
    id: newId(session.id),
    ...defined({ parentId: parent }),
    ...(forkedFrom ? { forkedFrom: { ...forkedFrom, id: newId(forkedFrom.id) } } : {}),
  };
}
