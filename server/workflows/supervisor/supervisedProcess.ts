import { spawn, type ChildProcess } from 'node:child_process';
import { Duplex, PassThrough, type Readable, type Writable } from 'node:stream';
import { systemProcesses } from '../../platform/systemProcesses.ts';
import { closeOutput } from './closeOutput.ts';
import { endGroup, GRACE_MS } from './endGroup.ts';
import { LineSplitter } from './lineSplitter.ts';
import { MARKER, markersWithin } from './marker.ts';
import type { ProcessGroup, StartedGroup } from './processGroup.ts';
import { SUPERVISES } from './supervision.ts';
import { supervisorEntry } from './supervisorEntry.ts';
import {
  CONTROL_FD,
  END_ORDER,
  HOLD_CLOCK_ORDER,
  RUN_CLOCK_ORDER,
  STDERR_FD,
  STDIN_FD,
  STDOUT_FD,
  supervisorReport,
  type AgentOrder,
  type ExitReport,
} from './supervisorMessages.ts';

/** An agent to be run. */
export interface AgentProcess {
  /** The program and its arguments; no shell sees them. */
  readonly argv: readonly [string, ...string[]];
  /** An absolute path. */
  readonly cwd: string;
  /** All of the agent's environment, but for the marker, which is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Wall clock, counted from the agent's start; without the time in which it was held. */
  readonly timeoutMs: number;
  /** How long the processes may take to end after SIGTERM; then SIGKILL. 5 s unless told. */
  readonly graceMs?: number;
  /** A UUID of this start alone (`AgentRequest.marker`). */
  readonly marker: string;
}

/**
 * How it ended. `exit`: the agent by itself. `timeout`: it was ended at the limit. `ended`: we said so.
 * `startFailed`: it never ran. `supervisorLost`: the supervisor was killed; the agent was ended from here.
 */
export type ExitReason = 'exit' | 'timeout' | 'ended' | 'startFailed' | 'supervisorLost';

export interface ProcessExit {
  readonly reason: ExitReason;
  /** Of the agent's own process. */
  readonly code?: number;
  readonly signal?: string;
  /** A sentence for a person: why it did not start, or which processes could not be ended. */
  readonly message?: string;
}

export interface SupervisedProcess {
  /** Its errors are swallowed: an agent need not read. */
  readonly stdin: Writable;
  /**
   * The agent's own pipes: what is not read stops the agent. They must be read, or destroyed. They end with the last
   * process that holds them, or, where that one has escaped us, within seconds of `exited`: then they close without 'end'.
   */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** What finds its processes again. Never rejects; undefined where the agent could not be started. */
  readonly started: Promise<StartedGroup | undefined>;
  /** Settles once all processes of the agent are gone, grandchildren included. Never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** Ends all processes of the agent: SIGTERM, and after `graceMs` SIGKILL. Twice is harmless, also after the end. */
  end(): void;
  /** Its wall clock stands, until it runs again: the agent waits for a person. Twice is harmless, for both. */
  holdClock(): void;
  runClock(): void;
}

/** A report holds a few numbers and a sentence. */
const MAX_REPORT_BYTES = 1024 * 1024;

/**
 * Starts an agent under a supervisor, a process of its own session that stands between this one and the agent: it ends
 * all processes of the agent at the limit, when told, and when this process is gone, however it went. Should the
 * supervisor be killed, they are ended from here.
 */
export function superviseProcess(agent: AgentProcess): SupervisedProcess {
  const { argv, cwd, env, timeoutMs, graceMs = GRACE_MS, marker } = agent;
  const order: AgentOrder = { argv: [...argv], cwd, env: { ...env }, timeoutMs, graceMs, marker };
  const supervisor = spawn(process.execPath, [supervisorEntry()], {
    // VS Code's own runtime is an editor unless it is told otherwise. A debugger that is asked for is not for this one.
    env: {
      ...process.env,
      NODE_OPTIONS: undefined,
      // It is found by it too: should this process be killed now, an agent may yet be started.
      [MARKER]: markersWithin(process.env, marker),
      [SUPERVISES]: marker,
      ...('electron' in process.versions ? { ELECTRON_RUN_AS_NODE: '1' } : {}),
    },
    detached: true,
    windowsHide: true,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  const control = pipeOf(supervisor, CONTROL_FD);
  const [stdin, stdout, stderr] = [
    pipeOf(supervisor, STDIN_FD),
    pipeOf(supervisor, STDOUT_FD),
    pipeOf(supervisor, STDERR_FD),
  ];
  // Nothing comes out of the agent's stdin; to see its end, it has to be read.
  stdin.on('error', () => undefined).resume();
  for (const output of [stdout, stderr]) output.on('error', () => undefined);

  const link = new SupervisorLink(supervisor, control, { marker, graceMs });
  link.write(JSON.stringify(order));
  let wasEnded = false;
  const exited = link.exited.then((exit) => {
    wasEnded ||= exit.reason !== 'exit';
    stdin.destroy();
    for (const output of [stdout, stderr]) void closeOutput(output, () => wasEnded);
    return exit;
  });
  const end = () => {
    wasEnded = true;
    link.write(END_ORDER);
  };
  return {
    stdin,
    stdout,
    stderr,
    started: link.started,
    exited,
    end,
    holdClock: () => link.write(HOLD_CLOCK_ORDER),
    runClock: () => link.write(RUN_CLOCK_ORDER),
  };
}

/** What is told to the supervisor, and what it tells. */
class SupervisorLink {
  readonly #control: Duplex;
  readonly #started = Promise.withResolvers<StartedGroup | undefined>();
  readonly started = this.#started.promise.then((group) => group && placed(group));
  readonly exited: Promise<ProcessExit>;
  #exit: ExitReport | undefined;
  #group: ProcessGroup;

  constructor(
    supervisor: ChildProcess,
    control: Duplex,
    { marker, graceMs }: { marker: string; graceMs: number },
  ) {
    this.#control = control;
    this.#group = { marker };
    control.on('error', () => undefined); // 'close' comes after it
    const lines = new LineSplitter(MAX_REPORT_BYTES);
    control.on('data', (chunk: Buffer) => {
      for (const line of lines.push(chunk)) this.#hear(line);
    });
    const isSilent = new Promise<void>((resolve) => control.once('close', () => resolve()));
    const hasEnded = new Promise<string | undefined>((resolve) => {
      supervisor.once('error', (error) => resolve(error.message));
      supervisor.once('exit', (code, signal) => resolve(signal ?? `code ${code ?? 'unknown'}`));
    });
    this.exited = Promise.all([hasEnded, isSilent]).then(([how]) => this.#settle(how, graceMs));
  }

  write(line: string): void {
    if (this.#control.writable) this.#control.write(`${line}\n`);
  }

  #hear(line: string): void {
    const report = supervisorReport.parse(JSON.parse(line));
    if (report.type === 'exit') {
      this.#exit = report;
      this.#started.resolve(undefined);
    } else {
      const { pid, processStart } = report;
      const group = { ...this.#group, pid, processStart };
      this.#group = group;
      this.#started.resolve(group);
    }
  }

  async #settle(how: string | undefined, graceMs: number): Promise<ProcessExit> {
    this.#started.resolve(undefined);
    if (this.#exit) {
      const { type: _, ...exit } = this.#exit;
      return exit;
    }
    const { left } = await endGroup(this.#group, { graceMs, isOursForSure: true });
    const ended =
      left.length === 0
        ? 'The agent was ended with it.'
        : `These processes of the agent could not be ended: ${left.join(', ')}.`;
    return {
      reason: 'supervisorLost',
      message: `The process that watches over the agent has ended before it (${how ?? 'unknown'}). ${ended}`,
    };
  }
}

/** With the places that its numbers are of. */
async function placed(group: StartedGroup): Promise<StartedGroup> {
  const { bootId, pidNamespace } = await systemProcesses().machine();
  return { ...group, bootId, pidNamespace };
}

/** A pipe to the child; one that is closed where the child could not be started at all. */
function pipeOf(child: ChildProcess, fd: number): Duplex {
  // oxlint-disable-next-line typescript/no-unnecessary-condition -- it is missing where there were too many files open
  const pipe = child.stdio?.[fd];
  return pipe instanceof Duplex ? pipe : new PassThrough().destroy();
}
