import { fileURLToPath } from 'node:url';
import type { Client } from '../methods/client.ts';
import type { Registry } from '../methods/registry.ts';
import type { Logger } from '../platform/logger.ts';
import { agentsList, runsList, type Run } from '../protocol/workflowMethods.ts';

/** The store changes with every event of a run: what is shown of it is read anew no more often, in milliseconds. */
const REFRESH_MS = 300;
/** Runs that are read: the latest one of a file that someone has open is among the latest of all. */
const RUNS = 100;

export interface WorkflowFacts {
  /** The names of the agents in the settings; undefined as long as it is not known which there are. */
  readonly agents: readonly string[] | undefined;
  /** The latest run of a file. */
  runOf(uri: string): Run | undefined;
  /** Reads them anew, soon. Never rejects. */
  refresh(): void;
  dispose(): void;
}

export interface WorkflowFactsParts {
  readonly client: Client;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly onAgents: () => void;
  readonly onRuns: () => void;
}

/** What the language of workflows is told of agents and runs, through the methods that everybody calls. */
export function workflowFacts({
  client,
  registry,
  logger,
  onAgents,
  onRuns,
}: WorkflowFactsParts): WorkflowFacts {
  let agents: readonly string[] | undefined;
  let runs: readonly Run[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isReading = false;
  let isWanted = false;

  const ask = async (name: string, params: object): Promise<unknown> => {
    if (!registry.has(name)) return undefined;
    const outcome = await client.call(name, params);
    if (outcome.ok) return outcome.result;
    logger.log('warn', `What workflow files are told is not known: ${outcome.error.message}`);
    return undefined;
  };
  const read = async () => {
    const known = agentsList.result.safeParse(await ask(agentsList.name, {})).data;
    const names = known?.agents.map(({ name }) => name);
    if (JSON.stringify(names) !== JSON.stringify(agents)) {
      agents = names;
      onAgents();
    }
    const listed = runsList.result.safeParse(await ask(runsList.name, { limit: RUNS })).data?.runs ?? [];
    const isSame =
      listed.length === runs.length &&
      listed.every(({ id, revision, status }, at) => {
        return runs[at]?.id === id && runs[at].revision === revision && runs[at].status === status;
      });
    runs = listed;
    if (!isSame) onRuns();
  };
  const begin = async () => {
    timer = undefined;
    isReading = true;
    isWanted = false;
    try {
      await read();
    } catch (error) {
      logger.log('error', `What workflow files are told is not known: ${String(error)}`);
    } finally {
      isReading = false;
    }
    if (isWanted) soon();
  };
  const soon = () => {
    timer ??= setTimeout(() => void begin(), REFRESH_MS).unref();
  };
  return {
    get agents() {
      return agents;
    },
    runOf(uri) {
      const path = pathOf(uri);
      return path === undefined ? undefined : runs.find(({ file }) => file === path);
    },
    refresh() {
      if (isReading) isWanted = true;
      else soon();
    },
    dispose: () => clearTimeout(timer),
  };
}

function pathOf(uri: string): string | undefined {
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined; // of a file that is not on this disk
  }
}
