import type { ProcessExit } from '../supervisor/supervisedProcess.ts';
import type { Agent, AgentOutcome, AgentRequest, AgentResult, AgentSink } from './agent.ts';
import type { EnvironmentSetting } from './agentEnvironment.ts';
import { AgentOutput } from './agentOutput.ts';
import { environmentNotices, exitPart, startAgent, type AgentParts } from './agentProcess.ts';
import { EventTurns } from './eventTurns.ts';
import { exitWords, timeWords } from './exitWords.ts';
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

/**
 * One program, started anew for each iteration. It begins a new session each time, and goes on with none of its own: what
 * one iteration is to know of the one before, its prompt says.
 */
export class CommandAgent implements Agent {
  readonly #setting: CommandAgentSetting;
  readonly #newReader: () => StreamReader;
  readonly #parts: AgentParts;

  /** @param newReader  one for each iteration, for what the program prints */
  constructor(setting: CommandAgentSetting, newReader: () => StreamReader, parts: AgentParts) {
    this.#setting = setting;
    this.#newReader = newReader;
    this.#parts = parts;
  }

  async run(request: AgentRequest, sink: AgentSink, signal: AbortSignal): Promise<AgentResult> {
    if (signal.aborted)
      return { outcome: 'cancelled', message: 'The run was ended before the agent was started.', output: '' };
    const agent = await startAgent(
      argvOf(this.#setting, request.prompt),
      this.#setting,
      request,
      this.#parts,
    );
    const turns = new EventTurns(sink, request, () => agent.end());
    const output = new AgentOutput(turns);
    const reader = this.#newReader();
    const onAbort = () => agent.end();
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    try {
      agent.stdin.end(this.#setting.prompt === 'argument' ? undefined : request.prompt);
      await Promise.all([
        agent.started.then((group) => group && turns.started(group)),
        turns.events(environmentNotices(this.#setting, request)),
        output.readStdout(agent.stdout, (lines) => turns.events(reader.lines(lines))),
        output.readStderr(agent.stderr),
      ]);
      const exit = await agent.exited;
      const said = reader.end({
        code: exit.reason === 'exit' ? exit.code : undefined,
        rest: output.rest(),
      });
      await turns.events(said.events ?? []);
      return resultOf(request, { said, exit, turns, stderr: output.stderr }, signal.aborted);
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

interface Ended {
  readonly said: StreamOutcome;
  readonly exit: ProcessExit;
  readonly turns: EventTurns;
  readonly stderr: string;
}

function resultOf(
  request: AgentRequest,
  { said, exit, turns: { limit, bytes }, stderr }: Ended,
  isAborted: boolean,
): AgentResult {
  const { events: _, message: saidWhy, outcome: saidOutcome, ...rest } = said;
  const result = (outcome: AgentOutcome, message?: string): AgentResult => ({
    ...rest,
    outcome,
    ...(message === undefined ? {} : { message }),
    outputBytes: bytes,
    ...exitPart(exit),
  });
  if (limit !== undefined) return result('limit', joined(limit, exit.message));
  switch (exit.reason) {
    case 'startFailed':
      return result('error', exit.message ?? 'The agent could not be run.');
    case 'supervisorLost':
      if (saidOutcome === 'success') return result('success', exit.message);
      return result(isAborted ? 'cancelled' : 'lost', exit.message ?? 'The agent was lost.');
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
