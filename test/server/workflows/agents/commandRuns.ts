import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import type { TestContext } from 'node:test';
import type { AgentEvent, AgentRequest, AgentResult } from '../../../../server/workflows/agents/agent.ts';
import { CommandAgent, type CommandAgentSetting } from '../../../../server/workflows/agents/commandAgent.ts';
import { SystemdScopes } from '../../../../server/workflows/agents/limits/systemdScopes.ts';
import { JsonlStream } from '../../../../server/workflows/agents/streams/jsonlStream.ts';
import type { StreamReader } from '../../../../server/workflows/agents/streams/streamReader.ts';
import { TextStream } from '../../../../server/workflows/agents/streams/textStream.ts';
import { endGroup } from '../../../../server/workflows/supervisor/endGroup.ts';
import { processesWith } from '../markedProcesses.ts';

export const MIB = 1024 * 1024;
/** A command that stays until it is ended; up at once, where the limit is short. */
export const STAY = 'sleep 1000000';
export const shell = (script: string): [string, ...string[]] => ['sh', '-c', script];
export const text = () => new TextStream();
export const jsonl = () => new JsonlStream();
export const parts = { ownEnv: process.env, scopes: new SystemdScopes(process.env) };

export interface Options {
  readonly setting?: Partial<CommandAgentSetting>;
  readonly request?: Partial<AgentRequest>;
  readonly graceMs?: number;
  readonly onEvent?: (event: AgentEvent, abort: () => void, agentPid: number) => void | Promise<void>;
}

interface Ran {
  /** Without `outputBytes`, which is below. */
  readonly result: AgentResult;
  readonly outputBytes: number | undefined;
  /** But for what was too much to keep. */
  readonly events: readonly AgentEvent[];
}

/** Runs an agent to its end, and looks that nothing of it is left. */
export async function run(
  t: TestContext,
  command: [string, ...string[]],
  newReader: () => StreamReader,
  { setting = {}, request = {}, graceMs = 100, onEvent }: Options = {},
): Promise<Ran> {
  const marker = randomUUID();
  t.after(() => endGroup({ marker }, { graceMs: 0 }));
  const agent = new CommandAgent({ command, ...setting }, newReader, {
    ...parts,
    graceMs,
  });
  const abort = new AbortController();
  const events: AgentEvent[] = [];
  let pid = 0;
  try {
    const { outputBytes, ...result } = await agent.run(
      {
        prompt: 'Do it.',
        cwd: tmpdir(),
        env: {},
        timeoutMs: 60_000,
        maxOutputBytes: 1024 * MIB,
        marker,
        ...request,
      },
      {
        started: (group) => {
          assert.equal(group.marker, marker);
          pid = group.pid ?? 0;
        },
        event: (event) => {
          if (events.length < 100) events.push(event);
          return onEvent?.(event, () => abort.abort(), pid);
        },
        permission: () => assert.fail('a command cannot ask'),
      },
      abort.signal,
    );
    return { result, outputBytes, events };
  } finally {
    assert.deepEqual(processesWith(marker), []);
  }
}

/** Cancels the run when the agent has said that it is ready. */
export const abortWhenReady = (event: AgentEvent, abort: () => void): void => {
  if (event.type === 'message' && event.text.includes('ready')) abort();
};
