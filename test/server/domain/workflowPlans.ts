import fc from 'fast-check';
import type { PlannedStep, RunLimits, WorkflowPlan } from '../../../server/domain/workflowPlan.ts';

/** A step of a plan that needs nothing and has one iteration, unless told. */
export function plannedStep(id: string, changes: Partial<PlannedStep> = {}): PlannedStep {
  return {
    id,
    needs: [],
    agent: 'scripted',
    prompt: `Do ${id}.`,
    maxIterations: 1,
    env: {},
    timeoutMs: 60_000,
    continueOnError: false,
    ...changes,
  };
}

export function planOf(steps: readonly PlannedStep[], changes: Partial<WorkflowPlan> = {}): WorkflowPlan {
  return {
    name: 'fix-tests',
    digest: 'd',
    inputs: {},
    maxIterations: steps.reduce((sum, step) => sum + step.maxIterations, 0),
    limits: {},
    permissions: 'ask',
    steps,
    ...changes,
  };
}

const limits = fc.record(
  {
    wallClockMs: fc.integer({ min: 1, max: 5000 }),
    tokens: fc.integer({ min: 1, max: 50 }),
    costUsd: fc.double({ min: 0.01, max: 5, noNaN: true }),
    outputBytes: fc.integer({ min: 1, max: 500 }),
  },
  { requiredKeys: [] },
) satisfies fc.Arbitrary<RunLimits>;

const oneIn = (sides: number) => fc.nat(sides - 1).map((side) => side === 0);

/** Ids that an object would not keep apart, or not keep at all. */
const IDS = ['__proto__', 'constructor', 'toString', 'a', 'b', 'c'];

/** Any DAG: a step needs some of those that come before it in an order that the file may stand in any other way. */
export const plans: fc.Arbitrary<WorkflowPlan> = fc
  .array(
    fc.record({
      needs: fc.array(oneIn(3), { minLength: IDS.length, maxLength: IDS.length }),
      maxIterations: fc.integer({ min: 1, max: 4 }),
      hasGate: oneIn(4),
      retry: fc.option(
        fc.record({ attempts: fc.integer({ min: 1, max: 3 }), backoffMs: fc.integer({ min: 0, max: 1000 }) }),
        { freq: 2 },
      ),
      continueOnError: fc.boolean(),
      place: fc.nat(),
    }),
    { minLength: 1, maxLength: IDS.length },
  )
  .chain((drafts) => {
    const steps = drafts
      .map(({ needs, maxIterations, hasGate, retry, continueOnError, place }, index) => ({
        place,
        step: plannedStep(IDS[index] ?? '', {
          needs: IDS.slice(0, index).filter((_, other) => needs[other]),
          maxIterations,
          continueOnError,
          ...(hasGate ? { gate: 'manual' } : {}),
          ...(retry === null ? {} : { retry }),
        }),
      }))
      .sort((one, other) => one.place - other.place)
      .map(({ step }) => step);
    const whole = planOf(steps).maxIterations;
    return fc
      .record({ maxIterations: fc.oneof(fc.constant(whole), fc.integer({ min: 1, max: whole })), limits })
      .map((changes) => planOf(steps, changes));
  });
