import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { AcpAgent } from '../../../../server/workflows/agents/acpAgent.ts';
import type {
  AgentEvent,
  AgentRequest,
  AgentResult,
  PermissionRequest,
} from '../../../../server/workflows/agents/agent.ts';
import { SystemdScopes } from '../../../../server/workflows/agents/limits/systemdScopes.ts';
import { endGroup } from '../../../../server/workflows/supervisor/endGroup.ts';
import type { ProcessGroup } from '../../../../server/workflows/supervisor/processGroup.ts';
import { processesWith } from '../markedProcesses.ts';

export const MIB = 1024 * 1024;
const parts = { ownEnv: process.env, scopes: new SystemdScopes(process.env) };
export const ODD = join(import.meta.dirname, 'oddAcpAgent.ts');
/** The command of our own agent, which does what its first argument says. */
export const odd = (...args: string[]): [string, ...string[]] => [process.execPath, ODD, ...args];

interface Options {
  readonly request?: Partial<AgentRequest>;
  readonly graceMs?: number;
  readonly abort?: AbortController;
  readonly onStarted?: (group: ProcessGroup) => void;
  readonly onEvent?: (event: AgentEvent) => void | Promise<void>;
  readonly onPermission?: (request: PermissionRequest) => Promise<string | undefined>;
}

interface Ran {
  readonly result: AgentResult;
  /** But for what was too much to keep. */
  readonly events: readonly AgentEvent[];
  readonly asked: readonly PermissionRequest[];
}

/** Runs an agent to its end, and looks that nothing of it is left, and that it told one thing at a time. */
export async function run(
  t: TestContext,
  command: readonly [string, ...string[]],
  { request = {}, graceMs, abort = new AbortController(), onStarted, onEvent, onPermission }: Options = {},
): Promise<Ran> {
  const marker = randomUUID();
  t.after(() => endGroup({ marker }, { graceMs: 0 }));
  const agent = new AcpAgent({ command }, { ...parts, ...(graceMs === undefined ? {} : { graceMs }) });
  const events: AgentEvent[] = [];
  const asked: PermissionRequest[] = [];
  let isBusy = false;
  try {
    const result = await agent.run(
      {
        prompt: 'Do it.',
        cwd: tmpdir(),
        env: {},
        timeoutMs: 60_000,
        maxOutputBytes: 64 * MIB,
        marker,
        ...request,
      },
      {
        started: (group) => {
          assert.equal(group.marker, marker);
          onStarted?.(group);
        },
        event: async (event) => {
          assert.equal(isBusy, false);
          isBusy = true;
          if (events.length < 100) events.push(event);
          await onEvent?.(event);
          isBusy = false;
        },
        permission: async (question) => {
          assert.equal(isBusy, false);
          asked.push(question);
          return onPermission?.(question);
        },
      },
      abort.signal,
    );
    return { result, events, asked };
  } finally {
    assert.deepEqual(processesWith(marker), []);
  }
}

/** What events of one type say. */
export const texts = (events: readonly AgentEvent[], type: AgentEvent['type']) =>
  events.flatMap((event) => (event.type === type && 'text' in event ? [event.text] : []));
