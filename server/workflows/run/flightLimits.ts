import type { WorkflowPlan } from '../../domain/workflowPlan.ts';
import { inFlight, type RunState } from '../../domain/workflowRunState.ts';
import type { AgentLimits } from '../agents/limits/agentLimits.ts';

/** What the system holds each agent of a run to. */
export function agentLimits({ limits: { memoryBytes, cpus, pids } }: WorkflowPlan): AgentLimits {
  return {
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(pids === undefined ? {} : { pids }),
  };
}

/** What the iterations in flight have written; with what those before them have, it is held to the limit of the run. */
export class OutputInFlight {
  readonly #bytes = new Map<string, number>();

  /** An iteration of the step is about to begin: what the one before it has written is in the state. */
  begin(step: string): void {
    this.#bytes.set(step, 0);
  }

  /** Whether nothing may be written any more: what begins now would be cut at its first word. */
  isUsedUp(plan: WorkflowPlan, state: RunState): boolean {
    return this.#left(plan, state) <= 0;
  }

  /** Takes `wanted` bytes of what the run may write still, or what is left of it; gives how many these are. */
  take(plan: WorkflowPlan, state: RunState, step: string, wanted: number): number {
    const taken = Math.max(0, Math.min(wanted, this.#left(plan, state)));
    this.#bytes.set(step, (this.#bytes.get(step) ?? 0) + taken);
    return taken;
  }

  #left({ limits }: WorkflowPlan, state: RunState): number {
    const { used, addedLimits } = state;
    // What has landed is in the state.
    const written = inFlight(state).reduce((sum, id) => sum + (this.#bytes.get(id) ?? 0), used.outputBytes);
    return (limits.outputBytes ?? Infinity) + addedLimits.outputBytes - written;
  }
}
