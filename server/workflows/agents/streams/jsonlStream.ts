import * as z from 'zod';
import type { AgentEvent, AgentUsage } from '../agent.ts';
import { answerTail } from './answerTail.ts';
import type { StreamEnd, StreamOutcome, StreamReader } from './streamReader.ts';

const count = z.int().nonnegative();
const usage = z.object({
  tokens: z
    .object({
      total: count,
      input: count.exactOptional(),
      output: count.exactOptional(),
      cacheRead: count.exactOptional(),
      cacheWrite: count.exactOptional(),
    })
    .exactOptional(),
  costUsd: z.number().nonnegative().exactOptional(),
  model: z.string().exactOptional(),
});

/** The lines that an agent can print which was written for Lockstep. Other keys are let be. */
export const jsonlLine = z.discriminatedUnion('type', [
  z
    .object({
      type: z.literal('message'),
      role: z.enum(['assistant', 'thought']).default('assistant'),
      text: z.string(),
    })
    .describe('what the agent says; the last one of the assistant is its answer'),
  z
    .object({
      type: z.literal('toolCall'),
      callId: z.string(),
      name: z.string(),
      input: z.unknown().default(null),
      status: z.enum(['begun', 'done', 'failed']),
      output: z.unknown().exactOptional(),
    })
    .describe('a tool that the agent uses; a line when it begins and one when it is through'),
  usage.extend({ type: z.literal('usage') }).describe('what the iteration took so far: the last one counts'),
  z.object({ type: z.literal('notice'), text: z.string() }).describe('a remark'),
  z
    .object({ type: z.literal('error'), message: z.string() })
    .describe('something failed; a later result decides'),
  z
    .object({
      type: z.literal('result'),
      outcome: z.enum(['success', 'error', 'limit']),
      message: z.string().exactOptional(),
      output: z.string().exactOptional(),
      sessionHandle: z.string().exactOptional(),
    })
    .describe('how the iteration ended; without one it has failed'),
]);
type JsonlLine = z.infer<typeof jsonlLine>;

/** `output: jsonl`: one JSON object a line, of `jsonlLine`. All else that the agent prints is shown as it is. */
export class JsonlStream implements StreamReader {
  #answer = answerTail('');
  #usage: AgentUsage | undefined;
  #error: string | undefined;
  #result: Extract<JsonlLine, { type: 'result' }> | undefined;

  lines(lines: readonly string[]): readonly AgentEvent[] {
    return lines.filter((line) => line.trim() !== '').map((line) => this.#line(line));
  }

  end({ rest }: StreamEnd): StreamOutcome {
    const events: readonly AgentEvent[] = rest === undefined ? [] : this.lines([rest]);
    const result = this.#result;
    const isHalf = rest !== undefined && parsed(rest) === undefined;
    const message =
      result?.message ??
      this.#error ??
      (isHalf
        ? 'Its output ends in the middle of a line, and no result came before.'
        : 'It ended without a result line, so its work cannot be taken for done.');
    return {
      ...(result?.output === undefined ? this.#answer : answerTail(result.output)),
      outcome: result?.outcome ?? 'error',
      ...(result?.outcome === 'success' ? {} : { message }),
      ...(this.#usage ? { usage: this.#usage } : {}),
      ...(result?.sessionHandle === undefined ? {} : { sessionHandle: result.sessionHandle }),
      events,
    };
  }

  #line(text: string): AgentEvent {
    const line = jsonlLine.safeParse(parsed(text));
    if (!line.success) return { type: 'raw', stream: 'stdout', text };
    const { data } = line;
    switch (data.type) {
      case 'message':
        if (data.role === 'assistant') this.#answer = answerTail(data.text);
        return data;
      case 'usage': {
        const { type: _, ...said } = data;
        this.#usage = said;
        return data;
      }
      case 'toolCall':
      case 'notice':
        return data;
      case 'error':
        this.#error = data.message;
        // An error after a result takes the success back.
        if (this.#result?.outcome === 'success') this.#result = undefined;
        return { type: 'notice', text: data.message };
      case 'result':
        this.#result = data;
        return { type: 'notice', text: data.message ?? `The agent says: ${data.outcome}.` };
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
