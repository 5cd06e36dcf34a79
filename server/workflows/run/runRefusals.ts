import * as z from 'zod';
import { actionLabels, retry } from '../../domain/errorActions.ts';
import { LockstepError } from '../../domain/errors.ts';
import { describeOwner } from '../../domain/lease.ts';
import { leaseOwner } from '../../protocol/lock.ts';
import type { Session } from '../../protocol/session.ts';

const heldBy = z.looseObject({ session: z.string(), owner: leaseOwner });
const ending = z.enum(['completed', 'failed']);

/**
 * What keeps a caller from the session of a run, in words of the run, and with what a person can do next. Other errors,
 * and those of other sessions, are as they were.
 */
export function inRunWords(id: string, error: unknown): unknown {
  if (!(error instanceof LockstepError)) return error;
  const { code, details } = error;
  if (code === 'SESSION_NOT_FOUND' && details['id'] === id)
    return new LockstepError(code, `There is no run ${id}. See runs.list for those that are.`, { details });
  const held = heldBy.safeParse(details).data;
  if (code === 'SESSION_LOCKED' && held?.session === id)
    return new LockstepError(
      code,
      `Run ${id} is driven by ${describeOwner(held.owner)}. It has one such process: pause or stop the run, or wait until that process has left it.`,
      {
        details,
        actions: [
          { kind: 'command', label: actionLabels.pause, method: 'runs.pause', params: { id } },
          retry,
        ],
      },
    );
  return error;
}

/** What refuses a change of the session of a run that has moved on since it was read, in words of the run. */
export function movedOn(id: string, error: unknown): unknown {
  if (!(error instanceof LockstepError) || error.code !== 'ILLEGAL_TRANSITION') return error;
  const { details } = error;
  const ended = ending.safeParse(details['from']).data;
  if (ended !== undefined) return hasEnded({ id, status: ended });
  const text = `Run ${id} has just come to rest. Continue it, or stop it.`;
  return new LockstepError('ILLEGAL_TRANSITION', text, { details });
}

/** For what is asked of a run whose session others have ended. */
export function hasEnded({ id, status }: Pick<Session, 'id' | 'status'>): LockstepError {
  return new LockstepError(
    'ILLEGAL_TRANSITION',
    `Run ${id} has ended already: it is ${status}. Start a new run.`,
    { details: { id, from: status } },
  );
}
