import * as z from 'zod';
import type { SessionEvent } from '../protocol/event.ts';
import { eventType } from '../protocol/event.ts';
import { isPlainObject, MAX_JSON_BYTES, type JsonObject } from '../protocol/json.ts';
import { usage as usageSchema } from '../protocol/sessionHistoryMethods.ts';
import { mayBeDeep } from './bounds.ts';
import { eventTypeFrom, type MigratedEvent } from './newSession.ts';
import { timeFrom } from './times.ts';

/*
 * Lines of a transcript in pi's format v3, as OpenClaw's file era keeps them, and events. A line becomes one event, which
 * keeps what of the line has no place of its own; by that the line can be made again.
 */

/** In the data of an event that was a line. */
const LINE = 'openclaw';
/** The custom line that holds a session of Lockstep, and the one that holds an event which has no other form. */
export const SESSION_LINE = 'lockstep.session';
const EVENT_LINE = 'lockstep.event';

/** How the content was written that an event's own text stands for. */
type Form = 'text' | 'block';

interface Call {
  readonly name: string;
  readonly input: unknown;
}

/** The tool calls of the lines before: a result does not repeat what was asked. */
export type Calls = Map<string, Call>;

const ownLine = z.object({
  type: eventType,
  /** Of the event, where it is not that of the line. */
  timestamp: z.string().optional(),
  data: z.custom<JsonObject>(isPlainObject),
  /** The field of the data that the text of the message is. */
  text: z.enum(['content', 'output']).optional(),
});

export interface LineReading {
  /** Undefined for a line that belongs to the next one. */
  readonly event: MigratedEvent | undefined;
  /** Whether the line says itself what event it is. */
  readonly isOwn: boolean;
}

/** The event of a line. Whoever reads the next one has to note the calls of this one. */
export function eventFromLine(line: JsonObject, text: string, calls: Calls): LineReading {
  const mark =
    line['type'] === 'custom' && line['customType'] === EVENT_LINE ? line['data'] : line['lockstep'];
  if (isPlainObject(mark)) {
    if (mark['part'] === true) return { event: undefined, isOwn: true };
    const own = ownLine.safeParse(mark);
    if (own.success) {
      const { type, data, text: field, timestamp = timeFrom(line['timestamp']) } = own.data;
      const whole = field === undefined ? data : { ...data, [field]: textOf(line) };
      return { event: { timestamp, type, data: whole }, isOwn: true };
    }
  }
  return { event: foreignEvent(line, text, calls), isOwn: false };
}

/** What a line without an event of Lockstep's is. `text` is kept where parsing it has changed a number. */
function foreignEvent(line: JsonObject, text: string, calls: Calls): MigratedEvent {
  const type = typeof line['type'] === 'string' ? line['type'] : 'unknown';
  const message = isPlainObject(line['message']) ? line['message'] : undefined;
  const timestamp = timeFrom(line['timestamp']) ?? timeFrom(message?.['timestamp']);
  const isExact = !/\d{16,}/.test(text) || JSON.stringify(line) === text;
  const whole = isExact ? { line } : { text };
  const isSmall = !mayBeLarge(text);
  if (type === 'compaction' || type === 'branch_summary') {
    const { summary, ...rest } = line;
    return typeof summary === 'string'
      ? { timestamp, type: 'summary', data: { summary, [LINE]: isExact ? { line: rest } : whole } }
      : { timestamp, type: eventTypeFrom(LINE, type), data: { [LINE]: whole } };
  }
  if (type !== 'message' || message === undefined)
    return { timestamp, type: eventTypeFrom(LINE, type), data: { [LINE]: whole }, isSmall };
  const { content, ...others } = message;
  const { role } = message;
  const form = formOf(content);
  const kept = isExact && form !== undefined ? { line: { ...line, message: others }, form } : whole;
  if (role === 'user' || role === 'assistant' || role === 'system') {
    const usage = usageOf(message);
    return {
      timestamp,
      type: 'message',
      data: {
        role,
        content: textOf(line),
        ...(usage === undefined ? {} : { usage }),
        metadata: { [LINE]: kept },
      },
      isSmall,
    };
  }
  const callId = message['toolCallId'];
  if (role === 'toolResult' && typeof callId === 'string') {
    const call = calls.get(callId);
    const said = message['toolName'];
    return {
      timestamp,
      type: 'tool_call',
      data: {
        name: (typeof said === 'string' && said !== '' ? said : call?.name) ?? 'tool',
        input: call?.input ?? {},
        output: textOf(line),
        callId,
        ...(message['isError'] === true ? { isError: true } : {}),
        metadata: { [LINE]: kept },
      },
    };
  }
  return { timestamp, type: eventTypeFrom(LINE, 'message'), data: { [LINE]: whole } };
}

/** Whether the event of a line may be more than the store takes; a call's input, which it repeats, is no part of it. */
function mayBeLarge(text: string): boolean {
  return text.length > MAX_JSON_BYTES / 8 || mayBeDeep(text);
}

/** The line that an event was, to the letter of its values; undefined where it was none, or is another by now. */
function lineThatWas(event: SessionEvent, calls: Calls): string | undefined {
  const { data } = event;
  const holder = isPlainObject(data['metadata']) ? data['metadata'] : data;
  const kept = holder[LINE] ?? data[LINE];
  if (!isPlainObject(kept)) return undefined;
  const text = typeof kept['text'] === 'string' ? kept['text'] : rebuilt(kept, data);
  if (text === undefined) return undefined;
  const line = objectOf(text);
  if (line === undefined) return undefined;
  const { event: again, isOwn } = eventFromLine(line, text, calls);
  const { timestamp, type } = event;
  if (isOwn || again?.type !== type || (again.timestamp ?? timestamp) !== timestamp) return undefined;
  if (JSON.stringify(again.data) !== JSON.stringify(data)) return undefined;
  noteCalls(line, calls);
  return text;
}

function rebuilt(kept: JsonObject, data: JsonObject): string | undefined {
  const { line, form } = kept;
  if (!isPlainObject(line)) return undefined;
  if (line['type'] === 'compaction' || line['type'] === 'branch_summary')
    return JSON.stringify(typeof data['summary'] === 'string' ? { ...line, summary: data['summary'] } : line);
  if (form === undefined) return JSON.stringify(line);
  const words = data['content'] ?? data['output'];
  const content = form === 'text' ? words : [{ type: 'text', text: words }];
  return JSON.stringify({
    ...line,
    message: { ...(isPlainObject(line['message']) ? line['message'] : {}), content },
  });
}

/** Makes the lines of a history, each with an id of its own that follows the line before. */
export class LineWriter {
  readonly #calls: Calls = new Map();
  readonly #ids = new Set<string>();
  #number = 0;
  #before: string | null = null;

  /** A line that is no event. */
  custom(customType: string, timestamp: string, data: unknown): string {
    return this.#line({ type: 'custom', timestamp, customType, data });
  }

  *event(event: SessionEvent): Generator<string> {
    const line = lineThatWas(event, this.#calls);
    const id = line === undefined ? undefined : objectOf(line)?.['id'];
    if (line !== undefined) {
      if (typeof id === 'string') {
        this.#ids.add(id);
        this.#before = id;
      }
      yield line;
      return;
    }
    yield* this.#own(event);
  }

  *#own(event: SessionEvent): Generator<string> {
    const { timestamp, type, data } = event;
    const at = Date.parse(timestamp);
    if (type === 'message' && typeof data['content'] === 'string' && isRole(data['role'])) {
      const { content } = data;
      const message = {
        role: data['role'],
        content: [{ type: 'text', text: content }],
        ...answerOf(data),
        timestamp: at,
      };
      yield this.#line({
        type: 'message',
        timestamp,
        message,
        lockstep: { type, text: 'content', data: { ...data, content: null } },
      });
      return;
    }
    if (type === 'tool_call' && typeof data['name'] === 'string') {
      const { name, input, output } = data;
      const callId = typeof data['callId'] === 'string' ? data['callId'] : `lockstep-${event.seq}`;
      const call = {
        type: 'toolCall',
        id: callId,
        name,
        arguments: isPlainObject(input) ? input : { input },
      };
      yield this.#line({
        type: 'message',
        timestamp,
        message: {
          role: 'assistant',
          content: [call],
          ...answerOf({}),
          stopReason: 'toolUse',
          timestamp: at,
        },
        lockstep: { part: true },
      });
      const isText = typeof output === 'string';
      yield this.#line({
        type: 'message',
        timestamp,
        message: {
          role: 'toolResult',
          toolCallId: callId,
          toolName: name,
          content: [{ type: 'text', text: isText ? output : (JSON.stringify(output) ?? '') }],
          isError: data['isError'] === true,
          timestamp: at,
        },
        lockstep: isText ? { type, text: 'output', data: { ...data, output: null } } : { type, data },
      });
      return;
    }
    yield this.custom(EVENT_LINE, timestamp, { type, timestamp, data });
  }

  #line({
    type,
    timestamp,
    ...rest
  }: JsonObject & { readonly type: string; readonly timestamp: string }): string {
    let id: string;
    do id = (++this.#number).toString(16).padStart(8, '0');
    while (this.#ids.has(id));
    this.#ids.add(id);
    const parentId = this.#before;
    this.#before = id;
    return JSON.stringify({ type, id, parentId, timestamp, ...rest });
  }
}

function isRole(role: unknown): boolean {
  return role === 'user' || role === 'assistant' || role === 'system';
}

/** What pi has in every answer of a model. */
function answerOf(data: JsonObject): JsonObject {
  if (data['role'] === 'user' || data['role'] === 'system') return {};
  const usage = usageSchema.safeParse(data['usage']).data;
  const { input = 0, output = 0, cacheRead = 0, cacheWrite = 0, costUsd = 0 } = usage ?? {};
  return {
    api: 'lockstep',
    provider: usage?.provider ?? 'lockstep',
    model: usage?.model ?? 'unknown',
    usage: {
      input,
      output,
      cacheRead,
      cacheWrite,
      totalTokens: input + output + cacheRead + cacheWrite,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: costUsd },
    },
    stopReason: 'stop',
  };
}

function usageOf(message: JsonObject): z.output<typeof usageSchema> | undefined {
  const { usage, model, provider } = message;
  if (!isPlainObject(usage)) return undefined;
  const cost = isPlainObject(usage['cost']) ? usage['cost']['total'] : undefined;
  const count = (value: unknown) => (typeof value === 'number' && value > 0 ? Math.floor(value) : 0);
  return usageSchema.safeParse({
    input: count(usage['input']),
    output: count(usage['output']),
    cacheRead: count(usage['cacheRead']),
    cacheWrite: count(usage['cacheWrite']),
    ...(typeof cost === 'number' && cost >= 0 ? { costUsd: cost } : {}),
    ...(typeof model === 'string' && model !== '' ? { model } : {}),
    ...(typeof provider === 'string' && provider !== '' ? { provider } : {}),
  }).data;
}

/** The words of a message, joined where it has several parts with some. */
function textOf(line: JsonObject): string {
  const content = isPlainObject(line['message']) ? line['message']['content'] : undefined;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .flatMap((part: unknown) =>
      isPlainObject(part) && part['type'] === 'text' && typeof part['text'] === 'string'
        ? [part['text']]
        : [],
    )
    .join('\n');
}

function formOf(content: unknown): Form | undefined {
  if (typeof content === 'string') return 'text';
  if (!Array.isArray(content) || content.length !== 1) return undefined;
  const part: unknown = content[0];
  const isText = isPlainObject(part) && part['type'] === 'text' && typeof part['text'] === 'string';
  return isText && Object.keys(part).length === 2 ? 'block' : undefined;
}

/** Of an answer that is no line of Lockstep's own. */
export function noteCalls(line: JsonObject, calls: Calls): void {
  const content = isPlainObject(line['message']) ? line['message']['content'] : undefined;
  if (!Array.isArray(content)) return;
  for (const part of content as readonly unknown[]) {
    if (!isPlainObject(part) || part['type'] !== 'toolCall') continue;
    const { id, name, arguments: input } = part;
    if (typeof id === 'string' && typeof name === 'string') calls.set(id, { name, input: input ?? {} });
  }
}

/** Undefined for what is no object of JSON. */
export function objectOf(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
