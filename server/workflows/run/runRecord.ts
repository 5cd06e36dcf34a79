import * as z from 'zod';
import { LockstepError } from '../../domain/errors.ts';
import type { NewEvent } from '../../domain/sessionStep.ts';
import type { WorkflowPlan } from '../../domain/workflowPlan.ts';
import { newStep, runState, type StepState } from '../../domain/workflowRunState.ts';
import type { SessionEvent } from '../../protocol/event.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { runQuestion } from '../../protocol/workflowMethods.ts';

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

/** Beside `step`, the id of its step in the metadata of a child session. */
export const stepMetadata = z.looseObject({ step: z.string() });

/**
 * The events of a run that hold its state: the last of them is what the run is. They are written before what they tell
 * of is done, so that a new runner knows of everything that was begun. A run of many steps writes many of them, so each
 * leaves out what is as it was at the beginning: such a step altogether, and such a part of another step.
 */
export const STATE_EVENT = 'run.state';
export const storedRecord = z.looseObject({
  state: runState,
  /** Of the lease of the runner that wrote it; 0 where none has. */
  fence: z.int().min(0).default(0),
  /** `seq` up to which its runner had looked for requests: those are obeyed, or were refused. */
  handled: z.int().min(0).default(0),
  /** What agents ask a person; only its runner, while it lives, waits for an answer. */
  questions: z.array(runQuestion).default([]),
});
/** With all steps of the plan in its state. */
export type RunRecord = z.infer<typeof storedRecord>;

export function stateEvent({ state, fence, handled, questions }: RunRecord): NewEvent {
  const asked = questions.length === 0 ? {} : { questions };
  const steps = state.steps.flatMap(changedParts);
  return { type: STATE_EVENT, data: { state: { ...state, steps }, fence, handled, ...asked } };
}

/**
 * What such an event says of a run of that plan.
 * @throws LockstepError INVALID_PARAMS where it cannot be read, as in an import that was damaged
 */
export function recordOf({ data }: Pick<SessionEvent, 'data'>, plan: WorkflowPlan): RunRecord {
  const stored = storedRecord.safeParse(data);
  if (!stored.success) throw unreadableRun(plan);
  const { state, ...record } = stored.data;
  const known = new Map(state.steps.map((step) => [step.id, step]));
  const steps = plan.steps.map(({ id }) => {
    const step = known.get(id) ?? newStep(id);
    known.delete(id);
    return step;
  });
  // Whoever goes on with the run is to see that it is of another plan.
  return { ...record, state: { ...state, steps: [...steps, ...known.values()] } };
}

export function unreadableRun({ name }: WorkflowPlan): LockstepError {
  return new LockstepError(
    'INVALID_PARAMS',
    `id: what that run of ${name} has recorded of itself cannot be read, so nobody can go on with it. Its transcript shows what it did; start its workflow anew.`,
    { details: { param: 'id' } },
  );
}

const handledPart = z.looseObject({ handled: storedRecord.shape.handled.catch(0) });

/** How far requests were looked for, without a look at the rest. */
export function handledOf({ data }: Pick<SessionEvent, 'data'>): number {
  return handledPart.parse(data).handled;
}

const FIRST: JsonObject = { ...newStep('') };

/** A step without what is as it was at the beginning; none where all of it is. */
function changedParts(step: StepState): JsonObject[] {
  const { id, status, iterations, ...parts } = step;
  const changed = Object.entries(parts).filter(([name, value]) => value !== FIRST[name]);
  if (changed.length === 0 && status === FIRST['status'] && iterations === FIRST['iterations']) return [];
  return [{ id, status, iterations, ...Object.fromEntries(changed) }];
}

/** Beside the state: which agent works for a step, so that a new runner can prove that its processes are gone. */
export const AGENT_EVENT = 'run.agent';
export const agentEventData = z.looseObject({
  /** The run that it works for: a copy of the run has its events too, and not its agents. */
  run: z.string().exactOptional(),
  step: z.string(),
  marker: z.uuid(),
  pid: z.int().exactOptional(),
  processStart: z.string().exactOptional(),
  bootId: z.string().exactOptional(),
  pidNamespace: z.string().exactOptional(),
});
export type AgentRecord = z.infer<typeof agentEventData>;

/** In UTF-16 units: an agent that names its sessions with more than that begins a new one each time. */
export const MAX_HANDLE = 4096;

/** What a step said last, for the steps that need it, and what its condition printed, for its next iteration. */
export const OUTPUT_EVENT = 'run.output';
export const outputEventData = z.strictObject({
  step: z.string(),
  output: z.string(),
  check: z.string().exactOptional(),
  /** What the agent of its next iteration can go on with. */
  sessionHandle: z.string().max(MAX_HANDLE).exactOptional(),
});
export type StepOutput = z.infer<typeof outputEventData>;

/** A client tells a person of something: `{ of }`. See `runs.notify`. */
export const TOLD_EVENT = 'run.told';
export const toldEventData = z.looseObject({ of: z.string() });

/** A sentence for a person about the run: `{ text }`. */
export const NOTICE_EVENT = 'run.notice';

/** A runner has left a run that is not ended, or could not take it: `{ message? }` says why. */
export const LEFT_EVENT = 'run.left';
export const leftEventData = z.looseObject({ message: z.string().optional() });
