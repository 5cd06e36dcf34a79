import type { TranscriptItem } from '../../protocol/transcript.ts';
import * as z from 'zod';
import { imageBlocks, imagesOf, outputText, shownPictures, type LineOfItems } from '../contentBlocks.ts';
import type { RecordAt, TranscriptFormat } from '../jsonl/transcript.ts';
import { piImages, piItems } from '../pi/items.ts';
import { parsePiRecord, type PiRecord } from '../pi/schema.ts';

/*
 * OpenClaw is built on pi and keeps pi's entries. It adds `reset`, and puts into transcripts what it says to the model by
 * itself: `custom_message`, and messages whose role is `system`.
 */

const reset = z.object({ type: z.literal('reset'), reason: z.string().optional().catch(undefined) });
const customMessage = z.object({ type: z.literal('custom_message'), content: z.unknown() });
const systemMessage = z.object({
  type: z.literal('message'),
  message: z.object({ role: z.literal('system'), content: z.unknown() }),
});
const custom = z.object({ type: z.literal('custom'), customType: z.string().min(1).max(200) });

/** Said of entries whose type is `reset`. */
export const NEW_CONVERSATION = 'A new conversation begins: the agent no longer knows what is above.';
export const BEGUN_ANEW = 'The conversation begins anew: the agent no longer knows what is above.';

export const openclawFormat: TranscriptFormat<PiRecord> = {
  parse: parsePiRecord,
  items: openclawItems,
  images: openclawImages,
};

/** What a person reads of a page's lines or events, in their order. */
function openclawItems(records: readonly RecordAt<PiRecord>[]): TranscriptItem[] {
  return records.flatMap((at) => {
    const items = piItems([at]);
    if (at.record.known !== undefined) return items;
    return items.map((item) => (item.kind === 'other' ? ownItem(item, at.record.raw) : item));
  });
}

/** The pictures of an event, in their order. */
function openclawImages(record: PiRecord): unknown[] {
  if (record.known !== undefined) return piImages(record);
  const { raw } = record;
  return imageBlocks(
    customMessage.safeParse(raw).data?.content ?? systemMessage.safeParse(raw).data?.message.content,
  );
}

function ownItem(item: TranscriptItem & { readonly kind: 'other' }, raw: unknown): TranscriptItem {
  const { id, position, timestamp } = item;
  const line: LineOfItems = { id, position, timestamp };
  const anew = reset.safeParse(raw).data;
  if (anew !== undefined) {
    return {
      ...line,
      kind: 'note',
      severity: 'info',
      text: anew.reason === 'new' ? NEW_CONVERSATION : BEGUN_ANEW,
    };
  }
  const added = customMessage.safeParse(raw).data;
  if (added !== undefined) {
    return { ...line, kind: 'message', role: 'user', ...wordsOf(line, added.content), injected: true };
  }
  const system = systemMessage.safeParse(raw).data;
  if (system !== undefined) {
    return { ...line, kind: 'message', role: 'system', ...wordsOf(line, system.message.content) };
  }
  const named = custom.safeParse(raw).data;
  return named === undefined ? item : { ...item, type: named.customType };
}

function wordsOf(line: LineOfItems, content: unknown) {
  const pictures = shownPictures(imageBlocks(content));
  return { text: outputText(content, pictures), images: imagesOf(line, pictures.keys(), pictures) };
}
