import { AcpAgent } from './acpAgent.ts';
import type { Agent } from './agent.ts';
import type { AgentSetting } from './agentSettings.ts';
import { CommandAgent } from './commandAgent.ts';
import { SystemdScopes } from './limits/systemdScopes.ts';
import { STREAM_READERS } from './streams/streamReaders.ts';

/**
 * The agent that a setting describes. `ownEnv`: our environment, of which it gets a part. `scopes`: one for all agents,
 * so that systemd is asked once.
 */
export function newAgent(
  setting: AgentSetting,
  ownEnv: NodeJS.ProcessEnv,
  scopes: SystemdScopes = new SystemdScopes(ownEnv),
): Agent {
  return setting.protocol === 'acp'
    ? new AcpAgent(setting, { ownEnv, scopes })
    : new CommandAgent(setting, STREAM_READERS[setting.output], { ownEnv, scopes });
}
