import { join } from 'node:path';
import { LockstepError } from '../../../../server/domain/errors.ts';
import type { NewEvent } from '../../../../server/domain/sessionStep.ts';
import type { PlannedStep, WorkflowPlan } from '../../../../server/domain/workflowPlan.ts';
import { systemClock } from '../../../../server/platform/clock.ts';
import { Counters } from '../../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../../server/platform/fileSystem.ts';
import type { Method } from '../../../../server/protocol/method.ts';
import { wireError } from '../../../../server/protocol/error.ts';
import type { Session } from '../../../../server/protocol/session.ts';
import { sessionsStart } from '../../../../server/protocol/sessionLifecycleMethods.ts';
import { createServer, type Server } from '../../../../server/server.ts';
import { SqliteSessionStore } from '../../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../../server/store/storeFile.ts';
import { recorded } from '../../../../server/workflows/run/runChange.ts';
import type * as z from 'zod';

/**
 * The agent of these tests. Adds a line to the file that the prompt names and says how many there are; where
 * `<file>.slow` is there, it takes until that is gone.
 */
const COUNTER = `
  const { appendFileSync, existsSync, readFileSync } = require('node:fs');
  const file = readFileSync(0, 'utf8').split('\\n')[0].trim();
  appendFileSync(file, 'x\\n');
  const end = () => {
    if (existsSync(file + '.slow')) return setTimeout(end, 20);
    console.log('lines: ' + readFileSync(file, 'utf8').split('\\n').slice(0, -1).length);
  };
  end();
`;

export type Call = <P extends z.ZodType, R extends z.ZodType>(
  method: Method<P, R>,
  params: z.input<P>,
) => Promise<z.output<R>>;

export interface Connection {
  readonly server: Server;
  readonly call: Call;
  readonly close: () => Promise<void>;
}

/** What the server below `folder` is started with: its store, and the agent `counter`, besides those given. */
export function environmentOf(
  folder: string,
  agents: Readonly<Record<string, object>> = {},
): NodeJS.ProcessEnv {
  const counter = { protocol: 'command', command: [process.execPath, '-e', COUNTER] };
  return {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    LOCKSTEP_HOME: join(folder, 'home'),
    LOCKSTEP_AGENTS: JSON.stringify({ counter, ...agents }),
  };
}

/** A server on the store below `folder`, and a client of it. */
export function connect(folder: string, env: NodeJS.ProcessEnv = environmentOf(folder)): Connection {
  const server = createServer({ env, userHome: folder, logger: { log: () => undefined } });
  const client = server.connect();
  return {
    server,
    call: async (method, params) => {
      const outcome = await client.call(method.name, params);
      if (outcome.ok) return method.result.parse(outcome.result);
      const { code, message, details, actions } = wireError.parse(outcome.error);
      throw new LockstepError(code, message, { details, actions });
    },
    close: async () => {
      await client.close();
      server.dispose();
    },
  };
}

export function planned(folder: string, id: string, more: Partial<PlannedStep> = {}): PlannedStep {
  return {
    id,
    needs: [],
    agent: 'counter',
    prompt: join(folder, id),
    maxIterations: 10,
    env: {},
    timeoutMs: 20_000,
    continueOnError: false,
    ...more,
  };
}

/** A run that nobody drives yet. */
export function makeRun(
  call: Call,
  folder: string,
  steps: readonly PlannedStep[],
  more: Partial<WorkflowPlan> = {},
): Promise<Session> {
  const plan: WorkflowPlan = {
    name: 'test',
    digest: 'none',
    inputs: {},
    maxIterations: 100,
    limits: {},
    permissions: 'refuse',
    steps,
    ...more,
  };
  return call(sessionsStart, {
    kind: 'workflow',
    task: 'test',
    mode: 'workflow',
    maxIterations: plan.maxIterations,
    workspace: folder,
    metadata: { plan },
  });
}

/** Writes an event of a run as its own processes do: `folder` is that of {@link connect}. */
export async function recordInRun(folder: string, id: string, event: NewEvent): Promise<void> {
  const path = join(folder, 'home', 'lockstep.db');
  const file = new StoreFile({ path, fileSystem: systemFileSystem, counters: new Counters() });
  await new SqliteSessionStore(file, systemClock).update(id, recorded(event), { isControl: true });
  file.close();
}

/** As a process of its own, to be killed: `driveRun.ts <folder> <run>`. */
if (import.meta.main) {
  const [folder = '', id = ''] = process.argv.slice(2);
  const connection = connect(folder);
  process.stdout.write(`${await connection.server.drive(id, new AbortController().signal)}\n`);
  await connection.close();
}
