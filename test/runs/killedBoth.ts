import { setTimeout as pause } from 'node:timers/promises';
import { sessionsEvents } from '../../server/protocol/sessionHistoryMethods.ts';
import { agentEventData, AGENT_EVENT, type AgentRecord } from '../../server/workflows/run/runRecord.ts';
import { SUPERVISES } from '../../server/workflows/supervisor/supervision.ts';
import type { RunFolder } from '../server/workflows/run/runFolder.ts';
import { parentOf, processesWith } from '../server/workflows/markedProcesses.ts';

/** The agent that is at work for a run, once it is recorded. */
export async function agentOf({ call }: RunFolder, id: string): Promise<AgentRecord & { pid: number }> {
  for (;;) {
    const { events } = await call(sessionsEvents, { id, types: [AGENT_EVENT] });
    const { pid, ...agent } = agentEventData.parse(events.at(-1)?.data ?? { step: '', marker: NONE });
    if (pid !== undefined) return { ...agent, pid };
    await pause(5);
  }
}

const NONE = '00000000-0000-0000-0000-000000000000';

/** Kills the runner of a run and the supervisors of its agents: the runner is held meanwhile, or it would end the agents. */
export async function killBoth(place: RunFolder, id: string): Promise<void> {
  const runner = await place.runnerOf(id);
  process.kill(runner, 'SIGSTOP');
  for (const pid of supervisorsOf(runner)) process.kill(pid, 'SIGKILL');
  process.kill(runner, 'SIGKILL');
}

export function supervisorsOf(runner: number): number[] {
  return processesWith(`${SUPERVISES}=`).filter((pid) => parentOf(pid) === runner);
}
