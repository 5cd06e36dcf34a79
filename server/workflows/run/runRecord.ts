import * as z from 'zod';
import type { WorkflowPlan } from '../../domain/workflowPlan.ts';
import { runState } from '../../domain/workflowRunState.ts';

const strings = z.record(z.string(), z.string());
const limits = z.strictObject({
  wallClockMs: z.number().exactOptional(),
  tokens: z.number().exactOptional(),
  costUsd: z.number().exactOptional(),
  outputBytes: z.number().exactOptional(),
  memoryBytes: z.number().exactOptional(),
  cpus: z.number().exactOptional(),
  pids: z.number().exactOptional(),
  diskBytes: z.number().exactOptional(),
});
const step = z.strictObject({
  id: z.string(),
  needs: z.array(z.string()),
  agent: z.string(),
  prompt: z.string(),
  until: z.string().exactOptional(),
  untilOutput: z.string().exactOptional(),
  maxIterations: z.int().min(1),
  gate: z.literal('manual').exactOptional(),
  retry: z.strictObject({ attempts: z.int().min(1), backoffMs: z.number().min(0) }).exactOptional(),
  env: strings,
  cwd: z.string().exactOptional(),
  timeoutMs: z.number().min(1),
  continueOnError: z.boolean(),
});

/** What a run keeps in the metadata of its session: the plan as it was when the run began, whatever becomes of the file. */
export const runMetadata = z.looseObject({
  plan: z.strictObject({
    name: z.string(),
    file: z.string().exactOptional(),
    digest: z.string(),
    inputs: strings,
    maxIterations: z.int().min(1),
    limits,
    permissions: z.enum(['ask', 'refuse', 'allow']),
    steps: z.array(step).min(1),
  }) satisfies z.ZodType<WorkflowPlan>,
});

/**
 * The events of a run that hold its state, each one whole: the last of them is what the run is. They are written before
 * what they tell of is done, so that a new runner knows of everything that was begun.
 */
export const STATE_EVENT = 'run.state';
export const stateEventData = z.looseObject({ state: runState });

/** Beside the state: which agent works for a step, so that a new runner can prove that its processes are gone. */
export const AGENT_EVENT = 'run.agent';
export const agentEventData = z.strictObject({
  step: z.string(),
  marker: z.uuid(),
  pid: z.int().exactOptional(),
  processStart: z.string().exactOptional(),
});
export type AgentRecord = z.infer<typeof agentEventData>;

/** What a step said last, for the steps that need it, and what its condition printed, for its next iteration. */
export const OUTPUT_EVENT = 'run.output';
export const outputEventData = z.strictObject({
  step: z.string(),
  output: z.string(),
  check: z.string().exactOptional(),
});
export type StepOutput = z.infer<typeof outputEventData>;
