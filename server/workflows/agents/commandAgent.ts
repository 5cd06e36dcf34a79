import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { systemErrorCode } from '../../platform/systemError.ts';
import { LineSplitter } from '../supervisor/lineSplitter.ts';
import { superviseProcess, type ProcessExit } from '../supervisor/supervisedProcess.ts';
import type { Agent, AgentOutcome, AgentRequest, AgentResult, AgentSink } from './agent.ts';
import { agentEnvironment, type EnvironmentSetting } from './agentEnvironment.ts';
import { EventTurns } from './eventTurns.ts';
import { exitWords, sizeWords, timeWords } from './exitWords.ts';
import type { StreamOutcome, StreamReader } from './streams/streamReader.ts';

/** An agent of the protocol `command`: a program that is given a prompt, and prints. */
export interface CommandAgentSetting extends EnvironmentSetting {
  /** The program and its arguments; no shell sees them. */
  readonly command: readonly [string, ...string[]];
  /**
   * How the prompt is given; `stdin` unless told. `argument`: in place of every `{prompt}` within an argument, or, where
   * there is none, as the last argument. A prompt that begins with `-` is not told from an option there.
   */
  readonly prompt?: 'stdin' | 'argument';
}

const PROMPT = '{prompt}';
export const MAX_LINE_BYTES = 8 * 1024 * 1024;
/** How much of standard error is kept for the message, in UTF-16 units. */
const MAX_STDERR_TAIL = 4 * 1024;

/** One program, started anew for each iteration. */
export class CommandAgent implements Agent {
  readonly #setting: CommandAgentSetting;
  readonly #newReader: () => StreamReader;
  readonly #ownEnv: NodeJS.ProcessEnv;
  readonly #graceMs: number | undefined;

  /**
   * @param newReader  one for each iteration, for what the program prints
   * @param ownEnv     our environment, of which the agent gets a part
   * @param graceMs    between SIGTERM and SIGKILL
   */
  constructor(
    setting: CommandAgentSetting,
    newReader: () => StreamReader,
    ownEnv: NodeJS.ProcessEnv,
    graceMs?: number,
  ) {
    this.#setting = setting;
    this.#newReader = newReader;
    this.#ownEnv = ownEnv;
    this.#graceMs = graceMs;
  }

  async run(request: AgentRequest, sink: AgentSink, signal: AbortSignal): Promise<AgentResult> {
    if (signal.aborted) return cancelled('');
    const agent = superviseProcess({
      argv: argvOf(this.#setting, request.prompt),
      cwd: request.cwd,
      env: agentEnvironment(this.#ownEnv, this.#setting, request.env),
      timeoutMs: request.timeoutMs,
      marker: request.marker,
      ...(this.#graceMs === undefined ? {} : { graceMs: this.#graceMs }),
    });
    const turns = new EventTurns(sink, () => agent.end());
    const output = new AgentOutput(this.#newReader(), turns, request.maxOutputBytes, () => agent.end());
    const onAbort = () => agent.end();
    signal.addEventListener('abort', onAbort);
    try {
      agent.stdin.end(this.#setting.prompt === 'argument' ? undefined : request.prompt);
      await Promise.all([
        agent.started.then((started) => started && turns.started({ ...started, marker: request.marker })),
        output.readStdout(agent.stdout),
        output.readStderr(agent.stderr),
      ]);
      const exit = await agent.exited;
      const said = await output.end(exit);
      await turns.settled();
      return resultOf(request, { said, exit, limit: output.limit, stderr: output.stderr }, signal.aborted);
    } finally {
      signal.removeEventListener('abort', onAbort);
      agent.end();
      await agent.exited;
    }
  }
}

function argvOf({ command, prompt = 'stdin' }: CommandAgentSetting, text: string): [string, ...string[]] {
  const [program, ...args] = command;
  if (prompt === 'stdin') return [program, ...args];
  const hasPlace = args.some((arg) => arg.includes(PROMPT));
  return [program, ...(hasPlace ? args.map((arg) => arg.replaceAll(PROMPT, () => text)) : [...args, text])];
}

/** What one program prints: into events, up to its limits. */
class AgentOutput {
  readonly #reader: StreamReader;
  readonly #turns: EventTurns;
  readonly #maxBytes: number;
  readonly #onLimit: () => void;
  readonly #lines = new LineSplitter(MAX_LINE_BYTES);
  #bytes = 0;
  /** The last of what it wrote to standard error. */
  stderr = '';
  /** Which limit it has gone over. */
  limit: string | undefined;

  constructor(reader: StreamReader, turns: EventTurns, maxBytes: number, onLimit: () => void) {
    this.#reader = reader;
    this.#turns = turns;
    this.#maxBytes = maxBytes;
    this.#onLimit = onLimit;
  }

  async readStdout(stdout: Readable): Promise<void> {
    for await (const chunk of chunksOf(stdout)) {
      const allowed = this.#count(chunk);
      const lines = this.#lines.push(allowed);
      if (lines.length > 0) await this.#turns.events(this.#reader.lines(lines));
      if (this.#lines.isOver)
        this.#stop(`The agent wrote a line of more than ${sizeWords(MAX_LINE_BYTES)}, and was ended.`);
      // Leaving the loop closes the pipe: the agent cannot go on writing, even while it does not end.
      if (this.limit !== undefined) return;
    }
  }

  async readStderr(stderr: Readable): Promise<void> {
    const decoder = new StringDecoder('utf8');
    const take = async (text: string) => {
      if (text === '') return;
      this.stderr = `${this.stderr}${text}`.slice(-MAX_STDERR_TAIL);
      await this.#turns.events([{ type: 'raw', stream: 'stderr', text }]);
    };
    for await (const chunk of chunksOf(stderr)) {
      await take(decoder.write(Buffer.from(this.#count(chunk))));
      if (this.limit !== undefined) return;
    }
    await take(decoder.end());
  }

  /** After both streams have ended. */
  async end(exit: ProcessExit): Promise<StreamOutcome> {
    const rest = this.limit === undefined ? this.#lines.rest() : undefined;
    const said = this.#reader.end({ code: exit.reason === 'exit' ? exit.code : undefined, rest });
    await this.#turns.events(said.events ?? []);
    return said;
  }

  /** Gives the part of a chunk that is within the limit. */
  #count(chunk: Uint8Array): Uint8Array {
    const left = this.#maxBytes - this.#bytes;
    this.#bytes += chunk.length;
    if (chunk.length <= left) return chunk;
    this.#stop(`The agent wrote more than its limit of ${sizeWords(this.#maxBytes)}, and was ended.`);
    return chunk.subarray(0, Math.max(0, left));
  }

  #stop(limit: string): void {
    this.limit ??= limit;
    this.#onLimit();
  }
}

/** The chunks of a stream until it ends, or is closed because a process that has escaped still holds it. */
async function* chunksOf(stream: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    if (systemErrorCode(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

interface Ended {
  readonly said: StreamOutcome;
  readonly exit: ProcessExit;
  readonly limit: string | undefined;
  readonly stderr: string;
}

function resultOf(
  request: AgentRequest,
  { said, exit, limit, stderr }: Ended,
  isAborted: boolean,
): AgentResult {
  const { events: _, message: saidWhy, outcome: saidOutcome, ...rest } = said;
  const result = (outcome: AgentOutcome, message?: string): AgentResult => ({
    ...rest,
    outcome,
    ...(message === undefined ? {} : { message }),
    ...(exit.code === undefined && exit.signal === undefined
      ? {}
      : {
          exit: {
            ...(exit.code === undefined ? {} : { code: exit.code }),
            ...(exit.signal === undefined ? {} : { signal: exit.signal }),
          },
        }),
  });
  if (limit !== undefined) return result('limit', joined(limit, exit.message));
  switch (exit.reason) {
    case 'startFailed':
    case 'supervisorLost':
      return result('error', exit.message ?? 'The agent could not be run.');
    case 'timeout': {
      const ran = `The agent ran longer than ${timeWords(request.timeoutMs)}, and was ended.`;
      // It says that it is done: its work is not thrown away because its process stayed.
      return saidOutcome === 'success'
        ? result('success', joined(`${ran} It had said before that it is done.`, exit.message))
        : result('timeout', joined(ran, exit.message));
    }
    case 'ended':
      return isAborted
        ? result('cancelled', joined('The agent was ended because the run was.', exit.message))
        : result('error', joined('The agent was ended from outside of Lockstep.', exit.message));
    case 'exit':
      return saidOutcome === 'success'
        ? result('success', exit.message)
        : result(saidOutcome, joined(saidWhy ?? exitWords(exit, stderr), exit.message));
  }
}

function joined(...sentences: readonly (string | undefined)[]): string {
  return sentences.filter((sentence) => sentence !== undefined).join(' ');
}

function cancelled(output: string): AgentResult {
  return { outcome: 'cancelled', message: 'The run was ended before the agent was started.', output };
}
