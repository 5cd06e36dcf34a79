import * as z from 'zod';
import type { JsonObject } from '../../../protocol/json.ts';
import type { Tokens } from '../../../protocol/session.ts';
import type { AgentEvent } from '../agent.ts';
import { answerTail } from './answerTail.ts';
import {
  NO_ANSWER,
  rawPart,
  usageEvents,
  usageOf,
  type DialectEnd,
  type JsonDialect,
} from './jsonDialect.ts';
import { OpenCalls } from './openCalls.ts';
import { addTokens, count, dollars, flag, text, tokensOf } from './reported.ts';

/* `pi --mode json`: the header of the session, then the events of packages/agent of badlogic/pi-mono. */

const usage = z
  .looseObject({
    input: count,
    output: count,
    cacheRead: count,
    cacheWrite: count,
    cost: z.looseObject({ total: dollars }).optional().catch(undefined),
  })
  .optional()
  .catch(undefined);

const line = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('session'), id: text }),
  z.looseObject({ type: z.literal('agent_start') }),
  z.looseObject({ type: z.literal('agent_end') }),
  z.looseObject({
    // An update repeats all of the message so far; `turn_end` and `agent_end` repeat whole messages. `message_end` and
    // `tool_execution_end` say everything once.
    type: z.enum(['turn_start', 'turn_end', 'message_start', 'message_update', 'tool_execution_update']),
  }),
  z.looseObject({ type: z.literal('message_end'), message: z.looseObject({ role: z.string() }) }),
  z.looseObject({
    type: z.literal('tool_execution_start'),
    toolCallId: z.string(),
    toolName: z.string(),
    args: z.unknown().optional(),
  }),
  z.looseObject({
    type: z.literal('tool_execution_end'),
    toolCallId: z.string(),
    toolName: text,
    result: z.unknown().optional(),
    isError: flag,
  }),
  z.looseObject({ type: z.literal('auto_retry_start'), errorMessage: text }),
  z.looseObject({ type: z.enum(['auto_compaction_start', 'compaction_start']) }),
]);

const assistant = z.looseObject({
  content: z.array(z.unknown()),
  provider: text,
  model: text,
  usage,
  stopReason: text,
  errorMessage: text,
});
type AssistantMessage = z.infer<typeof assistant>;

const block = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({ type: z.literal('thinking'), thinking: z.string() }),
  // `tool_execution_start` says it again, when it begins.
  z.looseObject({ type: z.literal('toolCall') }),
]);

export class PiDialect implements JsonDialect {
  readonly #calls = new OpenCalls();
  #answer: DialectEnd['answer'] = NO_ANSWER;
  #sessionHandle: string | undefined;
  #tokens: Tokens | undefined;
  #costUsd: number | undefined;
  #model: string | undefined;
  /** The last one decides: after an error it may have tried again. */
  #last: Pick<AssistantMessage, 'stopReason' | 'errorMessage'> | undefined;
  #isAtEnd = false;

  line(value: JsonObject): readonly AgentEvent[] | undefined {
    const read = line.safeParse(value);
    if (!read.success) return undefined;
    const { data } = read;
    switch (data.type) {
      case 'session':
        this.#sessionHandle = data.id;
        return [];
      case 'agent_start':
        this.#isAtEnd = false;
        return [];
      case 'agent_end':
        this.#isAtEnd = true;
        return [];
      case 'turn_start':
      case 'turn_end':
      case 'message_start':
      case 'message_update':
      case 'tool_execution_update':
        return [];
      case 'message_end': {
        if (data.message.role !== 'assistant') return [];
        const message = assistant.safeParse(data.message);
        return message.success ? this.#message(message.data) : undefined;
      }
      case 'tool_execution_start':
        return [this.#calls.begin(data.toolCallId, data.toolName, data.args ?? null)];
      case 'tool_execution_end':
        return [
          this.#calls.end(data.toolCallId, {
            name: data.toolName,
            output: data.result,
            isError: data.isError === true,
          }),
        ];
      case 'auto_retry_start':
        return [
          { type: 'notice', text: `The agent tries again: ${data.errorMessage ?? 'its model failed'}` },
        ];
      case 'auto_compaction_start':
      case 'compaction_start':
        return [{ type: 'notice', text: 'The agent sums up its context to make room.' }];
    }
  }

  /** By what it said alone: it ends with exit code 0 after an error of the model. */
  end(): DialectEnd {
    const common = { answer: this.#answer, usage: this.#usage(), sessionHandle: this.#sessionHandle };
    const { stopReason, errorMessage } = this.#last ?? {};
    switch (stopReason) {
      case 'stop':
        return { ...common, outcome: this.#isAtEnd ? 'success' : undefined };
      case 'length':
        return { ...common, outcome: 'limit', message: "The model reached its limit of an answer's length." };
      case 'error':
      case 'aborted':
        return {
          ...common,
          outcome: 'error',
          message: errorMessage ?? `The agent's last turn: ${stopReason}.`,
        };
      default:
        return { ...common, outcome: undefined };
    }
  }

  #message(message: AssistantMessage): readonly AgentEvent[] {
    const { content, provider, model, usage, stopReason, errorMessage } = message;
    this.#last = { stopReason, errorMessage };
    this.#model = model === undefined || provider === undefined ? model : `${provider}/${model}`;
    const tokens = tokensOf(usage ?? {});
    this.#tokens = addTokens(this.#tokens, tokens);
    // Where its model failed, it reports zeros.
    if (tokens !== undefined && usage?.cost?.total !== undefined)
      this.#costUsd = (this.#costUsd ?? 0) + usage.cost.total;
    const events = content.flatMap((value) => blockEvents(value));
    const texts = events.filter((event) => event.type === 'message' && event.role === 'assistant');
    if (texts.length > 0)
      this.#answer = answerTail(texts.map((event) => ('text' in event ? event.text : '')).join(''));
    return [...events, ...usageEvents(this.#usage())];
  }

  #usage() {
    return usageOf({ tokens: this.#tokens, costUsd: this.#costUsd, model: this.#model });
  }
}

function blockEvents(value: unknown): readonly AgentEvent[] {
  const read = block.safeParse(value);
  if (!read.success) return [rawPart(value)];
  const { data } = read;
  switch (data.type) {
    case 'text':
      return [{ type: 'message', role: 'assistant', text: data.text }];
    case 'thinking':
      return [{ type: 'message', role: 'thought', text: data.thinking }];
    case 'toolCall':
      return [];
  }
}
