import type { WorkflowPlan } from '../../domain/workflowPlan.ts';
import type { RunState } from '../../domain/workflowRunState.ts';
import { MAX_OUTPUT_BYTES, type Flight } from './flight.ts';

/** What one iteration may use, of what the run has left. */
export function flightLimits(
  { limits }: WorkflowPlan,
  { used, addedLimits }: RunState,
): Pick<Flight, 'limits' | 'maxOutputBytes' | 'isLastOutput'> {
  const { outputBytes, memoryBytes, cpus, pids } = limits;
  const left =
    outputBytes === undefined ? Infinity : outputBytes + addedLimits.outputBytes - used.outputBytes;
  return {
    limits: {
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(cpus === undefined ? {} : { cpus }),
      ...(pids === undefined ? {} : { pids }),
    },
    maxOutputBytes: Math.max(1, Math.min(MAX_OUTPUT_BYTES, left)),
    isLastOutput: left <= MAX_OUTPUT_BYTES,
  };
}
