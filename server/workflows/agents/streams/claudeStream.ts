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

/* `claude -p --output-format stream-json --verbose`. */

const usage = z
  .looseObject({
    input_tokens: count,
    output_tokens: count,
    cache_read_input_tokens: count,
    cache_creation_input_tokens: count,
  })
  .optional()
  .catch(undefined);

const line = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('system'), subtype: text, session_id: text, model: text }),
  z.looseObject({
    type: z.literal('assistant'),
    parent_tool_use_id: z.string().nullish().catch(undefined),
    message: z.looseObject({ id: text, model: text, content: z.array(z.unknown()), usage }),
  }),
  z.looseObject({
    type: z.literal('user'),
    message: z.looseObject({ content: z.union([z.string(), z.array(z.unknown())]) }),
  }),
  z.looseObject({
    type: z.literal('result'),
    subtype: text,
    is_error: flag,
    result: text,
    errors: z.array(z.unknown()).optional().catch(undefined),
    session_id: text,
    total_cost_usd: dollars,
    usage,
  }),
  // Pieces of a message that comes whole after them (`--include-partial-messages`).
  z.looseObject({ type: z.literal('stream_event') }),
]);

const block = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('text'), text: z.string() }),
  z.looseObject({ type: z.literal('thinking'), thinking: z.string() }),
  z.looseObject({ type: z.literal('redacted_thinking') }),
  z.looseObject({
    type: z.enum(['tool_use', 'server_tool_use', 'mcp_tool_use']),
    id: z.string(),
    name: z.string(),
    input: z.unknown().optional(),
  }),
  z.looseObject({
    type: z.literal('tool_result'),
    tool_use_id: z.string(),
    content: z.unknown().optional(),
    is_error: flag,
  }),
]);

type ClaudeLine<Type> = Extract<z.infer<typeof line>, { type: Type }>;

const LIMITS: Readonly<Record<string, string>> = {
  error_max_turns: 'The agent reached its limit of turns.',
  error_max_budget_usd: 'The agent reached its limit of cost.',
};

export class ClaudeDialect implements JsonDialect {
  readonly #calls = new OpenCalls();
  #answer: DialectEnd['answer'] = NO_ANSWER;
  #sessionHandle: string | undefined;
  #model: string | undefined;
  /** Of the messages before the last one, and of the last one: its lines repeat its usage. */
  #tokensBefore: Tokens | undefined;
  #last: { readonly id: string | undefined; readonly tokens: Tokens | undefined } | undefined;
  #result: ClaudeLine<'result'> | undefined;

  line(value: JsonObject): readonly AgentEvent[] | undefined {
    const read = line.safeParse(value);
    if (!read.success) return undefined;
    switch (read.data.type) {
      case 'system':
        return this.#system(read.data);
      case 'assistant':
        return this.#assistant(read.data);
      case 'user':
        return this.#user(read.data);
      case 'result':
        this.#result = read.data;
        this.#sessionHandle = read.data.session_id ?? this.#sessionHandle;
        return usageEvents(this.#usage());
      case 'stream_event':
        return [];
    }
  }

  end(): DialectEnd {
    const common = { answer: this.#answer, usage: this.#usage(), sessionHandle: this.#sessionHandle };
    const result = this.#result;
    if (result === undefined) return { ...common, outcome: undefined };
    const { subtype, is_error: isError, errors } = result;
    // A failed call of the model is told as `success` with `is_error`, and its message as the result.
    if (subtype === 'success' && isError !== true)
      return {
        ...common,
        outcome: 'success',
        answer: result.result === undefined ? this.#answer : answerTail(result.result),
      };
    const told = errors?.filter((error) => typeof error === 'string').join('; ');
    const message = result.result ?? (told === undefined || told === '' ? undefined : told);
    const limit = subtype === undefined ? undefined : LIMITS[subtype];
    if (limit !== undefined) return { ...common, outcome: 'limit', message: limit };
    return {
      ...common,
      outcome: 'error',
      message: message ?? `The agent ended with ${subtype ?? 'an error'}.`,
    };
  }

  #system({ subtype, session_id: session, model }: ClaudeLine<'system'>): readonly AgentEvent[] | undefined {
    if (subtype === 'compact_boundary')
      return [{ type: 'notice', text: 'The agent has summed up its context to make room.' }];
    if (subtype !== 'init') return undefined;
    this.#sessionHandle = session;
    this.#model = model;
    return usageEvents(this.#usage());
  }

  #assistant({
    parent_tool_use_id: parent,
    message: { id, model, content, usage },
  }: ClaudeLine<'assistant'>): readonly AgentEvent[] {
    const isOwn = parent === undefined || parent === null;
    if (isOwn && model !== undefined && model !== '<synthetic>') this.#model = model;
    const tokens = tokensOfUsage(usage);
    if (id === undefined || id !== this.#last?.id)
      this.#tokensBefore = addTokens(this.#tokensBefore, this.#last?.tokens);
    this.#last = { id, tokens };
    const events = content.flatMap((value) => this.#block(value, isOwn));
    return tokens === undefined ? events : [...events, ...usageEvents(this.#usage())];
  }

  #user({ message: { content } }: ClaudeLine<'user'>): readonly AgentEvent[] {
    // What it is told, by us or by itself; only what its tools give is news.
    if (typeof content === 'string') return [];
    return content.flatMap((value) => {
      const read = block.safeParse(value);
      return read.success && read.data.type === 'text' ? [] : this.#block(value, false);
    });
  }

  /** `isOwn`: not of an agent that this one has started, whose words are no answer. */
  #block(value: unknown, isOwn: boolean): readonly AgentEvent[] {
    const read = block.safeParse(value);
    if (!read.success) return [rawPart(value)];
    const { data } = read;
    switch (data.type) {
      case 'text':
        if (isOwn) this.#answer = answerTail(data.text);
        return [{ type: 'message', role: isOwn ? 'assistant' : 'thought', text: data.text }];
      case 'thinking':
        return [{ type: 'message', role: 'thought', text: data.thinking }];
      case 'redacted_thinking':
        return [];
      case 'tool_use':
      case 'server_tool_use':
      case 'mcp_tool_use':
        return [this.#calls.begin(data.id, data.name, data.input ?? null)];
      case 'tool_result':
        return [this.#calls.end(data.tool_use_id, { output: data.content, isError: data.is_error === true })];
    }
  }

  #usage() {
    return usageOf({
      tokens: tokensOfUsage(this.#result?.usage) ?? addTokens(this.#tokensBefore, this.#last?.tokens),
      costUsd: this.#result?.total_cost_usd,
      model: this.#model,
    });
  }
}

function tokensOfUsage(reported: z.infer<typeof usage>): Tokens | undefined {
  return tokensOf({
    input: reported?.input_tokens,
    output: reported?.output_tokens,
    cacheRead: reported?.cache_read_input_tokens,
    cacheWrite: reported?.cache_creation_input_tokens,
  });
}
