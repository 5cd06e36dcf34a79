import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LockstepError } from '../../domain/errors.ts';
import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';
import type { Agent } from './agent.ts';
import { readAgentSettings, type AgentSettings } from './agentSettings.ts';
import type { Enforcement } from './limits/agentLimits.ts';
import { SystemdScopes } from './limits/systemdScopes.ts';
import { newAgent } from './newAgent.ts';

/** The agents that runs can name, as the settings are at the moment. */
export interface AgentCatalogue {
  settings(): Promise<AgentSettings>;
  /** @throws LockstepError INVALID_PARAMS where there is no such agent */
  agent(name: string): Promise<Agent>;
  /** Who holds agents to the limits of memory, cpus and pids on this machine. The first time, systemd is asked. */
  enforcement(): Promise<Enforcement>;
}

export interface AgentCatalogueParts {
  /** Holds the setting `lockstep.agents` as JSON in `LOCKSTEP_AGENTS` where a window has started this process. */
  readonly env: NodeJS.ProcessEnv;
  /** The folder of the store: without such a variable, the setting is its file `agents.json`. */
  readonly home: string;
}

const FILE = 'agents.json';

export function agentCatalogue({ env, home }: AgentCatalogueParts): AgentCatalogue {
  const scopes = new SystemdScopes(env);
  const settings = async (): Promise<AgentSettings> => {
    const set = env['LOCKSTEP_AGENTS'];
    if (set !== undefined && set !== '') return settingsOf(set, 'The environment variable LOCKSTEP_AGENTS');
    const path = join(home, FILE);
    try {
      return settingsOf(await readFile(path, 'utf8'), path);
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return readAgentSettings(undefined);
      return withProblem(`${path} cannot be read: ${systemErrorReason(error)}.`);
    }
  };
  return {
    settings,
    async agent(name) {
      const { agents, problems } = await settings();
      const setting = agents.get(name);
      if (setting !== undefined) return newAgent(setting, env, scopes);
      throw unknownAgents([name], { agents, problems });
    },
    enforcement: () => scopes.enforcement(),
  };
}

/** For names that no agent has. */
export function unknownAgents(names: readonly string[], { agents, problems }: AgentSettings): LockstepError {
  const known = [...agents.keys()];
  const there = known.length === 0 ? 'There are none' : `There are ${known.join(', ')}`;
  const wrong = problems.length === 0 ? '' : ` ${problems.join(' ')}`;
  return new LockstepError(
    'INVALID_PARAMS',
    `There is no agent ${names.join(', ')} in the setting lockstep.agents. ${there}.${wrong}`,
    { details: { missing: [...names], agents: known } },
  );
}

function settingsOf(json: string, from: string): AgentSettings {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return withProblem(`${from} is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return readAgentSettings(value);
}

/** The presets are there whatever is wrong with the setting. */
function withProblem(problem: string): AgentSettings {
  return { ...readAgentSettings(undefined), problems: [problem] };
}
