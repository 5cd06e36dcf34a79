import * as z from 'zod';
import type { JsonObject } from '../../../protocol/json.ts';
import type { AgentEvent, AgentUsage } from '../agent.ts';
import { AnswerText } from './answerText.ts';
import { errorWords } from './errorWords.ts';
import { MessagePieces } from './messagePieces.ts';
import { usageEvents, usageOf, type DialectEnd, type JsonDialect } from './jsonDialect.ts';
import { OpenCalls } from './openCalls.ts';
import { count, text, tokensOf } from './reported.ts';

/* `gemini --output-format stream-json`: packages/core/src/output/types.ts of google-gemini/gemini-cli. */

const error = z.looseObject({ type: text, message: z.string() });

const line = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('init'), session_id: text, model: text }),
  z.looseObject({
    type: z.literal('message'),
    role: z.enum(['user', 'assistant']),
    content: z.string(),
    delta: z.boolean().optional().catch(undefined),
  }),
  z.looseObject({
    type: z.literal('tool_use'),
    tool_name: z.string(),
    tool_id: z.string(),
    parameters: z.unknown().optional(),
  }),
  z.looseObject({
    type: z.literal('tool_result'),
    tool_id: z.string(),
    status: z.enum(['success', 'error']),
    output: z.unknown().optional(),
    error: error.optional().catch(undefined),
  }),
  z.looseObject({ type: z.literal('error'), severity: text, message: z.string() }),
  z.looseObject({
    type: z.literal('result'),
    status: z.enum(['success', 'error']),
    error: error.optional().catch(undefined),
    stats: z
      .looseObject({ total_tokens: count, input_tokens: count, output_tokens: count, cached: count })
      .optional()
      .catch(undefined),
  }),
]);
type GeminiLine<Type> = Extract<z.infer<typeof line>, { type: Type }>;

/** `model.maxSessionTurns` is reached: as an error's type, and as an exit code where no result was written. */
const TURN_LIMIT = 'FatalTurnLimitedError';
const TURN_LIMIT_CODE = 53;

export class GeminiDialect implements JsonDialect {
  readonly #calls = new OpenCalls();
  readonly #pieces = new MessagePieces();
  #answer = new AnswerText();
  #sessionHandle: string | undefined;
  #model: string | undefined;
  #usage: AgentUsage | undefined;
  #error: string | undefined;
  #result: GeminiLine<'result'> | undefined;

  line(value: JsonObject): readonly AgentEvent[] | undefined {
    const read = line.safeParse(value);
    if (!read.success) return undefined;
    const { data } = read;
    if (data.type === 'message') return this.#message(data);
    return [...this.#pieces.end(), ...this.#other(data)];
  }

  end(code: number | undefined): DialectEnd {
    const common = {
      answer: this.#answer.tail(),
      usage: this.#usage,
      sessionHandle: this.#sessionHandle,
      events: this.#pieces.end(),
    };
    const said = this.#result?.error?.message ?? this.#error;
    const message = said === undefined ? undefined : errorWords(said);
    if (this.#result?.error?.type === TURN_LIMIT || code === TURN_LIMIT_CODE)
      return { ...common, outcome: 'limit', message: message ?? 'The agent reached its limit of turns.' };
    return { ...common, outcome: this.#result?.status, message };
  }

  #message({ role, content, delta }: GeminiLine<'message'>): readonly AgentEvent[] {
    // The prompt, repeated.
    if (role === 'user') return [];
    const before = delta === true ? [] : this.#pieces.end();
    if (!this.#pieces.isOpen) this.#answer = new AnswerText();
    this.#answer.add(content);
    return [
      ...before,
      ...this.#pieces.add('assistant', content),
      ...(delta === true ? [] : this.#pieces.end()),
    ];
  }

  #other(data: Exclude<z.infer<typeof line>, { type: 'message' }>): readonly AgentEvent[] {
    switch (data.type) {
      case 'init':
        this.#sessionHandle = data.session_id;
        this.#model = data.model;
        this.#usage = usageOf({ tokens: undefined, costUsd: undefined, model: this.#model });
        return usageEvents(this.#usage);
      case 'tool_use':
        return [this.#calls.begin(data.tool_id, data.tool_name, data.parameters ?? null)];
      case 'tool_result': {
        const output = data.output ?? data.error?.message;
        return [this.#calls.end(data.tool_id, { output, isError: data.status === 'error' })];
      }
      case 'error':
        this.#error = data.message;
        return [{ type: 'notice', text: data.message }];
      case 'result': {
        this.#result = data;
        const {
          total_tokens: total,
          input_tokens: input = 0,
          output_tokens: output,
          cached = 0,
        } = data.stats ?? {};
        // Its input counts what came from the cache too.
        const parts = tokensOf({ input: Math.max(0, input - cached), cacheRead: cached, output });
        const tokens = total === undefined || total === 0 ? parts : { ...parts, total };
        this.#usage = usageOf({ tokens, costUsd: undefined, model: this.#model });
        return usageEvents(this.#usage);
      }
    }
  }
}
