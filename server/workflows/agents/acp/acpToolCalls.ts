import * as z from 'zod';
import type { AgentEvent } from '../agent.ts';
import { text } from '../streams/reported.ts';

export const toolCallUpdate = z.looseObject({
  toolCallId: z.string(),
  title: text,
  name: text,
  kind: text,
  status: text,
  content: z.array(z.unknown()).nullish().catch(undefined),
  rawInput: z.unknown().optional(),
  rawOutput: z.unknown().optional(),
});
type ToolCallUpdate = z.infer<typeof toolCallUpdate>;

interface KnownCall {
  readonly name: string;
  readonly input: unknown;
  readonly output: unknown;
}

/** An agent can begin calls and never end them: so many are remembered, and the oldest is forgotten first. */
const MAX_OPEN = 1_000;

const textBlock = z.looseObject({
  type: z.literal('content'),
  content: z.looseObject({ type: z.literal('text'), text: z.string() }),
});

/** Tool calls by their id. An update says what has changed of a call; an event says all of it. */
export class AcpToolCalls {
  readonly #open = new Map<string, KnownCall>();

  take(update: ToolCallUpdate): readonly AgentEvent[] {
    const { toolCallId: callId, status } = update;
    const before = this.#open.get(callId);
    const call = merged(before, update);
    const isEnd = status === 'completed' || status === 'failed';
    if (isEnd) this.#open.delete(callId);
    else this.#remember(callId, call);
    const { name, input, output } = call;
    const events: AgentEvent[] = [];
    if (!before && !isEnd) events.push({ type: 'toolCall', callId, name, input, status: 'begun' });
    if (isEnd)
      events.push({
        type: 'toolCall',
        callId,
        name,
        input,
        status: status === 'completed' ? 'done' : 'failed',
        output,
      });
    return events;
  }

  #remember(callId: string, call: KnownCall): void {
    const [oldest] = this.#open.keys();
    if (oldest !== undefined && this.#open.size >= MAX_OPEN && !this.#open.has(callId))
      this.#open.delete(oldest);
    this.#open.set(callId, call);
  }
}

function merged(before: KnownCall | undefined, update: ToolCallUpdate): KnownCall {
  return {
    name: before?.name ?? update.name ?? update.title ?? update.kind ?? 'tool',
    input: update.rawInput ?? before?.input ?? null,
    output: update.rawOutput ?? contentOf(update.content) ?? before?.output ?? null,
  };
}

/** A call's content: its text where it is nothing but text. */
function contentOf(content: ToolCallUpdate['content']): unknown {
  if (content === undefined || content === null || content.length === 0) return undefined;
  const texts = content.map((part) => textBlock.safeParse(part).data?.content.text);
  return texts.every((part) => part !== undefined) ? texts.join('\n') : content;
}
