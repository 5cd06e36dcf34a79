import * as z from 'zod';
import type { JsonObject } from '../../../protocol/json.ts';
import type { AgentEvent, AgentUsage } from '../agent.ts';
import { answerTail } from './answerTail.ts';
import { errorWords } from './errorWords.ts';
import { NO_ANSWER, usageEvents, usageOf, type DialectEnd, type JsonDialect } from './jsonDialect.ts';
import { OpenCalls } from './openCalls.ts';
import { count, tokensOf } from './reported.ts';

/* `codex exec --json`. */

const line = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('thread.started'), thread_id: z.string() }),
  z.looseObject({ type: z.literal('turn.started') }),
  z.looseObject({
    type: z.enum(['item.started', 'item.updated', 'item.completed']),
    item: z.looseObject({ id: z.string(), type: z.string() }),
  }),
  z.looseObject({
    type: z.literal('turn.completed'),
    usage: z
      .looseObject({ input_tokens: count, cached_input_tokens: count, output_tokens: count })
      .optional()
      .catch(undefined),
  }),
  z.looseObject({ type: z.literal('turn.failed'), error: z.looseObject({ message: z.string() }) }),
  z.looseObject({ type: z.literal('error'), message: z.string() }),
]);
type Item = Extract<z.infer<typeof line>, { item: unknown }>['item'];
type Stage = Extract<z.infer<typeof line>, { item: unknown }>['type'];

const textItem = z.looseObject({ text: z.string() });
const messageItem = z.looseObject({ message: z.string() });
const todoItem = z.looseObject({
  items: z.array(z.looseObject({ text: z.string(), completed: z.boolean().optional() })),
});

/** A model's limit of an answer's length: the stream has no other sign of it than these words of the error. */
const LENGTH_LIMIT = /\bmax_output_tokens\b/;

/** What an item has at its end only. */
const OUTPUTS: ReadonlySet<string> = new Set(['aggregated_output', 'exit_code', 'result', 'error']);

export class CodexDialect implements JsonDialect {
  readonly #calls = new OpenCalls();
  #answer: DialectEnd['answer'] = NO_ANSWER;
  #sessionHandle: string | undefined;
  #usage: AgentUsage | undefined;
  #outcome: DialectEnd['outcome'];
  #error: string | undefined;

  line(value: JsonObject): readonly AgentEvent[] | undefined {
    const read = line.safeParse(value);
    if (!read.success) return undefined;
    const { data } = read;
    switch (data.type) {
      case 'thread.started':
        this.#sessionHandle = data.thread_id;
        return [];
      case 'turn.started':
        this.#outcome = undefined;
        return [];
      case 'item.started':
      case 'item.updated':
      case 'item.completed':
        return this.#item(data.item, data.type);
      case 'turn.completed': {
        this.#outcome = 'success';
        const {
          input_tokens: input = 0,
          cached_input_tokens: cacheRead = 0,
          output_tokens: output,
        } = data.usage ?? {};
        // Its input counts what came from the cache too. Later ones are totals, so the last one counts.
        const tokens = tokensOf({ input: Math.max(0, input - cacheRead), cacheRead, output });
        this.#usage = usageOf({ tokens, costUsd: undefined, model: undefined }) ?? this.#usage;
        return usageEvents(this.#usage);
      }
      case 'turn.failed':
        return this.#failed(data.error.message);
      case 'error':
        return this.#failed(data.message);
    }
  }

  end(): DialectEnd {
    return {
      outcome: this.#outcome,
      message: this.#error,
      answer: this.#answer,
      usage: this.#usage,
      sessionHandle: this.#sessionHandle,
    };
  }

  /** Not for good: it tells each try to reconnect as an error, and a turn that is completed later is a success. */
  #failed(said: string): readonly AgentEvent[] {
    const message = errorWords(said);
    const isNews = message !== this.#error;
    this.#outcome = LENGTH_LIMIT.test(message) ? 'limit' : 'error';
    this.#error = message;
    return isNews ? [{ type: 'notice', text: message }] : [];
  }

  #item(item: Item, stage: Stage): readonly AgentEvent[] | undefined {
    const isEnd = stage === 'item.completed';
    switch (item.type) {
      case 'agent_message':
      case 'reasoning': {
        const read = textItem.safeParse(item);
        if (!read.success) return undefined;
        // Until it is completed, the text is not whole.
        if (!isEnd) return [];
        const { text } = read.data;
        const isAnswer = item.type === 'agent_message';
        if (isAnswer) this.#answer = answerTail(text);
        return [{ type: 'message', role: isAnswer ? 'assistant' : 'thought', text }];
      }
      case 'error': {
        const read = messageItem.safeParse(item);
        return read.success ? [{ type: 'notice', text: read.data.message }] : undefined;
      }
      case 'todo_list': {
        const read = todoItem.safeParse(item);
        if (!read.success) return undefined;
        const list = read.data.items.map(
          ({ text, completed }) => `[${completed === true ? 'x' : ' '}] ${text}`,
        );
        return isEnd ? [] : [{ type: 'notice', text: list.join('\n') }];
      }
      default:
        return this.#tool(item, stage);
    }
  }

  /** `command_execution`, `file_change`, `mcp_tool_call`, `web_search` and what there will be more. */
  #tool(item: Item, stage: Stage): readonly AgentEvent[] {
    const { id, type, status, ...said } = item;
    const input = Object.fromEntries(Object.entries(said).filter(([key]) => !OUTPUTS.has(key)));
    const tool = said['tool'];
    const name = type === 'mcp_tool_call' && typeof tool === 'string' ? tool : type;
    if (stage === 'item.started') return [this.#calls.begin(id, name, input)];
    if (stage === 'item.updated') return [];
    const exitCode = said['exit_code'];
    const isError =
      status === 'failed' || status === 'declined' || (typeof exitCode === 'number' && exitCode !== 0);
    const output = Object.fromEntries(Object.entries(said).filter(([key]) => OUTPUTS.has(key)));
    // Some items only ever end, and those that began know all of their input at the end alone.
    return [{ ...this.#calls.end(id, { output, isError }), name, input }];
  }
}
