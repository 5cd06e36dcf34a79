import {
  superviseProcess,
  type ProcessExit,
  type SupervisedProcess,
} from '../supervisor/supervisedProcess.ts';
import type { AgentRequest, AgentResult } from './agent.ts';
import { agentEnvironment, type EnvironmentSetting } from './agentEnvironment.ts';
import { sizeWords } from './exitWords.ts';
import type { SystemdScopes } from './limits/systemdScopes.ts';

/** What agents are run with, whatever they speak. */
export interface AgentParts {
  /** Our environment, of which an agent gets a part. */
  readonly ownEnv: NodeJS.ProcessEnv;
  readonly scopes: SystemdScopes;
  /** How long an agent may take to end when it is told to; then it is killed. 5 s unless told. */
  readonly graceMs?: number;
}

/** Starts an agent, in its environment and within its limits. Never rejects. */
export async function startAgent(
  command: readonly [string, ...string[]],
  setting: EnvironmentSetting,
  request: AgentRequest,
  { ownEnv, scopes, graceMs }: AgentParts,
): Promise<SupervisedProcess> {
  const env = agentEnvironment(ownEnv, setting, request.env);
  const confined = await scopes.confined(command, env, request.limits ?? {});
  const agent = superviseProcess({
    argv: confined.argv,
    cwd: request.cwd,
    env: confined.env,
    timeoutMs: request.timeoutMs,
    marker: request.marker,
    ...(graceMs === undefined ? {} : { graceMs }),
  });
  const { memoryBytes } = confined.held;
  if (memoryBytes === undefined) return agent;
  return { ...agent, exited: agent.exited.then((exit) => withMemoryWords(exit, memoryBytes)) };
}

/** The kernel ends what needs more than it may, and tells nobody here. */
function withMemoryWords(exit: ProcessExit, memoryBytes: number): ProcessExit {
  if (exit.reason !== 'exit' || exit.signal !== 'SIGKILL') return exit;
  const words = `It may have needed more memory than its limit of ${sizeWords(memoryBytes)}.`;
  return { ...exit, message: exit.message === undefined ? words : `${words} ${exit.message}` };
}

/** How the process ended, as a result tells it. */
export function exitPart({ code, signal }: ProcessExit): Pick<AgentResult, 'exit'> {
  if (code === undefined && signal === undefined) return {};
  return {
    exit: { ...(code === undefined ? {} : { code }), ...(signal === undefined ? {} : { signal }) },
  };
}
