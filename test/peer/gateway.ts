import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import * as z from 'zod';
import type { Finished } from '../support/command.ts';
import { GatewayClient, type Answer } from './gatewayClient.ts';
import { TOKEN, writeConfig } from './peerStore.ts';

const GUARD = new URL('./onlyLoopback.ts', import.meta.url).href;

/** The command's file of the installed package: run.ts says where. */
export function openclawCommand(): string {
  return z
    .string({ error: 'LOCKSTEP_PEER is not set: these tests run with npm run test:peer' })
    .parse(process.env['LOCKSTEP_PEER']);
}

export interface GatewayOptions {
  /** Absolute path of a state directory. */
  readonly stateDir: string;
  /** For everything else that it writes: its home and its folder of temporary files. */
  readonly folder: string;
}

/** A real gateway of OpenClaw on loopback, over a state directory. */
export class Gateway {
  readonly #child: ChildProcess;
  readonly #client: GatewayClient;
  readonly #options: GatewayOptions;

  private constructor(child: ChildProcess, client: GatewayClient, options: GatewayOptions) {
    this.#child = child;
    this.#client = client;
    this.#options = options;
  }

  /** Runs until it is stopped or the test ends. */
  static async start(context: Pick<TestContext, 'after'>, options: GatewayOptions): Promise<Gateway> {
    const port = await freePort();
    await writeConfig(options.stateDir, port);
    const child = launch(
      process.execPath,
      [openclawCommand(), 'gateway', 'run', '--port', String(port), '--bind', 'loopback'],
      options,
      { OPENCLAW_STATE_DIR: options.stateDir },
    );
    context.after(() => end(child, 'SIGKILL'));
    await isReady(child);
    const client = await GatewayClient.connect(port, TOKEN);
    return new Gateway(child, client, options);
  }

  request(method: string, params: unknown): Promise<Answer> {
    return this.#client.request(method, params);
  }

  /** Where it keeps its lock. */
  get temporaryFolder(): string {
    return temporaryFolderOf(this.#options);
  }

  /** A line for a shell whose PATH has the package's command. */
  async shell(line: string): Promise<Finished> {
    const child = launch('sh', ['-c', line], this.#options);
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (text: string) => (stdout += text));
    child.stderr?.on('data', (text: string) => (stderr += text));
    await once(child, 'close');
    return { code: child.exitCode, stdout, stderr };
  }

  async stop(): Promise<void> {
    this.#client.close();
    await end(this.#child, 'SIGTERM');
  }

  /** As a crash would end it. */
  async kill(): Promise<void> {
    this.#client.close();
    await end(this.#child, 'SIGKILL');
  }
}

/** What a gateway and whoever wants to see it have to have in common. */
export function sharedEnvironment(options: GatewayOptions): NodeJS.ProcessEnv {
  return { HOME: join(options.folder, 'home'), TMPDIR: temporaryFolderOf(options) };
}

function temporaryFolderOf({ folder }: GatewayOptions): string {
  return join(folder, 'tmp');
}

/** Nothing of the environment is passed on but what is named: no key of a model, no other state directory. */
function launch(
  program: string,
  args: readonly string[],
  options: GatewayOptions,
  more: NodeJS.ProcessEnv = {},
): ChildProcess {
  const bin = join(dirname(openclawCommand()), '..', '.bin');
  const child = spawn(program, args, {
    cwd: options.stateDir,
    env: {
      ...sharedEnvironment(options),
      PATH: [bin, dirname(process.execPath), process.env['PATH']].join(delimiter),
      NO_COLOR: '1',
      NODE_OPTIONS: `--import ${GUARD}`,
      OPENCLAW_SKIP_CHANNELS: '1',
      OPENCLAW_DISABLE_BONJOUR: '1',
      ...more,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.setEncoding('utf8');
  child.stderr.setEncoding('utf8');
  return child;
}

function isReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let words = '';
    const take = (text: string): void => {
      words += text;
      if (/\[gateway\] ready\b/.test(words)) resolve();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('close', () => reject(new Error(`the gateway did not start:\n${words}`)));
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = z.object({ port: z.int() }).parse(server.address());
  server.close();
  await once(server, 'close');
  return port;
}
