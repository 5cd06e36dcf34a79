import { client, methods, RequestError, type ClientConnection } from '@agentclientprotocol/sdk';
import { randomUUID } from 'node:crypto';
import type { ProcessExit, SupervisedProcess } from '../supervisor/supervisedProcess.ts';
import { AcpConversation, type Said } from './acp/acpConversation.ts';
import { CANCELLED, permissionAnswer, permissionQuestion } from './acp/acpPermission.ts';
import { AcpUpdates } from './acp/acpUpdates.ts';
import { AcpWire } from './acp/acpWire.ts';
import type { Agent, AgentEvent, AgentOutcome, AgentRequest, AgentResult, AgentSink } from './agent.ts';
import { AgentOutput } from './agentOutput.ts';
import { environmentNotices, exitPart, startAgent, type AgentParts } from './agentProcess.ts';
import type { AcpAgentSetting } from './agentSettings.ts';
import { EventTurns } from './eventTurns.ts';
import { exitWords, timeWords } from './exitWords.ts';

export type AcpSetting = Pick<AcpAgentSetting, 'command' | 'env' | 'passEnv'>;

/** How long an agent may take to stop when it is asked to, before its processes are ended. */
const CANCEL_MS = 5_000;
/** How long it may take to go after its stdin was closed: it may have a session to write. */
const LEAVE_MS = 2_000;
/** How many of the last lines of standard error a message holds. */
const MAX_STDERR_LINES = 10;

/** An agent that speaks the Agent Client Protocol: a program, started anew for each iteration, with one prompt. */
export class AcpAgent implements Agent {
  readonly #setting: AcpSetting;
  readonly #parts: AgentParts;

  /** `graceMs` of the parts also bounds the time from the request to stop to SIGTERM. */
  constructor(setting: AcpSetting, parts: AgentParts) {
    this.#setting = setting;
    this.#parts = parts;
  }

  async run(request: AgentRequest, sink: AgentSink, signal: AbortSignal): Promise<AgentResult> {
    if (signal.aborted)
      return { outcome: 'cancelled', message: 'The run was ended before the agent was started.', output: '' };
    const agent = await startAgent(this.#setting.command, this.#setting, request, this.#parts);
    const iteration = new AcpIteration(agent, request, sink, signal, this.#parts.graceMs ?? CANCEL_MS);
    return iteration.result(environmentNotices(this.#setting, request));
  }
}

/** One iteration: the process, the conversation with it, and what becomes of both. */
class AcpIteration {
  readonly #agent: SupervisedProcess;
  readonly #request: AgentRequest;
  readonly #signal: AbortSignal;
  readonly #cancelMs: number;
  readonly #turns: EventTurns;
  readonly #updates = new AcpUpdates();
  readonly #output: AgentOutput;
  readonly #wire: AcpWire;
  readonly #connection: ClientConnection;
  readonly #conversation: AcpConversation;
  /** Settles when an answer to a permission request would come too late. */
  readonly #moot = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    agent: SupervisedProcess,
    request: AgentRequest,
    sink: AgentSink,
    signal: AbortSignal,
    cancelMs: number,
  ) {
    this.#agent = agent;
    this.#request = request;
    this.#signal = signal;
    this.#cancelMs = cancelMs;
    this.#turns = new EventTurns(sink, request, () => agent.end());
    const tell = this.#turns.events.bind(this.#turns);
    this.#wire = new AcpWire(
      agent.stdin,
      {
        update: (params) => tell(this.#updates.take(params)),
        unknown: (method) =>
          tell([
            { type: 'notice', text: `The agent used what it was not offered: ${method.slice(0, 100)}.` },
          ]),
        garbage: (line) => tell([{ type: 'raw', stream: 'stdout', text: line }]),
      },
      agent.exited,
    );
    this.#output = new AgentOutput(this.#turns);
    this.#connection = client({ name: 'lockstep' })
      .onRequest(
        methods.client.session.requestPermission,
        (params: unknown) => params,
        ({ params }) => this.#permission(params),
      )
      .connect(this.#wire.stream);
    this.#conversation = new AcpConversation(this.#connection.agent, this.#updates, tell);
    void agent.exited.then(() => this.#moot.resolve());
  }

  /** @param notices  to be told before all else */
  async result(notices: readonly AgentEvent[]): Promise<AgentResult> {
    const onAbort = () => this.#cancel();
    this.#signal.addEventListener('abort', onAbort);
    if (this.#signal.aborted) onAbort();
    const conversation = this.#conversation.run(this.#request).finally(() => this.#leave());
    try {
      await Promise.all([
        this.#agent.started.then((group) => group && this.#turns.started(group)),
        this.#turns.events(notices),
        // Whatever is still asked of the agent gets no answer after that.
        this.#readStdout().finally(() => this.#connection.close()),
        this.#output.readStderr(this.#agent.stderr),
      ]);
      const exit = await this.#agent.exited;
      const said = await conversation;
      await this.#turns.events(this.#updates.end());
      await this.#turns.settled();
      return this.#resultOf(said, exit);
    } finally {
      this.#signal.removeEventListener('abort', onAbort);
      this.#agent.end();
      await this.#agent.exited;
      clearTimeout(this.#timer);
    }
  }

  async #readStdout(): Promise<void> {
    await this.#output.readStdout(this.#agent.stdout, async (lines) => {
      for (const line of lines) if (this.#turns.limit === undefined) await this.#wire.line(line);
    });
    const rest = this.#output.rest();
    if (rest !== undefined) await this.#turns.events([{ type: 'raw', stream: 'stdout', text: rest }]);
  }

  async #permission(params: unknown) {
    const question = permissionQuestion(params, randomUUID());
    if (question === undefined) {
      const text = 'The agent asked for a permission in a way that is not understood. It was refused.';
      await this.#turns.events([{ type: 'notice', text }]);
      throw RequestError.invalidParams();
    }
    if (this.#signal.aborted) return CANCELLED;
    const chosen = await this.#turns
      .permission(question, this.#moot.promise, () => this.#agent.holdClock())
      .finally(() => this.#agent.runClock());
    // A cancelled agent waits for this answer to each of its requests; the protocol asks for it.
    return this.#isCancelled() ? CANCELLED : permissionAnswer(question.options, chosen);
  }

  #isCancelled(): boolean {
    return this.#signal.aborted;
  }

  #cancel(): void {
    this.#moot.resolve();
    if (this.#conversation.cancel()) this.#endIn(this.#cancelMs);
    else this.#agent.end();
  }

  /** Nothing more is asked of the agent: it goes when its stdin closes, or is made to. */
  #leave(): void {
    this.#agent.stdin.end();
    this.#endIn(LEAVE_MS);
  }

  #endIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#agent.end(), ms);
  }

  #resultOf(said: Said, exit: ProcessExit): AgentResult {
    const { usage } = this.#updates;
    const { sessionHandle } = this.#conversation;
    const { outcome, message } = this.#outcome(said, exit);
    const words = [message, exit.message === message ? undefined : exit.message];
    const told = words.filter((sentence) => sentence !== undefined).join(' ');
    return {
      ...this.#updates.answer,
      outcome,
      ...(told === '' ? {} : { message: told }),
      ...(usage === undefined ? {} : { usage }),
      ...(sessionHandle === undefined ? {} : { sessionHandle }),
      outputBytes: this.#turns.bytes,
      ...exitPart(exit),
    };
  }

  #outcome(said: Said, exit: ProcessExit): { readonly outcome: AgentOutcome; readonly message?: string } {
    const { limit } = this.#turns;
    if (limit !== undefined) return { outcome: 'limit', message: limit };
    if (said.outcome !== undefined && said.outcome !== 'error') return { outcome: said.outcome, ...said };
    switch (exit.reason) {
      case 'startFailed':
        return { outcome: 'error', message: exit.message ?? 'The agent could not be run.' };
      case 'supervisorLost':
        return {
          outcome: this.#isCancelled() ? 'cancelled' : 'lost',
          message: exit.message ?? 'The agent was lost.',
        };
      case 'timeout': {
        const ran = `The agent ran longer than ${timeWords(this.#request.timeoutMs)}, and was ended.`;
        return { outcome: 'timeout', message: ran };
      }
      case 'ended':
      case 'exit':
        if (this.#isCancelled())
          return { outcome: 'cancelled', message: 'The agent was ended because the run was.' };
        return { outcome: 'error', message: said.message ?? this.#death(exit) };
    }
  }

  #death(exit: ProcessExit): string {
    const last = this.#output.stderr.trim().split(/\r?\n/).slice(-MAX_STDERR_LINES).join('\n');
    const words = `${exitWords(exit, '')} It had not answered its prompt.`;
    return last === '' ? words : `${words} The last that it wrote to standard error:\n${last}`;
  }
}
