import * as z from 'zod';
import { LockstepError } from '../../domain/errors.ts';
import type { Continuation } from '../../domain/workflowBudget.ts';
import type { WorkflowPlan } from '../../domain/workflowPlan.ts';
import * as run from '../../domain/workflowRun.ts';
import { plannedStep, type RunState } from '../../domain/workflowRunState.ts';
import type { SessionEvent } from '../../protocol/event.ts';
import type { Session } from '../../protocol/session.ts';

/**
 * What others ask of a run: events of its session that need no lease. Its runner obeys each one once, in their order, and
 * stores with its next state how far it has looked. That a pause is asked for is told by the session itself.
 */
export const REQUEST_EVENT = 'run.request';

const added = z.number().min(0).exactOptional();
export const runRequest = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('continue'),
    step: z.string().exactOptional(),
    addIterations: z.int().min(1).exactOptional(),
    addLimits: z
      .strictObject({ wallClockMs: added, tokens: added, costUsd: added, outputBytes: added })
      .exactOptional(),
  }),
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
      return continued(plan, state, request, now);
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

/** Nothing to add, no gate to open: a run that is paused, or has lost its runner, is to go on as it is. */
export function isPlain({ step, addIterations, addLimits }: Continuation): boolean {
  return (
    step === undefined &&
    addIterations === undefined &&
    Object.values(addLimits ?? {}).every((by) => by === 0)
  );
}

/**
 * A run goes on: what is told is added, a gate is opened, and one that is paused, or is to be, is so no longer. An active
 * one of which nothing is told goes on as it is.
 */
function continued(plan: WorkflowPlan, state: RunState, more: Continuation, now: number): RunState {
  const isPaused = state.status === 'paused' || state.status === 'pausing';
  if (isPlain(more)) {
    if (state.status === 'active') return state;
    return isPaused ? run.resume(plan, state, now) : run.continueWith(plan, state, {}, now);
  }
  const raised = isOfGate(plan, more)
    ? run.openGate(plan, state, more.step, now)
    : run.continueWith(plan, state, more, now);
  // First what was added, or it would be parked for want of it, at a gate that nobody has spoken of.
  return isPaused ? run.resume(plan, raised, now) : raised;
}

function isOfGate(plan: WorkflowPlan, more: Continuation): more is Continuation & { readonly step: string } {
  const { step, ...adds } = more;
  return step !== undefined && isPlain(adds) && plannedStep(plan, step).gate !== undefined;
}
