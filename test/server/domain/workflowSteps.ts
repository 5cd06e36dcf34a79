import { meant, type Addition } from '../../../server/domain/workflowContinuation.ts';
import { decide } from '../../../server/domain/workflowDecision.ts';
import type { WorkflowPlan } from '../../../server/domain/workflowPlan.ts';
import * as run from '../../../server/domain/workflowRun.ts';
import type { IterationOutcome, RunState } from '../../../server/domain/workflowRunState.ts';
import { plannedStep, planOf } from './workflowPlans.ts';

export const T = Date.UTC(2026, 0, 1);
export const use = { ms: 10, bytes: 1 };
export const done: IterationOutcome = { kind: 'done', ...use };
export const again: IterationOutcome = { kind: 'again', ...use };
export const failed: IterationOutcome = { kind: 'failed', ...use };

export const decided = (plan: WorkflowPlan, state: RunState, now = T) =>
  decide(plan, state, now, { parallel: 4 });
export const toBegin = (plan: WorkflowPlan, state: RunState, now = T, parallel = 4) =>
  decide(plan, state, now, { parallel }).begin.map(({ step, iteration }) => `${step} ${iteration}`);

/** One iteration of a step, from its beginning to its end. */
export function pass(
  plan: WorkflowPlan,
  state: RunState,
  step: string,
  outcome: IterationOutcome,
  now = T,
): RunState {
  return run.ended(plan, run.begun(plan, state, step, now), step, outcome, now);
}

/** As a person says it who sees the run in that state. */
export function continued(plan: WorkflowPlan, state: RunState, addition: Addition, now: number): RunState {
  return run.continueWith(plan, state, meant(plan, state, addition), now);
}

export const loop = planOf([plannedStep('fix', { maxIterations: 3 })]);
export const two = planOf([plannedStep('a', { maxIterations: 3 }), plannedStep('b', { maxIterations: 3 })]);
export const gated = planOf([
  plannedStep('implement'),
  plannedStep('review', { needs: ['implement'], gate: 'manual' }),
  plannedStep('lint', { maxIterations: 2 }),
]);
