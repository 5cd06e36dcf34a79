import * as z from 'zod';
import { isPlainObject } from '../protocol/json.ts';
import type { TranscriptImage, TranscriptItem } from '../protocol/transcript.ts';
import { isoTimeOf } from './values.ts';

/** The most parts of one message that are shown; a message has some ten. What is left out is said in a note. */
const MAX_BLOCKS = 1000;

/** What all items of one line have in common. */
export interface LineOfItems {
  /** Where the ids of the line's items begin. */
  readonly id: string;
  readonly position: number;
  readonly timestamp: string | undefined;
}

/** The content of a message: a string, or parts of which each agent has its own types. */
export type MessageContent = string | unknown[];

/** `own` is an empty or missing id where the line has none; its position then stands for it. */
export function lineOfItems(own: string | undefined, position: number, timestamp: unknown): LineOfItems {
  return {
    id: own === undefined || own === '' ? `@${position}` : own,
    position,
    timestamp: isoTimeOf(timestamp),
  };
}

export function partOf(line: LineOfItems, part: number | string): LineOfItems {
  return { ...line, id: `${line.id}:${part}` };
}

export function blocksOf(content: MessageContent): unknown[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content.slice(0, MAX_BLOCKS);
}

/** For the parts that {@link blocksOf} does not give. */
export function leftOutNote(line: LineOfItems, content: MessageContent): TranscriptItem[] {
  const leftOut = typeof content === 'string' ? 0 : content.length - MAX_BLOCKS;
  if (leftOut <= 0) return [];
  const text = `${leftOut} more parts of this message are not shown.`;
  return [{ ...partOf(line, 'more'), kind: 'note', severity: 'warning', text }];
}

/** The parts of a content that are pictures: only their places go into a transcript. */
export function imageBlocks(content: unknown): unknown[] {
  if (!Array.isArray(content)) return [];
  return content.slice(0, MAX_BLOCKS).filter((raw) => isPlainObject(raw) && raw['type'] === 'image');
}

/** Where the pictures among these parts are found; `all` are those of the whole record, which their index counts. */
export function imagesOf(
  { position }: LineOfItems,
  blocks: readonly unknown[],
  all: readonly unknown[],
): TranscriptImage[] | undefined {
  const images = blocks.flatMap((block) => {
    const index = all.indexOf(block);
    return index === -1 ? [] : [{ position, index }];
  });
  return images.length === 0 ? undefined : images;
}

/** Adds the pictures of a user's message: to the words that came with them, or as a message of their own. */
export function withImages(
  line: LineOfItems,
  items: TranscriptItem[],
  images: TranscriptImage[] | undefined,
): TranscriptItem[] {
  if (images === undefined) return items;
  const index = items.findLastIndex((item) => item.kind === 'message' && item.injected !== true);
  const message = items[index];
  if (message?.kind === 'message') return items.with(index, { ...message, images });
  return [...items, { ...partOf(line, 'images'), kind: 'message', role: 'user', text: '', images }];
}

/** A thought. Of some, providers give only a signature. */
export function thinkingItem(line: LineOfItems, text: string): TranscriptItem {
  return text.trim() === ''
    ? { ...line, kind: 'other', type: 'hidden thinking', data: {} }
    : { ...line, kind: 'thinking', text };
}

/** A part of a type or shape that we do not know, as it is; of a document, though, not the bytes. */
export function otherBlock(line: LineOfItems, raw: unknown): TranscriptItem {
  const type = typedBlock.safeParse(raw).data?.type ?? 'unknown';
  return { ...line, kind: 'other', type, data: type === 'document' ? {} : raw };
}

const textBlock = z.object({ type: z.literal('text'), text: z.string() });
const typedBlock = z.object({ type: z.string() });

/** A tool's output as text: both agents write a string, or text and picture blocks. `shown` are shown as pictures. */
export function outputText(content: unknown, shown: readonly unknown[] = []): string {
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return JSON.stringify(content);
  const isShown = new Set(shown);
  return content
    .filter((block) => !isShown.has(block))
    .map(blockText)
    .join('\n');
}

function blockText(block: unknown): string {
  const text = textBlock.safeParse(block);
  if (text.success) return text.data.text;
  // The bytes of a picture are of no use to a reader, and large.
  return typedBlock.safeParse(block).data?.type === 'image' ? '[image]' : JSON.stringify(block);
}
