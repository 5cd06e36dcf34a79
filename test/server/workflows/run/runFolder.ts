import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { eventually } from '../../../../scripts/host/eventually.ts';
import { locksList } from '../../../../server/protocol/lockMethods.ts';
import {
  runsGet,
  runsList,
  runsStart,
  runsStop,
  type Run,
} from '../../../../server/protocol/workflowMethods.ts';
import { RpcClient } from '../../../support/rpcClient.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { connect, environmentOf, type Call, type Connection } from './driveRun.ts';

/** A folder with workflow files, and a server on a store within. Its runs are driven by processes of their own. */
export interface RunFolder {
  readonly folder: string;
  /** What its servers are started with. */
  readonly env: NodeJS.ProcessEnv;
  readonly connection: Connection;
  readonly call: Call;
  /** Another server on the same store. */
  readonly other: () => Connection;
  /** A process like the server of a window, on the same store; it can be killed. */
  readonly window: () => RpcClient;
  /** Writes a workflow file, and gives its path. */
  readonly write: (text: string, name?: string) => Promise<string>;
  readonly start: (text: string, inputs?: Record<string, string>) => Promise<Run>;
  /** The run once it is as it is waited for. */
  readonly once: (id: string, is: (run: Run) => boolean, what?: string) => Promise<Run>;
  /** Once its last runner has left it. */
  readonly alone: (id: string) => Promise<void>;
  /** The process that drives a run. */
  readonly runnerOf: (id: string) => Promise<number>;
  /** How many lines the agent `counter` has written. */
  readonly lines: (name: string) => Promise<number>;
  /** While slow, the agent `counter` does not end. */
  readonly slow: (name: string, isSlow: boolean) => Promise<void>;
}

export async function runFolder(
  context: Pick<TestContext, 'after'>,
  agents: Readonly<Record<string, object>> = {},
  more: NodeJS.ProcessEnv = {},
): Promise<RunFolder> {
  const folder = await tempFolder(context);
  const env = { ...environmentOf(folder, agents), ...more };
  const connections: Connection[] = [];
  const other = () => {
    const connection = connect(folder, env);
    connections.push(connection);
    return connection;
  };
  const connection = other();
  const { call } = connection;
  context.after(async () => {
    const last = connect(folder, environmentOf(folder, agents));
    // What a test has left is not to go on in a folder that is gone.
    const { runs } = await last.call(runsList, { isOpen: true });
    for (const { id } of runs) {
      await last.call(runsStop, { id }).catch(() => undefined);
      await eventually(() => last.call(runsGet, { id }), hasEnded, { what: 'the end of a run' });
    }
    for (const one of [last, ...connections]) await one.close();
  });
  const write = async (text: string, name = 'test.lockstep.yaml') => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  const runnerOf = async (id: string) => {
    const { locks } = await call(locksList, {});
    return locks.find((lock) => lock.kind === 'lease' && lock.session === id)?.owner.pid;
  };
  return {
    folder,
    env,
    connection,
    call,
    other,
    window: () => new RpcClient(context, join(folder, 'home'), { env }),
    write,
    start: async (text, inputs = {}) =>
      call(runsStart, { file: await write(text), workspace: folder, inputs }),
    once: (id, is, what = 'the run') =>
      eventually(() => call(runsGet, { id }), is, { what, timeoutMs: 40_000 }),
    alone: async (id) => {
      await eventually(
        () => runnerOf(id),
        (pid) => pid === undefined,
        { what: 'a run without a runner' },
      );
    },
    runnerOf: async (id) => {
      const pid = await runnerOf(id);
      if (pid === undefined) throw new Error(`nobody drives ${id}`);
      return pid;
    },
    lines: async (name) => {
      const text = await readFile(join(folder, name), 'utf8').catch(() => '');
      return text.split('\n').length - 1;
    },
    slow: async (name, isSlow) => {
      const path = join(folder, `${name}.slow`);
      if (isSlow) await writeFile(path, '');
      else if (existsSync(path)) await rm(path);
    },
  };
}

export function hasEnded({ status }: Run): boolean {
  return status === 'completed' || status === 'failed' || status === 'stopped';
}

export function isAt(...statuses: readonly Run['status'][]): (run: Run) => boolean {
  return ({ status }) => statuses.includes(status);
}
