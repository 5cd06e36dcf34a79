import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runsContinue, runsPause, runsStart, type Run } from '../../../server/protocol/workflowMethods.ts';
import { RpcClient } from '../../support/rpcClient.ts';
import type { Random } from '../random.ts';
import type { Door, DoorOptions } from './door.ts';
import { killedAgents } from './killedWorkflow.ts';
import { TAG } from './victims.ts';

const STAND_IN = fileURLToPath(new URL('standIn.ts', import.meta.url));

/** A server from the sources, with a window's stand-in before it or none. */
export class ServerDoor implements Door {
  readonly launchMs = 0;
  readonly #t: Pick<TestContext, 'after'>;
  readonly #options: DoorOptions;
  readonly #random: Random;
  #client: RpcClient;

  constructor(t: Pick<TestContext, 'after'>, options: DoorOptions, random: Random) {
    this.#t = t;
    this.#options = options;
    this.#random = random;
    this.#client = this.#newClient();
  }

  get client(): RpcClient {
    // One that has ended answers nothing, not even with an error.
    if (!this.isOpen) throw new Error('the server has ended');
    return this.#client;
  }

  get isOpen(): boolean {
    const { exitCode, signalCode } = this.#client.child;
    return exitCode === null && signalCode === null;
  }

  async open(): Promise<void> {
    this.#client = this.#newClient();
  }

  killed(): void {
    // The end of the process tells.
  }

  async start(): Promise<void> {
    const { file, workspace } = this.#options;
    await this.client.call(runsStart, { file, workspace });
  }

  async pause({ id }: Run): Promise<void> {
    await this.client.call(runsPause, { id });
  }

  async resume({ id }: Run): Promise<void> {
    await this.client.call(runsContinue, { id });
  }

  async close(): Promise<void> {
    await this.#client.stop();
  }

  #newClient(): RpcClient {
    const { home, tag, endsWithWindow } = this.#options;
    return new RpcClient(this.#t, home, {
      env: {
        HOME: home,
        NODE_COMPILE_CACHE: join(home, 'compiled'),
        LOCKSTEP_AGENTS: JSON.stringify(killedAgents(tag)),
        LOCKSTEP_RUNS_END_WITH_WINDOW: endsWithWindow ? '1' : '',
        [TAG]: tag,
      },
      ...(this.#random.chance(0.5) ? { under: [process.execPath, STAND_IN] } : {}),
    });
  }
}
