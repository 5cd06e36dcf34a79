import { isAbsolute } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { startFailure } from '../supervisor/startFailure.ts';
import {
  superviseProcess,
  type ProcessExit,
  type SupervisedProcess,
} from '../supervisor/supervisedProcess.ts';
import type { AgentEvent, AgentRequest, AgentResult } from './agent.ts';
import { agentEnvironment, overruled, type EnvironmentSetting } from './agentEnvironment.ts';
import { sizeWords } from './exitWords.ts';
import { programOnPath } from './limits/programOnPath.ts';
import type { SystemdScopes } from './limits/systemdScopes.ts';

/** What agents are run with, whatever they speak. */
export interface AgentParts {
  /** Our environment, of which an agent gets a part. */
  readonly ownEnv: NodeJS.ProcessEnv;
  readonly scopes: SystemdScopes;
  /** How long an agent may take to end when it is told to; then it is killed. 5 s unless told. */
  readonly graceMs?: number;
}

/**
 * Starts an agent, in its environment and within its limits. Never rejects. Its program is looked for on our `PATH`, or
 * the setting's, and nowhere else: neither its step nor the folder that it works in has a say in what is run.
 */
export async function startAgent(
  command: readonly [string, ...string[]],
  setting: EnvironmentSetting,
  request: AgentRequest,
  { ownEnv, scopes, graceMs }: AgentParts,
): Promise<SupervisedProcess> {
  const [program, ...args] = command;
  const path = isAbsolute(program)
    ? program
    : await programOnPath(program, agentEnvironment(ownEnv, setting, {}));
  if (path === undefined) return notStarted(startFailure(program, request.cwd, NOT_THERE));
  const env = agentEnvironment(ownEnv, setting, request.env);
  const confined = await scopes.confined([path, ...args], env, request.limits ?? {});
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

const NOT_THERE = Object.assign(new Error('There is no such program.'), { code: 'ENOENT' });

function notStarted(message: string): SupervisedProcess {
  return {
    stdin: new Writable({ write: (_chunk, _encoding, done) => done() }),
    stdout: Readable.from([]),
    stderr: Readable.from([]),
    started: Promise.resolve(undefined),
    exited: Promise.resolve({ reason: 'startFailed', message }),
    end: () => undefined,
    holdClock: () => undefined,
    runClock: () => undefined,
  };
}

/** Tells what its step says and the agent does not get. */
export function environmentNotices(setting: EnvironmentSetting, { env }: AgentRequest): AgentEvent[] {
  const names = overruled(setting, env);
  if (names.length === 0) return [];
  const text = `The agent did not get ${names.join(', ')} from its step: that is for its setting in lockstep.agents to say.`;
  return [{ type: 'notice', text }];
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
