import { activeMs } from '../../domain/workflowBudget.ts';
import type { RunLimits } from '../../domain/workflowPlan.ts';
import type { RunState } from '../../domain/workflowRunState.ts';
import type { RunLimit } from '../../protocol/workflowMethods.ts';
import { NOT_ENFORCED, type Enforcement } from '../agents/limits/agentLimits.ts';

/** Asked for where the plan has such limits alone: the first time, a process is started that looks. */
export async function enforcementOf(
  { memoryBytes, cpus, pids }: RunLimits,
  agents: { readonly enforcement: () => Promise<Enforcement> },
): Promise<Enforcement> {
  const isAskedFor = [memoryBytes, cpus, pids].some((limit) => limit !== undefined);
  return isAskedFor ? agents.enforcement() : NOT_ENFORCED;
}

/** The limits of a plan, each with who enforces it; with what is used and added of them where a run is given. */
export function limitViews(
  limits: RunLimits,
  enforcement: Enforcement,
  run?: { readonly state: RunState; readonly now: number },
): RunLimit[] {
  const { used, addedLimits } = run?.state ?? {};
  const views: RunLimit[] = [];
  const view = (
    name: RunLimit['name'],
    limit: number | undefined,
    enforcedBy: RunLimit['enforcedBy'],
    added = 0,
    usedSoFar?: number,
  ) => {
    if (limit === undefined) return;
    const more = usedSoFar === undefined ? {} : { used: usedSoFar };
    views.push({ name, limit: limit + added, ...more, enforcedBy });
  };
  const active = run === undefined ? undefined : activeMs(run.state, run.now);
  view('wallClock', limits.wallClockMs, 'runner', addedLimits?.wallClockMs, active);
  view('tokens', limits.tokens, 'reports', addedLimits?.tokens, used?.tokens);
  view('costUsd', limits.costUsd, 'reports', addedLimits?.costUsd, used?.costUsd);
  view('output', limits.outputBytes, 'runner', addedLimits?.outputBytes, used?.outputBytes);
  view('memory', limits.memoryBytes, enforcement.memoryBytes);
  view('cpus', limits.cpus, enforcement.cpus);
  view('pids', limits.pids, enforcement.pids);
  view('disk', limits.diskBytes, 'nobody');
  return views;
}
