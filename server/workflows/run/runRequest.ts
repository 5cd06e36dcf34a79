import * as z from 'zod';
import { LockstepError } from '../../domain/errors.ts';
import type { Continuation } from '../../domain/workflowContinuation.ts';
import type { WorkflowPlan } from '../../domain/workflowPlan.ts';
import * as run from '../../domain/workflowRun.ts';
import type { RunState } from '../../domain/workflowRunState.ts';
import type { SessionEvent } from '../../protocol/event.ts';
import type { Session } from '../../protocol/session.ts';

/**
 * What others ask of a run: events of its session that need no lease. Its runner obeys each one once, in their order, and
 * stores with its next state how far it has looked. That a pause is asked for is told by the session itself.
 */
export const REQUEST_EVENT = 'run.request';

const added = z.number().min(0).exactOptional();
const continuation = z.strictObject({
  step: z.string().exactOptional(),
  addIterations: z.int().min(1).exactOptional(),
  addLimits: z
    .strictObject({ wallClockMs: added, tokens: added, costUsd: added, outputBytes: added })
    .exactOptional(),
  gate: z.string().exactOptional(),
  again: z.string().exactOptional(),
}) satisfies z.ZodType<Continuation>;
export const runRequest = z.discriminatedUnion('kind', [
  continuation.extend({ kind: z.literal('continue') }),
  z.strictObject({ kind: z.literal('stop') }),
  /** Without an option, what was asked for is refused. */
  z.strictObject({ kind: z.literal('answer'), question: z.string(), option: z.string().exactOptional() }),
]);
export type RunRequest = z.infer<typeof runRequest>;

/** Undefined for one of a later Lockstep. */
export function requestOf({ data }: SessionEvent): RunRequest | undefined {
  return runRequest.safeParse(data).data;
}

/** What others want of a run. */
export interface Wishes {
  /** Those that are not obeyed yet, in their order. */
  readonly requests: readonly SessionEvent[];
  readonly isPauseAsked: boolean;
}

/** What the session of a run tells of a pause; one that nobody drives is paused at once. */
export function isPauseAsked({ status, pausing }: Session): boolean {
  return pausing || status === 'paused';
}

/**
 * The state after the requests, and then the pause. One that does not fit any more changes nothing, and `refused` is told
 * why.
 */
export function afterWishes(
  plan: WorkflowPlan,
  state: RunState,
  { requests, isPauseAsked }: Wishes,
  now: number,
  refused: (why: string) => void = () => undefined,
): RunState {
  let after = state;
  for (const event of requests) after = obeyedWhereItFits(plan, after, event, now, refused);
  if (isPauseAsked && after.status === 'active') return run.pause(plan, after, now);
  const isPaused = after.status === 'pausing' || after.status === 'paused';
  return isPaused && !isPauseAsked ? run.resume(plan, after, now) : after;
}

/**
 * The state after a request. An answer changes none by itself: it is the question's.
 * @throws LockstepError where it does not fit
 */
export function obeyed(plan: WorkflowPlan, state: RunState, request: RunRequest, now: number): RunState {
  switch (request.kind) {
    case 'continue':
      return run.continueWith(plan, state, request, now);
    case 'stop':
      return run.stop(plan, state, now);
    case 'answer':
      return state;
  }
}

function obeyedWhereItFits(
  plan: WorkflowPlan,
  state: RunState,
  event: SessionEvent,
  now: number,
  refused: (why: string) => void,
): RunState {
  const request = requestOf(event);
  if (request === undefined) {
    refused('It is of a kind that this Lockstep does not know.');
    return state;
  }
  try {
    return obeyed(plan, state, request, now);
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    refused(error.message);
    return state;
  }
}
