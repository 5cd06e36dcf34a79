import * as z from 'zod';
import { isoTime, tokens } from './session.ts';

/** Where `transcripts.text` finds a text of which an item holds only the beginning. */
export const cutText = z.strictObject({
  position: z.int().min(0).describe('of the record that holds it'),
  id: z.string().describe('of the item that the record makes'),
  part: z.enum(['text', 'input', 'output', 'data']),
  characters: z.int().min(0).describe('of the whole text'),
});
export type CutText = z.infer<typeof cutText>;

/** Where `transcripts.image` finds a picture; the transcript itself carries none. */
export const transcriptImage = z.strictObject({
  position: z.int().min(0).describe('of the record that holds it'),
  index: z.int().min(0).describe('0.. within the record'),
});
export type TranscriptImage = z.infer<typeof transcriptImage>;

const images = z.array(transcriptImage).optional();

export const toolResult = z.strictObject({
  output: z.string().describe('as text; JSON where the tool answered with an object'),
  outputCut: cutText.optional(),
  isError: z.boolean(),
  exitCode: z.int().optional().describe('of a command, where it was recorded'),
  durationMs: z
    .number()
    .min(0)
    .optional()
    .describe('as recorded, else from the call to its result where both have a time'),
  images,
  record: z
    .strictObject({ id: z.string(), position: z.int().min(0), timestamp: isoTime.optional() })
    .optional()
    .describe('of a result that was put into its call: the item and the record that it came from'),
});
export type ToolResult = z.infer<typeof toolResult>;

/**
 * The transcript model: what a person reads, whichever agent wrote it. An item's `position` orders it within
 * its transcript and is where paging can go on: the event's `seq` for Lockstep's own sessions, the byte offset
 * of its line for files. `id` is stable over re-reads; an item whose id was seen before replaces that one.
 */
const base = {
  id: z.string(),
  position: z.int().min(0),
  timestamp: isoTime.optional(),
  cut: cutText.optional().describe('present where the text, the input or the data is only a beginning'),
};

export const transcriptItem = z.discriminatedUnion('kind', [
  z.strictObject({
    ...base,
    kind: z.literal('message'),
    role: z.enum(['user', 'assistant', 'system']),
    text: z.string(),
    images,
    model: z.string().optional(),
    tokens: tokens.optional(),
    costUsd: z.number().min(0).optional(),
    injected: z.boolean().optional().describe('written by the agent program, not by the person'),
  }),
  z.strictObject({ ...base, kind: z.literal('thinking'), text: z.string() }),
  z.strictObject({
    ...base,
    kind: z.literal('tool_call'),
    callId: z.string().optional(),
    name: z.string(),
    input: z.unknown().optional().describe('the arguments, as JSON'),
    result: toolResult
      .optional()
      .describe('absent while the tool runs, or where its result is on another page'),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('tool_result'),
    callId: z.string().describe('of a call on an earlier page'),
    result: toolResult,
  }),
  z.strictObject({
    ...base,
    kind: z.literal('iteration'),
    phase: z.enum(['begin', 'end']),
    number: z.int().min(1).optional().describe('1.. within the session, where the page knows it'),
    text: z.string().optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('lifecycle'),
    event: z.enum(['start', 'pause', 'resume', 'complete', 'error', 'timeout', 'update']),
    text: z.string().optional(),
  }),
  z.strictObject({ ...base, kind: z.literal('summary'), text: z.string() }),
  z.strictObject({
    ...base,
    kind: z.literal('compaction'),
    text: z.string().optional(),
    tokensBefore: z.int().min(0).optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('learning'),
    insight: z.string(),
    expertiseFile: z.string().optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('model_change'),
    model: z.string(),
    provider: z.string().optional(),
  }),
  z.strictObject({ ...base, kind: z.literal('other'), type: z.string(), data: z.unknown().optional() }),
  z.strictObject({
    ...base,
    kind: z.literal('note'),
    severity: z.enum(['info', 'warning']),
    text: z.string(),
    line: z.int().min(1).optional().describe('line number in the file, where it was counted'),
  }),
]);
export type TranscriptItem = z.infer<typeof transcriptItem>;
export type TranscriptItemOf<K extends TranscriptItem['kind']> = Extract<TranscriptItem, { kind: K }>;

export const itemKind = z.enum([
  'message',
  'thinking',
  'tool_call',
  'tool_result',
  'iteration',
  'lifecycle',
  'summary',
  'compaction',
  'learning',
  'model_change',
  'other',
  'note',
] satisfies TranscriptItem['kind'][]);

/** A run of whole records of one transcript: those at `start <= position < end`. */
export const transcriptPage = z.strictObject({
  items: z.array(transcriptItem),
  start: z.int().min(0),
  end: z.int().min(0).describe('where the next page begins; equal to `start` where there is nothing'),
  atStart: z.boolean(),
  atEnd: z.boolean(),
  size: z.int().min(0).describe('where the transcript ends, as far as it was when the page was read'),
  generation: z
    .string()
    .describe('changes when the transcript was replaced: positions of another one mean nothing'),
});
export type TranscriptPage = z.infer<typeof transcriptPage>;

/**
 * Puts each tool result into its call, where both are in `items`, and applies later items to earlier ones of the
 * same id. The order is that of first appearance, and so are the positions: they never go down along the list of
 * items that came in the order of theirs. Pure; the server does it for a page, a reader for all it has.
 */
export function mergeItems(items: readonly TranscriptItem[]): TranscriptItem[] {
  const merged: TranscriptItem[] = [];
  const indexOfId = new Map<string, number>();
  const indexOfCall = new Map<string, number>();
  for (const item of items) {
    if (item.kind === 'tool_result') {
      const callIndex = indexOfCall.get(item.callId);
      const call = callIndex === undefined ? undefined : merged[callIndex];
      if (callIndex !== undefined && call?.kind === 'tool_call') {
        merged[callIndex] = { ...call, result: resultIn(call, item) };
        continue;
      }
    }
    const seen = indexOfId.get(item.id);
    const index = seen ?? merged.length;
    const earlier = seen === undefined ? undefined : merged[seen];
    merged[index] = earlier === undefined ? item : replaced(earlier, item);
    indexOfId.set(item.id, index);
    if (item.kind === 'tool_call' && item.callId !== undefined) indexOfCall.set(item.callId, index);
  }
  return merged;
}

function replaced(earlier: TranscriptItem, item: TranscriptItem): TranscriptItem {
  const placed = { ...item, position: earlier.position };
  if (placed.kind !== 'tool_call' || earlier.kind !== 'tool_call' || earlier.result === undefined)
    return placed;
  // A call that is read again comes without the result that was found for it.
  const result = placed.result === undefined ? earlier.result : inPlaceOf(earlier.result, placed.result);
  return { ...placed, result };
}

function resultIn(call: TranscriptItemOf<'tool_call'>, item: TranscriptItemOf<'tool_result'>): ToolResult {
  const { result, id, position, timestamp } = item;
  const lasted =
    call.timestamp === undefined || timestamp === undefined
      ? undefined
      : Date.parse(timestamp) - Date.parse(call.timestamp);
  const durationMs = result.durationMs ?? (lasted !== undefined && lasted >= 0 ? lasted : undefined);
  const record = { id, position, ...(timestamp === undefined ? {} : { timestamp }) };
  return inPlaceOf(call.result, {
    ...result,
    ...(durationMs === undefined ? {} : { durationMs }),
    record,
  });
}

/** A result that is rewritten stays where it was, as any item does. */
function inPlaceOf(earlier: ToolResult | undefined, result: ToolResult): ToolResult {
  if (earlier?.record === undefined || earlier.record.id !== result.record?.id) return result;
  return { ...result, record: { ...result.record, position: earlier.record.position } };
}
