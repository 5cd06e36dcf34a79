import { inFlight, type RunState } from '../../domain/workflowRunState.ts';
import type { SessionStore } from '../../store/sessionStore.ts';
import { lastOfSteps } from './recordedRun.ts';
import { AGENT_EVENT, agentEventData, type AgentRecord } from './runRecord.ts';

/**
 * The agents that work for the steps in flight: where the runner of that state is gone, they are what may be left of it. A
 * fork or an import of a run has no agents: those of its events work for the other one.
 */
export async function recordedAgents(
  sessions: SessionStore,
  run: string,
  state: RunState,
): Promise<AgentRecord[]> {
  const agents = { type: AGENT_EVENT, parse: (data: unknown) => agentEventData.parse(data) };
  const last = await lastOfSteps(sessions, run, agents, inFlight(state));
  return [...last.values()].filter((agent) => agent.run === undefined || agent.run === run);
}
