import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import type { CliDoor } from '../../../../server/doors/cli/door.ts';
import { runCli } from '../../../../server/doors/cli/runCli.ts';
import { createServer } from '../../../../server/server.ts';
import { tempFolder } from '../../../support/tempFolder.ts';

/** A stream that says it is a terminal of some size, and keeps what was written to it. */
export class FakeTerminal extends PassThrough {
  readonly isTTY = true;
  columns: number;
  rows: number;

  constructor(columns = 80, rows = 24) {
    super();
    this.columns = columns;
    this.rows = rows;
  }
}

export interface Run {
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string;
  /** What a person types into; `stdin` has no meaning then. */
  readonly keyboard?: FakeTerminal;
  readonly terminal?: FakeTerminal;
}

type Behind = Pick<CliDoor, 'registry' | 'connect' | 'onDidChange' | 'drive' | 'sweepRuns'>;

/** The command in this process on what stands behind it: as the real one, but for its streams. */
export function cliOn({ registry, connect, onDidChange, drive, sweepRuns }: Behind) {
  async function run(args: readonly string[], { env = {}, stdin = '', keyboard, terminal }: Run = {}) {
    const input = keyboard ?? new PassThrough();
    if (!keyboard) input.end(stdin);
    const [stdout, stderr] = [terminal ?? new PassThrough(), new PassThrough()];
    const [out, err] = [textOf(stdout), textOf(stderr)];
    const streams = { stdin: input, stdout, stderr };
    const door = { registry, connect, onDidChange, drive, sweepRuns, env, version: '1.2.3', ...streams };
    const code = await runCli(args, door);
    for (const stream of [stdout, stderr]) stream.end();
    return { code, stdout: await out, stderr: await err };
  }

  /** What a command says that has to go well, without the line end. */
  async function ok(args: readonly string[], options: Run = {}): Promise<string> {
    const { code, stdout, stderr } = await run(args, options);
    if (code !== 0) throw new Error(`lockstep ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout.trimEnd();
  }

  return { run, ok };
}

/** The command on a store of its own. */
export async function newCli(t: Pick<TestContext, 'after'>) {
  const home = await tempFolder(t);
  const server = createServer({
    env: { LOCKSTEP_HOME: home },
    userHome: home,
    logger: { log: () => undefined },
  });
  t.after(() => server.dispose());
  const { run, ok } = cliOn(server);
  const start = (task = 'Fix the login test', ...more: string[]) => ok(['start', task, ...more]);
  return { home, server, run, ok, start };
}

async function textOf(stream: PassThrough): Promise<string> {
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  await once(stream, 'end');
  return text;
}
