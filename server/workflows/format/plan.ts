import { createHash } from 'node:crypto';
import { LockstepError } from '../../domain/errors.ts';
import type { RunLimits, WorkflowPlan } from '../../domain/workflowPlan.ts';
import { MAX_ITERATIONS } from '../../protocol/session.ts';
import { durationMs, sizeBytes } from './quantities.ts';
import { DEFAULT_LOOP, type WorkflowFile } from './workflowFile.ts';

export interface PlanSource {
  readonly file: WorkflowFile;
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** What the run is called where the file gives no name. */
  readonly name: string;
}

/**
 * What a run of a workflow is made of. Prompts stay as they are written: what their references stand for is filled in at
 * once, when an iteration begins, so that no value is taken for a reference.
 * @throws LockstepError INVALID_PARAMS for an input that the file does not have, or that is not given and has no default
 */
export function planOf(
  { file, path, text, name }: PlanSource,
  given: Readonly<Record<string, string>>,
): WorkflowPlan {
  const inputs = inputsOf(file, given);
  const steps = file.steps.map((step) => {
    const { id, needs, prompt, until, untilOutput, gate, retry, timeout, continueOnError } = step;
    const cwd = step.cwd ?? file.cwd;
    return {
      id,
      needs,
      agent: step.agent ?? file.agent ?? '',
      prompt,
      ...(until === undefined ? {} : { until }),
      ...(untilOutput === undefined ? {} : { untilOutput }),
      maxIterations: iterationsOf(step),
      ...(gate === undefined ? {} : { gate }),
      ...(retry === undefined
        ? {}
        : { retry: { attempts: retry.attempts, backoffMs: durationMs(retry.backoff) ?? 0 } }),
      env: { ...file.env, ...step.env },
      ...(cwd === undefined ? {} : { cwd }),
      timeoutMs: durationMs(timeout) ?? 0,
      continueOnError,
    };
  });
  const sum = steps.reduce((total, step) => total + step.maxIterations, 0);
  return {
    name: file.name ?? name,
    file: path,
    digest: digestOf(text),
    inputs,
    maxIterations: file.maxIterations ?? Math.min(sum, MAX_ITERATIONS),
    limits: limitsOf(file),
    permissions: file.permissions,
    steps,
  };
}

/** By it the text of a file is known again. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** How many iterations a step may take: a loop some, an answer one and as many as it may be tried again. */
export function iterationsOf({
  maxIterations,
  until,
  untilOutput,
  retry,
}: WorkflowFile['steps'][number]): number {
  if (maxIterations !== undefined) return maxIterations;
  return until === undefined && untilOutput === undefined ? 1 + (retry?.attempts ?? 0) : DEFAULT_LOOP;
}

function inputsOf(file: WorkflowFile, given: Readonly<Record<string, string>>): Record<string, string> {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(file.inputs, name));
  if (unknown.length > 0)
    throw new LockstepError('INVALID_PARAMS', `inputs: the workflow has no input ${unknown.join(', ')}.`, {
      details: { param: 'inputs', unknown, inputs: Object.keys(file.inputs) },
    });
  return Object.fromEntries(
    Object.entries(file.inputs).map(([name, input]) => {
      const value = given[name] ?? (typeof input === 'object' ? input.default : input);
      if (value !== undefined) return [name, String(value)];
      throw new LockstepError('INVALID_PARAMS', `inputs: the workflow needs a value for its input ${name}.`, {
        details: { param: 'inputs', missing: name },
      });
    }),
  );
}

function limitsOf({ limits }: WorkflowFile): RunLimits {
  const { wallClock, tokens, costUsd, output, memory, cpus, pids, disk } = limits;
  const all: { -readonly [K in keyof RunLimits]: number | undefined } = {
    wallClockMs: wallClock === undefined ? undefined : durationMs(wallClock),
    tokens,
    costUsd,
    outputBytes: output === undefined ? undefined : sizeBytes(output),
    memoryBytes: memory === undefined ? undefined : sizeBytes(memory),
    cpus,
    pids,
    diskBytes: disk === undefined ? undefined : sizeBytes(disk),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
