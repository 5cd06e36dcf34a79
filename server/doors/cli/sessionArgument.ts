import { v7 as uuidv7 } from 'uuid';
import type { ErrorAction, WireError } from '../../protocol/error.ts';
import type { Session } from '../../protocol/session.ts';
import { sessionsFind, sessionsGet } from '../../protocol/sessionQueryMethods.ts';
import { sessionsRestore } from '../../protocol/sessionTrashMethods.ts';
import { CallFailed, UsageError } from './commandError.ts';
import type { CommandContext } from './context.ts';

/** Shorter ones say nothing: ids begin with the time, so all of these years begin alike. */
const LEAST_PREFIX = 4;
/** So many candidates are shown where a prefix fits several sessions. */
const CANDIDATES = 10;

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The session that a with-lease around us is about. */
export function leasedSession(env: NodeJS.ProcessEnv): string | undefined {
  const set = env['LOCKSTEP_SESSION'];
  return set === '' ? undefined : set;
}

/** What writes to a session show of our right to write: the lease of the with-lease around us, if it is on that session. */
export function leaseFor(id: string, env: NodeJS.ProcessEnv): { lease?: string } {
  const lease = env['LOCKSTEP_LEASE'];
  return lease === undefined || lease === '' || leasedSession(env) !== id ? {} : { lease };
}

/**
 * The id of the session that somebody means by an id, a label or the beginning of an id. Whether there is a session
 * with a whole id is for the call to say that it is for.
 * @throws CallFailed where none or several fit
 */
export async function sessionId(context: CommandContext, given: string, trashed = false): Promise<string> {
  if (ID.test(given)) return given;
  if (given === '')
    throw new UsageError('the session has no name: give its id, the beginning of it, or its label');
  const found = await candidates(context, given, trashed);
  const [first, ...others] = found.sessions;
  if (others.length > 0)
    throw new CallFailed(ambiguous(given, found.sessions, found.nextCursor !== undefined));
  if (first) return first.id;
  // What is said of an unknown session is the same whichever way somebody comes upon it.
  return (await (trashed ? context.call(sessionsRestore, { id: given }) : notFound(context, given))).id;
}

/** Those with the label, else those whose id begins so. */
async function candidates(context: CommandContext, given: string, trashed: boolean) {
  const where = { ...(trashed ? { trashed } : { archived: true }), limit: CANDIDATES };
  const labelled = await context.call(sessionsFind, { ...where, label: given });
  if (labelled.sessions.length > 0 || given.length < LEAST_PREFIX) return labelled;
  return context.call(sessionsFind, { ...where, idPrefix: given.toLowerCase() });
}

/** Throws that there is no such session, and how to get it back where it is in the trash. */
async function notFound(context: CommandContext, given: string): Promise<Session> {
  try {
    return await context.call(sessionsGet, { id: given });
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    const [trashed] = (await candidates(context, given, true)).sessions;
    if (!trashed) throw error;
    const restore: ErrorAction = {
      kind: 'command',
      label: 'Restore',
      method: sessionsRestore.name,
      params: { id: trashed.id },
    };
    throw new CallFailed({ ...error.error, explanation: 'It is in the trash.', actions: [restore] });
  }
}

/** The session of an argument; where it was left out, that of the with-lease around us. */
export async function sessionOrLeased(context: CommandContext, given: string | undefined): Promise<string> {
  if (given !== undefined) return sessionId(context, given);
  const leased = leasedSession(context.door.env);
  if (leased === undefined)
    throw new UsageError(
      'needs a session: its id, the beginning of it, or its label (lockstep list shows them)',
    );
  return sessionId(context, leased);
}

function ambiguous(given: string, sessions: readonly Session[], areMore: boolean): WireError {
  const fitting = sessions.map(({ id, label, title, status }) => ({ id, label, title, status }));
  return {
    code: 'INVALID_PARAMS',
    title: 'Several sessions are meant',
    message: `${given} fits ${areMore ? 'more than ' : ''}${sessions.length} sessions.`,
    explanation: 'Give more of the id, or the label.',
    requestId: uuidv7(),
    actions: [],
    details: { candidates: fitting },
  };
}
