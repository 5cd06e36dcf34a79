import { methods, PROTOCOL_VERSION, RequestError, type ClientContext } from '@agentclientprotocol/sdk';
import * as z from 'zod';
import type { AgentEvent, AgentOutcome, AgentRequest } from '../agent.ts';
import type { AcpUpdates } from './acpUpdates.ts';

const initialized = z.looseObject({
  protocolVersion: z.number(),
  agentCapabilities: z
    .looseObject({
      loadSession: z.boolean().optional().catch(undefined),
      sessionCapabilities: z.looseObject({ resume: z.unknown().optional() }).nullish().catch(undefined),
    })
    .optional()
    .catch(undefined),
});
const newSession = z.looseObject({ sessionId: z.string().min(1).max(4096) });
const prompted = z.looseObject({ stopReason: z.string(), usage: z.unknown().optional() });

/** `auth_required`, of the protocol. */
const AUTH_REQUIRED = -32000;
const MAX_SAID = 1_000;

/** How a conversation ended. Without an outcome it was broken off: how the process ended tells why. */
export interface Said {
  readonly outcome?: AgentOutcome;
  readonly message?: string;
}

/** Tells events in their turn. */
export type Tell = (events: readonly AgentEvent[]) => Promise<void>;

/** What is asked of an agent for one iteration: a session, and the answer to one prompt. */
export class AcpConversation {
  readonly #agent: ClientContext;
  readonly #updates: AcpUpdates;
  readonly #tell: Tell;
  #canResume = false;
  #canLoad = false;
  #sessionId: string | undefined;
  #isPrompting = false;

  constructor(agent: ClientContext, updates: AcpUpdates, tell: Tell) {
    this.#agent = agent;
    this.#updates = updates;
    this.#tell = tell;
  }

  /** What a later iteration can go on with. */
  get sessionHandle(): string | undefined {
    return this.#canResume || this.#canLoad ? this.#sessionId : undefined;
  }

  /** Never rejects. */
  async run(request: AgentRequest): Promise<Said> {
    try {
      const wrongVersion = await this.#initialize();
      if (wrongVersion !== undefined) return { outcome: 'error', message: wrongVersion };
      this.#sessionId = await this.#session(request);
      return await this.#prompt(this.#sessionId, request.prompt);
    } catch (error) {
      if (error instanceof RequestError) return { outcome: 'error', message: refusal(error) };
      if (error instanceof z.ZodError)
        return { outcome: 'error', message: 'The agent gave an answer that the protocol does not know.' };
      return {};
    }
  }

  /** Asks the agent to stop; false where it has no prompt to stop at. */
  cancel(): boolean {
    if (this.#sessionId === undefined || !this.#isPrompting) return false;
    void this.#agent
      .notify(methods.agent.session.cancel, { sessionId: this.#sessionId })
      .catch(() => undefined);
    return true;
  }

  /** Gives what is wrong with the version, if anything. */
  async #initialize(): Promise<string | undefined> {
    const answer: unknown = await this.#agent.request(methods.agent.initialize, {
      protocolVersion: PROTOCOL_VERSION,
      // No files and no terminals of ours: what an agent does, it does as its own process, which ends with it.
      clientCapabilities: {},
    });
    const { protocolVersion, agentCapabilities } = initialized.parse(answer);
    const resume = agentCapabilities?.sessionCapabilities?.resume;
    this.#canResume = resume !== undefined && resume !== null && resume !== false;
    this.#canLoad = agentCapabilities?.loadSession === true;
    return protocolVersion === PROTOCOL_VERSION
      ? undefined
      : `The agent speaks version ${protocolVersion} of the Agent Client Protocol; Lockstep speaks ${PROTOCOL_VERSION}.`;
  }

  async #session({ cwd, sessionHandle }: AgentRequest): Promise<string> {
    if (sessionHandle !== undefined) {
      if (await this.#goOn(sessionHandle, cwd)) return sessionHandle;
      const text = 'The agent could not go on with its earlier session: a new one was begun.';
      await this.#tell([{ type: 'notice', text }]);
    }
    const answer: unknown = await this.#agent.request(methods.agent.session.new, { cwd, mcpServers: [] });
    return newSession.parse(answer).sessionId;
  }

  async #goOn(sessionId: string, cwd: string): Promise<boolean> {
    if (!this.#canResume && !this.#canLoad) return false;
    const method = this.#canResume ? methods.agent.session.resume : methods.agent.session.load;
    this.#updates.isHistory = true;
    try {
      await this.#agent.request(method, { sessionId, cwd, mcpServers: [] });
      return true;
    } catch (error) {
      if (error instanceof RequestError) return false;
      throw error;
    } finally {
      this.#updates.isHistory = false;
    }
  }

  async #prompt(sessionId: string, text: string): Promise<Said> {
    await this.#tell(this.#updates.begin());
    this.#isPrompting = true;
    try {
      const answer: unknown = await this.#agent.request(methods.agent.session.prompt, {
        sessionId,
        prompt: [{ type: 'text', text }],
      });
      const { stopReason, usage } = prompted.parse(answer);
      await this.#tell(this.#updates.takePromptUsage(usage));
      return saidBy(stopReason);
    } finally {
      this.#isPrompting = false;
    }
  }
}

function saidBy(stopReason: string): Said {
  switch (stopReason) {
    case 'end_turn':
      return { outcome: 'success' };
    case 'max_tokens':
      return { outcome: 'limit', message: 'The agent reached its limit of tokens.' };
    case 'max_turn_requests':
      return { outcome: 'limit', message: 'The agent reached its limit of requests in one turn.' };
    case 'refusal':
      return { outcome: 'error', message: 'The agent refused to go on.' };
    case 'cancelled':
      return { outcome: 'cancelled', message: 'The agent has stopped because it was cancelled.' };
    default:
      return {
        outcome: 'error',
        message: `The agent stopped for a reason that is not known: ${stopReason.slice(0, 100)}.`,
      };
  }
}

function refusal({ code, message, data }: RequestError): string {
  const details = z.looseObject({ details: z.string() }).safeParse(data).data?.details;
  const said = (details === undefined ? message : `${message}: ${details}`).slice(0, MAX_SAID);
  const hint =
    code === AUTH_REQUIRED
      ? ' Log in with its own program, or let it have its key: "passEnv" in the setting lockstep.agents.'
      : '';
  return `The agent answered with an error: ${said}.${hint}`;
}
