import { sessionsEvents } from '../../server/protocol/sessionHistoryMethods.ts';
import { AGENT_EVENT, agentEventData } from '../../server/workflows/run/runRecord.ts';
import { until } from '../support/until.ts';
import type { RunFolder } from '../server/workflows/run/runFolder.ts';

/** A workflow of which each step writes to the file of its name until that has so many lines. */
export function workflow(steps: readonly string[], top = ''): string {
  return `agent: counter\n${top}\ninputs: { folder: . }\nsteps:\n${steps.map((step) => `  - ${step}\n`).join('')}`;
}

export function counts(id: string, lines: number, more = ''): string {
  return `{ id: ${id}, prompt: '\${inputs.folder}/${id}', untilOutput: '^lines: ${lines}$', maxIterations: 20${more} }`;
}

/** Starts a run of such a workflow; gives its id. */
export async function begun(place: RunFolder, steps: readonly string[], top = ''): Promise<string> {
  const { id } = await place.start(workflow(steps, top), { folder: place.folder });
  return id;
}

/** Once an agent is at work. */
export async function pidOfAgent({ call }: RunFolder, id: string): Promise<number> {
  let pid: number | undefined;
  await until(async () => {
    const { events } = await call(sessionsEvents, { id, types: [AGENT_EVENT] });
    pid = agentEventData.parse(events.at(-1)?.data).pid;
    return pid !== undefined;
  });
  return pid ?? 0;
}
