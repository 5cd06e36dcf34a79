import * as z from 'zod';
import { isPlainObject, type JsonObject } from '../protocol/json.ts';
import { MAX_ITERATIONS, MAX_TOOLS_USED, type Tokens } from '../protocol/session.ts';
import { usage as usageSchema, type IterationUsage } from '../protocol/sessionHistoryMethods.ts';
import { afterUsage, usageOfIteration } from './counting.ts';
import { mergePatch } from './mergePatch.ts';

/** What a history, or its beginning, says of its session. What it does not tell is absent. */
export interface Replayed {
  readonly task?: string;
  readonly mode?: string;
  readonly maxIterations?: number;
  readonly context?: JsonObject;
  readonly status: 'active' | 'paused' | 'timeout' | 'completed';
  readonly iterations: number;
  readonly toolCalls: number;
  readonly toolsUsed: readonly string[];
  readonly errors: number;
  readonly messages: number;
  readonly tokens: Tokens;
  readonly costUsd?: number;
  readonly model?: string;
  readonly provider?: string;
}

/** An event as far as it counts here; its data may be of any form, since callers and damaged stores give it. */
export interface ReplayedEvent {
  readonly type: string;
  readonly data: JsonObject;
}

const text = z.string().optional().catch(undefined);
const iterations = z.int().min(1).max(MAX_ITERATIONS).optional().catch(undefined);
const object = z.custom<JsonObject>(isPlainObject).optional().catch(undefined);
const startData = z.looseObject({
  task: text,
  mode: text,
  maxIterations: iterations,
  // Absent is unknown: too large to stand beside the task, or written by a build that left it out.
  context: object,
});
const changeData = z.looseObject({ addIterations: iterations, context: object });
const messageData = z.looseObject({ usage: usageSchema.optional().catch(undefined) });
const toolCallData = z.looseObject({ name: text });

const nothing: Replayed = {
  status: 'active',
  iterations: 0,
  toolCalls: 0,
  toolsUsed: [],
  errors: 0,
  messages: 0,
  tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
};

/** Goes through a history from its first event. */
export function replay(events: Iterable<ReplayedEvent>): Replayed {
  let replayed = nothing;
  const tools = new Set<string>();
  for (const event of events) {
    if (event.type === 'tool_call') {
      const { name } = toolCallData.parse(event.data);
      if (name !== undefined && tools.size < MAX_TOOLS_USED) tools.add(name);
    }
    replayed = after(replayed, event);
  }
  return { ...replayed, toolsUsed: [...tools] };
}

/** All but the tools. */
function after(r: Replayed, { type, data }: ReplayedEvent): Replayed {
  switch (type) {
    case 'start': {
      const { task, mode, maxIterations, context } = startData.parse(data);
      return {
        ...r,
        ...(task === undefined ? {} : { task }),
        ...(mode === undefined ? {} : { mode }),
        ...(maxIterations === undefined ? {} : { maxIterations }),
        ...(context === undefined ? {} : { context }),
      };
    }
    case 'iteration':
      return { ...r, iterations: r.iterations + 1 };
    case 'tool_call':
      return { ...r, toolCalls: r.toolCalls + 1 };
    case 'message':
      return used({ ...r, messages: r.messages + 1 }, messageData.parse(data).usage);
    case 'iteration_end':
      return used(r, usageOfIteration(data));
    case 'error':
      return { ...r, errors: r.errors + 1 };
    case 'pause':
      return { ...r, status: 'paused' };
    case 'timeout':
      return { ...r, status: 'timeout' };
    case 'complete':
      return { ...r, status: 'completed' };
    case 'resume':
    case 'update':
      return afterChange(type === 'resume' ? { ...r, status: 'active' } : r, data);
    default:
      return r;
  }
}

function used(r: Replayed, usage: IterationUsage | undefined): Replayed {
  return usage === undefined ? r : { ...r, ...afterUsage(r, usage) };
}

function afterChange(r: Replayed, data: JsonObject): Replayed {
  const { addIterations, context } = changeData.parse(data);
  return {
    ...r,
    ...(addIterations === undefined || r.maxIterations === undefined
      ? {}
      : { maxIterations: Math.min(r.maxIterations + addIterations, MAX_ITERATIONS) }),
    ...(context === undefined || r.context === undefined ? {} : { context: mergePatch(r.context, context) }),
  };
}
