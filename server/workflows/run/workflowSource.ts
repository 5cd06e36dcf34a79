import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import { LockstepError } from '../../domain/errors.ts';
import type { RunLimits, WorkflowPlan } from '../../domain/workflowPlan.ts';
import { systemErrorReason } from '../../platform/systemError.ts';
import type { Workflow } from '../../protocol/workflowMethods.ts';
import type { Enforcement } from '../agents/limits/agentLimits.ts';
import { linePositions } from '../format/linePositions.ts';
import { digestOf, planOf, type PlanSource } from '../format/plan.ts';
import { parseWorkflow, type WorkflowDocument } from '../format/workflowDocument.ts';
import type { WorkflowFile } from '../format/workflowFile.ts';
import { limitViews } from './limitView.ts';

/** A workflow file as it is on disk. */
export interface WorkflowSource {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** Where its text cannot be one: why. */
  readonly unreadable: string | undefined;
  readonly document: WorkflowDocument;
}

/** More than any workflow has, in bytes: the longest text, in any encoding of its characters. */
const MAX_BYTES = 4 * 1024 * 1024;

/** @throws LockstepError INVALID_PARAMS where there is no such file, or it cannot be read */
export async function readWorkflow(path: string, agents: readonly string[]): Promise<WorkflowSource> {
  if (!isAbsolute(path)) throw badFile(path, 'it has to be an absolute path');
  let bytes: Buffer;
  try {
    bytes = await beginningOf(path);
  } catch (error) {
    throw badFile(path, systemErrorReason(error));
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { path, text, unreadable: undefined, document: parseWorkflow(text, { agents }) };
  } catch {
    const unreadable = 'The file is not text in UTF-8.';
    return { path, text: '', unreadable, document: parseWorkflow('', { agents }) };
  }
}

/** A byte more than the most, where there is more: the parser then says that it is too large. */
async function beginningOf(path: string): Promise<Buffer> {
  // To open a pipe would wait until somebody writes to it. Windows has neither.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error('it is no file');
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    let filled = 0;
    for (let read = -1; read !== 0 && filled < buffer.length; filled += read)
      ({ bytesRead: read } = await file.read(buffer, filled, buffer.length - filled, filled));
    return buffer.subarray(0, filled);
  } finally {
    await file.close();
  }
}

/** What the file is called where it gives itself no name. */
export function nameOfFile(path: string): string {
  const name = basename(path).replace(/\.ya?ml$/i, '');
  return name.replace(/\.lockstep$/i, '') || name || 'workflow';
}

/** What a run of the file is made of. `file` is what was read of it without error. */
export function planSource({ path, text }: WorkflowSource, file: WorkflowFile): PlanSource {
  return { file, path, text, name: nameOfFile(path) };
}

/** Without values of its inputs, which are asked for later. */
function planToShow(source: WorkflowSource, file: WorkflowFile): WorkflowPlan {
  return planOf(
    planSource(source, file),
    Object.fromEntries(Object.keys(file.inputs).map((name) => [name, ''])),
  );
}

/** The limits that the file sets. */
export function limitsOfFile(source: WorkflowSource): RunLimits {
  const { file } = source.document;
  return file === undefined ? {} : planToShow(source, file).limits;
}

/** The file as it is shown and asked about before it runs. */
export function workflowView(source: WorkflowSource, isKnown: boolean, enforcement: Enforcement): Workflow {
  const { path, text, unreadable, document } = source;
  const { file, problems } = document;
  const positionOf = linePositions(text);
  const all: Workflow['problems'] =
    unreadable === undefined
      ? problems.map(({ severity, code, message, from }) => ({
          severity,
          code,
          message,
          ...positionOf(from),
        }))
      : [{ severity: 'error', code: 'not-utf8', message: unreadable, line: 0, character: 0 }];
  const common = { file: path, digest: digestOf(text), isKnown, problems: all };
  if (file === undefined) return { ...common, name: nameOfFile(path), ...NOTHING };
  const plan = planToShow(source, file);
  return {
    ...common,
    name: plan.name,
    ...(file.description === undefined ? {} : { description: file.description }),
    inputs: Object.entries(file.inputs).map(([name, input]) => ({ name, ...inputView(input) })),
    maxIterations: plan.maxIterations,
    permissions: plan.permissions,
    limits: limitViews(plan.limits, enforcement),
    steps: plan.steps.map((step, index) => {
      const description = file.steps[index]?.description;
      return {
        id: step.id,
        ...(description === undefined ? {} : { description }),
        line: positionOf(offsetOfStep(document, index)).line,
        needs: [...step.needs],
        agent: step.agent,
        maxIterations: step.maxIterations,
        ...(step.until === undefined ? {} : { until: step.until }),
        env: { ...step.env },
        hasGate: step.gate !== undefined,
      };
    }),
  };
}

const NOTHING: Pick<Workflow, 'inputs' | 'maxIterations' | 'permissions' | 'limits' | 'steps'> = {
  inputs: [],
  maxIterations: 1,
  permissions: 'ask',
  limits: [],
  steps: [],
};

function inputView(input: WorkflowFile['inputs'][string]): { description?: string; default?: string } {
  if (typeof input !== 'object') return { default: String(input) };
  return {
    ...(input.description === undefined ? {} : { description: input.description }),
    ...(input.default === undefined ? {} : { default: String(input.default) }),
  };
}

function offsetOfStep({ outline }: WorkflowDocument, index: number): number {
  const step = outline.steps.find((one) => one.index === index);
  return step?.id?.from ?? step?.map.range?.[0] ?? 0;
}

function badFile(path: string, why: string): LockstepError {
  return new LockstepError('INVALID_PARAMS', `file: ${path} cannot be read: ${why}.`, {
    details: { param: 'file', path },
  });
}
