import * as z from 'zod';
import { LockstepError } from './errors.ts';
import {
  parkedFor as shownParkedFor,
  runStatus as shownStatus,
  stepStatus,
} from '../protocol/workflowMethods.ts';
import type { PlannedStep, WorkflowPlan } from './workflowPlan.ts';

const count = z.int().min(0);
const amount = z.number().min(0);
/** Milliseconds since the epoch, up to the year 9999: later ones have no ISO form that everybody reads. */
const time = z.number().min(0).max(253_402_300_799_999);

/**
 * Of a run. `pausing` and `stopping` last until nothing is in flight any more, and then are `paused` and `stopped`.
 * `parked`: it goes on when a person continues it. `completed`, `failed` and `stopped` are final. That one is `interrupted`
 * is no state of it: it is seen from outside, where nobody drives it.
 */
const runStatus = shownStatus.exclude(['interrupted']);
export type RunStatus = z.infer<typeof runStatus>;

const parkedFor = shownParkedFor.readonly();
export type ParkedFor = z.infer<typeof parkedFor>;

const stepState = z
  .strictObject({
    id: z.string(),
    status: stepStatus,
    iterations: count.describe('begun, interrupted ones included'),
    added: count.default(0).describe('iterations that a person added to the budget of the plan'),
    failures: count.default(0).describe('failed iterations in a row'),
    gateOpen: z.boolean().default(false),
    asking: z.boolean().default(false).describe('the iteration in flight waits for the answer of a person'),
    retryAt: time.optional(),
    workMs: amount.default(0).describe('the time of its ended iterations together'),
    message: z
      .string()
      .optional()
      .describe('why its last failed iteration failed; its beginning, where it is long'),
    cut: z
      .string()
      .optional()
      .describe('why its last iteration was cut before its end, if it was; until the next one begins'),
  })
  .readonly();
export type StepState = z.infer<typeof stepState>;

/** A step before its first iteration. */
export function newStep(id: string): StepState {
  return stepState.parse({ id, status: 'waiting', iterations: 0 });
}

/** What a person added to the limits that the scheduler holds. */
const addedLimits = z
  .strictObject({ wallClockMs: amount, tokens: count, costUsd: amount, outputBytes: count })
  .readonly();
export type AddedLimits = z.infer<typeof addedLimits>;

/**
 * All that the scheduler knows of a run besides its plan, as plain JSON: it is stored with every change, and read back
 * through this schema by whichever process goes on with the run. The steps stand in the order of the file; in an array,
 * for `__proto__` is a valid id.
 */
export const runState = z
  .strictObject({
    status: runStatus,
    iterations: count.describe('begun, of all steps together'),
    added: count.describe('iterations that a person added to the budget of the plan'),
    used: z
      .strictObject({
        tokens: count.optional().describe('absent where no agent reported any'),
        costUsd: amount.optional().describe('absent where no agent reported any'),
        activeMs: amount.describe('up to activeSince'),
        outputBytes: count,
      })
      .readonly(),
    addedLimits,
    activeSince: time.optional().describe('absent while the clock stands'),
    parkedFor: parkedFor.optional(),
    steps: z.array(stepState).readonly(),
  })
  .readonly();
export type RunState = z.infer<typeof runState>;

/** What ended an iteration, and what it used. */
export interface IterationOutcome extends IterationUse {
  /**
   * `done`: the step's condition holds, or it has none. `again`: it went well and the condition does not hold yet.
   * `failed`: the agent or what surrounds it failed.
   */
  readonly kind: 'done' | 'again' | 'failed';
  readonly message?: string;
}

export interface IterationUse {
  /** As the agent reported it; absent where it did not. */
  readonly tokens?: number;
  readonly costUsd?: number;
  /** How long the iteration took. */
  readonly ms: number;
  /** Output of the agent. */
  readonly bytes: number;
}

/** A status that no run leaves. */
export type FinalStatus = 'completed' | 'failed' | 'stopped';

export function isEnded(status: RunStatus): status is FinalStatus {
  return status === 'completed' || status === 'failed' || status === 'stopped';
}

/** The ids of the steps that have an iteration in flight, in the order of the file. */
export function inFlight(state: RunState): string[] {
  return state.steps.filter(({ status }) => status === 'running').map(({ id }) => id);
}

/** @throws LockstepError INVALID_PARAMS for an id that the run does not have. */
export function plannedStep(plan: WorkflowPlan, id: string): PlannedStep {
  return plan.steps.find((step) => step.id === id) ?? unknownStep(plan, id);
}

/** @throws LockstepError INVALID_PARAMS for an id that the run does not have. */
export function stepOf(plan: WorkflowPlan, state: RunState, id: string): StepState {
  return state.steps.find((step) => step.id === id) ?? unknownStep(plan, id);
}

/** The state with one of its steps changed. */
export function withStep(state: RunState, id: string, change: (step: StepState) => StepState): RunState {
  return { ...state, steps: state.steps.map((step) => (step.id === id ? change(step) : step)) };
}

function unknownStep(plan: WorkflowPlan, id: string): never {
  const steps = plan.steps.map((step) => step.id);
  throw new LockstepError(
    'INVALID_PARAMS',
    `step: workflow ${plan.name} has no step ${id}. It has ${steps.join(', ')}.`,
    { details: { param: 'step', steps } },
  );
}
