import type { PlannedStep, WorkflowPlan } from '../../domain/workflowPlan.ts';
import { stepOf, type RunState } from '../../domain/workflowRunState.ts';
import { filledIn, type Reference } from '../format/references.ts';
import type { StepOutput } from './runRecord.ts';

/** What a run has come to, as its references see it. */
export interface RunValues {
  readonly plan: WorkflowPlan;
  readonly state: RunState;
  /** By step: what it said last. */
  readonly outputs: ReadonlyMap<string, StepOutput>;
}

/** What a reference in a text of a step stands for. A step that has failed before it could answer has answered nothing. */
export function valueOf(
  { plan, state, outputs }: RunValues,
  step: string,
  reference: Reference,
): string | undefined {
  switch (reference.kind) {
    case 'input':
      return Object.hasOwn(plan.inputs, reference.name) ? plan.inputs[reference.name] : undefined;
    case 'output':
      return outputs.get(reference.step)?.output ?? '';
    case 'iteration':
      return String(stepOf(plan, state, step).iterations);
  }
}

/** The agent is told what the condition printed, which is why it is asked again. */
export function promptOf({ id, prompt, until }: PlannedStep, values: RunValues): string {
  const filled = filledIn(prompt, (reference) => valueOf(values, id, reference));
  const check = values.outputs.get(id)?.check;
  if (check === undefined) return filled;
  return `${filled}\n\nThe command "${until ?? ''}" does not succeed yet. It printed:\n\n${check}`;
}
