import * as z from 'zod';
import type { JsonObject } from '../../../protocol/json.ts';
import type { Tokens } from '../../../protocol/session.ts';
import type { AgentEvent } from '../agent.ts';
import { answerTail } from './answerTail.ts';
import { NO_ANSWER, usageEvents, usageOf, type DialectEnd, type JsonDialect } from './jsonDialect.ts';
import { addTokens, count, dollars, text, tokensOf } from './reported.ts';

/* `opencode run --format json`: packages/opencode/src/cli/cmd/run.ts of opencode. */

const common = { sessionID: text };
const textPart = z.looseObject({ text: z.string() });

const line = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('step_start'), ...common }),
  z.looseObject({ type: z.literal('text'), ...common, part: textPart }),
  z.looseObject({ type: z.literal('reasoning'), ...common, part: textPart }),
  z.looseObject({
    type: z.literal('tool_use'),
    ...common,
    part: z.looseObject({
      tool: z.string(),
      callID: z.string(),
      state: z.looseObject({
        status: z.string(),
        input: z.unknown().optional(),
        output: z.unknown().optional(),
        error: z.unknown().optional(),
      }),
    }),
  }),
  z.looseObject({
    type: z.literal('step_finish'),
    ...common,
    part: z.looseObject({
      reason: text,
      cost: dollars,
      tokens: z
        .looseObject({
          input: count,
          output: count,
          reasoning: count,
          cache: z.looseObject({ read: count, write: count }).optional().catch(undefined),
        })
        .optional()
        .catch(undefined),
    }),
  }),
  z.looseObject({
    type: z.literal('error'),
    ...common,
    error: z.union([
      z.string(),
      z.looseObject({
        name: text,
        message: text,
        data: z.looseObject({ message: text }).optional().catch(undefined),
      }),
    ]),
  }),
]);
type OpencodeLine<Type> = Extract<z.infer<typeof line>, { type: Type }>;

export class OpencodeDialect implements JsonDialect {
  #answer: DialectEnd['answer'] = NO_ANSWER;
  #sessionHandle: string | undefined;
  #tokens: Tokens | undefined;
  #costUsd: number | undefined;
  /** Why its last step ended; undefined while one goes on. */
  #reason: string | undefined;
  /** Since its last step ended. */
  #error: string | undefined;

  line(value: JsonObject): readonly AgentEvent[] | undefined {
    const read = line.safeParse(value);
    if (!read.success) return undefined;
    const { data } = read;
    this.#sessionHandle = data.sessionID ?? this.#sessionHandle;
    switch (data.type) {
      case 'step_start':
        this.#reason = undefined;
        return [];
      case 'text':
        this.#answer = answerTail(data.part.text);
        return [{ type: 'message', role: 'assistant', text: data.part.text }];
      case 'reasoning':
        return [{ type: 'message', role: 'thought', text: data.part.text }];
      case 'tool_use':
        return [toolCall(data)];
      case 'step_finish':
        return this.#stepFinish(data);
      case 'error':
        return this.#failed(data);
    }
  }

  end(): DialectEnd {
    const common = { answer: this.#answer, usage: this.#usage(), sessionHandle: this.#sessionHandle };
    if (this.#error !== undefined) return { ...common, outcome: 'error', message: this.#error };
    switch (this.#reason) {
      case 'stop':
        return { ...common, outcome: 'success' };
      case 'length':
        return { ...common, outcome: 'limit', message: "The model reached its limit of an answer's length." };
      case 'content-filter':
        return { ...common, outcome: 'error', message: 'The model refused the answer (content filter).' };
      default:
        // After `tool-calls` it would have gone on.
        return { ...common, outcome: undefined };
    }
  }

  #stepFinish({ part: { reason, cost, tokens } }: OpencodeLine<'step_finish'>): readonly AgentEvent[] {
    this.#reason = reason;
    // It has got over what went wrong before: a context that was too long, for one.
    this.#error = undefined;
    if (cost !== undefined) this.#costUsd = (this.#costUsd ?? 0) + cost;
    this.#tokens = addTokens(
      this.#tokens,
      tokensOf({
        input: tokens?.input,
        output: (tokens?.output ?? 0) + (tokens?.reasoning ?? 0),
        cacheRead: tokens?.cache?.read,
        cacheWrite: tokens?.cache?.write,
      }),
    );
    return usageEvents(this.#usage());
  }

  #failed({ error }: OpencodeLine<'error'>): readonly AgentEvent[] {
    const message =
      typeof error === 'string' ? error : (error.data?.message ?? error.message ?? error.name ?? 'an error');
    this.#error = message;
    return [{ type: 'notice', text: message }];
  }

  #usage() {
    return usageOf({ tokens: this.#tokens, costUsd: this.#costUsd, model: undefined });
  }
}

/** Told once, when the tool is through. */
function toolCall({ part: { tool, callID, state } }: OpencodeLine<'tool_use'>): AgentEvent {
  const isError = state.status === 'error';
  return {
    type: 'toolCall',
    callId: callID,
    name: tool,
    input: state.input ?? null,
    status: isError ? 'failed' : 'done',
    output: (isError ? state.error : state.output) ?? null,
  };
}
