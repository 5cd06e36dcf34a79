import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { systemProcesses } from '../../platform/systemProcesses.ts';
import { AgentClock } from './agentClock.ts';
import { endGroup } from './endGroup.ts';
import { startOfChild } from './linuxMembers.ts';
import { LineSplitter } from './lineSplitter.ts';
import { MARKER } from './marker.ts';
import { startFailure } from './startFailure.ts';
import {
  agentOrder,
  AGENT_FDS,
  END_ORDER,
  HOLD_CLOCK_ORDER,
  RUN_CLOCK_ORDER,
  type AgentOrder,
  type ExitReport,
  type SupervisorReport,
} from './supervisorMessages.ts';

/** An order holds a prompt and an environment. */
const MAX_ORDER_BYTES = 16 * 1024 * 1024;

/** Why the agent is being ended. */
type EndReason = 'timeout' | 'ended';

/**
 * Runs one agent, and leaves nothing of it: ends all its processes at the limit, when the runner says so, when the
 * runner is gone (its end of the control socket closes, also by `kill -9`), and, of those it leaves behind, when it has
 * ended by itself. The agent has the runner's pipes themselves, so its bytes do not pass through here: no copy, no
 * buffer, and what the runner does not read stops the agent.
 */
export class Supervisor {
  readonly #control: Socket;
  readonly #env: NodeJS.ProcessEnv;
  readonly #order = Promise.withResolvers<AgentOrder | undefined>();
  readonly #end = Promise.withResolvers<EndReason>();
  /** Of the agent; there once it was started. */
  #clock: AgentClock | undefined;

  constructor(control: Socket, env: NodeJS.ProcessEnv) {
    this.#control = control;
    this.#env = env;
  }

  /** Ends the agent. */
  end(reason: EndReason = 'ended'): void {
    this.#end.resolve(reason);
  }

  /** Settles when the agent is gone and the runner was told, if it is there to be told. */
  async run(): Promise<void> {
    this.#listen();
    const order = await this.#order.promise;
    if (order === undefined) return;
    const report = await this.#supervise(order);
    // The runner may be gone: then nobody is told.
    await new Promise<void>((resolve) => {
      this.#control.once('close', () => resolve());
      this.#control.end(`${JSON.stringify(report)}\n`, () => resolve());
    });
  }

  #listen(): void {
    const lines = new LineSplitter(MAX_ORDER_BYTES);
    let hasOrder = false;
    this.#control.on('data', (chunk: Buffer) => {
      for (const line of lines.push(chunk)) {
        if (hasOrder) this.#obey(line);
        else this.#order.resolve(agentOrder.parse(JSON.parse(line)));
        hasOrder = true;
      }
    });
    this.#control.on('error', () => undefined); // 'close' comes after it
    this.#control.on('end', () => this.#lost());
    this.#control.on('close', () => this.#lost());
  }

  #obey(line: string): void {
    if (line === END_ORDER) this.end();
    if (line === HOLD_CLOCK_ORDER) this.#clock?.hold();
    if (line === RUN_CLOCK_ORDER) this.#clock?.run();
  }

  /** The runner is gone. */
  #lost(): void {
    this.#order.resolve(undefined);
    this.end();
  }

  async #supervise(order: AgentOrder): Promise<ExitReport> {
    const started = await this.#start(order);
    if (typeof started === 'string') return { type: 'exit', reason: 'startFailed', message: started };
    const { child, pid } = started;
    const exit = once(child, 'exit');
    // On Linux without a wait, so that it is told also of an agent that ends at once.
    const processStart = startOfChild(pid) ?? (await startTold(pid));
    this.#tell({ type: 'started', pid, ...(processStart === undefined ? {} : { processStart }) });

    this.#clock = new AgentClock(order.timeoutMs, () => this.end('timeout'));
    const reason = await Promise.race([exit.then(() => 'exit' as const), this.#end.promise]);
    this.#clock.stop();
    // None runs again that would keep this process.
    this.#clock = undefined;
    const { graceMs, marker } = order;
    const { left } = await endGroup({ pid, processStart, marker }, { graceMs, isOursForSure: true });
    // Else it is among those that are left.
    if (!left.includes(pid)) await exit;
    return {
      type: 'exit',
      reason,
      ...(child.exitCode === null ? {} : { code: child.exitCode }),
      ...(child.signalCode === null ? {} : { signal: child.signalCode }),
      ...(left.length === 0
        ? {}
        : { message: `These processes of the agent could not be ended: ${left.join(', ')}.` }),
    };
  }

  /** The agent in a session, and so a group, of its own; a sentence where it cannot be started. */
  async #start({
    argv,
    cwd,
    env,
    marker,
  }: AgentOrder): Promise<{ child: ChildProcess; pid: number } | string> {
    const [program, ...args] = argv;
    try {
      const child = spawn(program, args, {
        cwd,
        env: { ...env, [MARKER]: this.#env[MARKER] ?? marker },
        detached: true,
        stdio: [...AGENT_FDS],
      });
      if (child.pid !== undefined) return { child, pid: child.pid };
      const [error] = (await once(child, 'error')) as unknown[];
      return startFailure(program, cwd, error);
    } catch (error) {
      return startFailure(program, cwd, error);
    } finally {
      // With a copy here, the runner would not see that the agent has closed its own.
      for (const fd of AGENT_FDS) closeSync(fd);
    }
  }

  #tell(report: SupervisorReport): void {
    this.#control.write(`${JSON.stringify(report)}\n`);
  }
}

async function startTold(pid: number): Promise<string | undefined> {
  const found = await systemProcesses().look(pid);
  return found.state === 'running' ? found.start : undefined;
}
