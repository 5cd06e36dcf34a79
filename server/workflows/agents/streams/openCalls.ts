import type { AgentEvent } from '../agent.ts';

type ToolCall = Extract<AgentEvent, { type: 'toolCall' }>;

/** Streams begin calls and never end them: so many are remembered, and the oldest is forgotten first. */
const MAX_OPEN = 1_000;

/** Calls that have begun: the streams name a call and its input once, at its beginning. */
export class OpenCalls {
  readonly #calls = new Map<string, Pick<ToolCall, 'name' | 'input'>>();

  begin(callId: string, name: string, input: unknown): ToolCall {
    const [oldest] = this.#calls.keys();
    if (oldest !== undefined && this.#calls.size >= MAX_OPEN) this.#calls.delete(oldest);
    this.#calls.set(callId, { name, input });
    return { type: 'toolCall', callId, name, input, status: 'begun' };
  }

  /** `name` is for a call that did not begin, as far as is known. */
  end(callId: string, { name = 'tool', output, isError }: CallEnd): ToolCall {
    const call = this.#calls.get(callId) ?? { name, input: null };
    this.#calls.delete(callId);
    return { type: 'toolCall', callId, ...call, status: isError ? 'failed' : 'done', output: output ?? null };
  }
}

export interface CallEnd {
  readonly name?: string | undefined;
  readonly output: unknown;
  readonly isError: boolean;
}
