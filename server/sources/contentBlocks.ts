import * as z from 'zod';
import { MAX_NAME, shortName } from '../domain/transcriptCut.ts';
import { isPlainObject } from '../protocol/json.ts';
import type { TranscriptImage, TranscriptItem } from '../protocol/transcript.ts';
import { isoTimeOf } from './values.ts';

/** The most parts of one message that are shown; a message has some ten. What is left out is said in a note. */
export const MAX_BLOCKS = 1000;
/** The most pictures of one record that are shown. */
export const MAX_PICTURES = 1000;

/** What all items of one line have in common. */
export interface LineOfItems {
  /** Where the ids of the line's items begin. */
  readonly id: string;
  readonly position: number;
  readonly timestamp: string | undefined;
}

/** The content of a message: a string, or parts of which each agent has its own types. */
export type MessageContent = string | unknown[];

/** `own` is an empty or missing id where the line has none, or too long for one; its position then stands for it. */
export function lineOfItems(own: string | undefined, position: number, timestamp: unknown): LineOfItems {
  return {
    id: own === undefined || own === '' || own.length > MAX_NAME ? `@${position}` : own,
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

/** Said after a number of a record that has more parts, or pictures, than are shown. */
export const PARTS_LEFT_OUT = 'more parts of this message are not shown.';
export const PICTURES_LEFT_OUT = 'more pictures of this message are not shown.';

/** For the parts that {@link blocksOf} does not give. */
export function leftOutNote(line: LineOfItems, content: MessageContent): TranscriptItem[] {
  const leftOut = typeof content === 'string' ? 0 : content.length - MAX_BLOCKS;
  if (leftOut <= 0) return [];
  const text = `${leftOut} ${PARTS_LEFT_OUT}`;
  return [{ ...partOf(line, 'more'), kind: 'note', severity: 'warning', text }];
}

/** The parts of a content that are pictures: only their places go into a transcript. */
export function imageBlocks(content: unknown): unknown[] {
  if (!Array.isArray(content)) return [];
  return content.slice(0, MAX_BLOCKS).filter((raw) => isPlainObject(raw) && raw['type'] === 'image');
}

/** The parts of a record that are shown as pictures, each with its index among them. */
export type Pictures = ReadonlyMap<unknown, number>;

/** `all` are those of the whole record. */
export function shownPictures(all: readonly unknown[]): Pictures {
  return new Map(all.slice(0, MAX_PICTURES).map((block, index) => [block, index]));
}

/** For the pictures that {@link shownPictures} does not give. */
export function picturesLeftOutNote(line: LineOfItems, all: readonly unknown[]): TranscriptItem[] {
  const leftOut = all.length - MAX_PICTURES;
  if (leftOut <= 0) return [];
  const text = `${leftOut} ${PICTURES_LEFT_OUT}`;
  return [{ ...partOf(line, 'more pictures'), kind: 'note', severity: 'warning', text }];
}

/** Where the pictures among these parts are found. */
export function imagesOf(
  { position }: LineOfItems,
  blocks: Iterable<unknown>,
  pictures: Pictures,
): TranscriptImage[] | undefined {
  const images: TranscriptImage[] = [];
  for (const block of blocks) {
    const index = pictures.get(block);
    if (index !== undefined) images.push({ position, index });
  }
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

export const HIDDEN_THINKING = 'hidden thinking';

/** A thought. Of some, providers give only a signature. */
export function thinkingItem(line: LineOfItems, text: string): TranscriptItem {
  return text.trim() === ''
    ? { ...line, kind: 'other', type: HIDDEN_THINKING, data: {} }
    : { ...line, kind: 'thinking', text };
}

export const UNKNOWN_TYPE = 'unknown';

/** A part of a type or shape that we do not know, as it is but for {@link withoutBytes}. */
export function otherBlock(line: LineOfItems, raw: unknown): TranscriptItem {
  const type = typedBlock.safeParse(raw).data?.type ?? UNKNOWN_TYPE;
  return otherItem(line, type, raw);
}

/** Anything that is only shown as it is. */
export function otherItem(line: LineOfItems, type: string, raw: unknown): TranscriptItem {
  return { ...line, kind: 'other', type: shortName(type), data: withoutBytes(raw) };
}

/** Of pictures and documents only the type is left: their bytes are of no use to a reader, and large. */
function withoutBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutBytes);
  if (!isPlainObject(value)) return value;
  const type = value['type'];
  if (type === 'image' || type === 'document') return { type };
  // Not by assignment: a key may be `__proto__`.
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutBytes(each)]));
}

const textBlock = z.object({ type: z.literal('text'), text: z.string() });
const typedBlock = z.object({ type: z.string() });

/** A tool's output as text: both agents write a string, or text and picture blocks. `shown` are shown as pictures. */
export function outputText(content: unknown, shown: Pictures): string {
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return JSON.stringify(withoutBytes(content));
  return content
    .filter((block) => !shown.has(block))
    .map(blockText)
    .join('\n');
}

/** Stands for a picture that is not shown. */
const IMAGE = '[image]';

function blockText(block: unknown): string {
  const text = textBlock.safeParse(block);
  if (text.success) return text.data.text;
  return typedBlock.safeParse(block).data?.type === 'image' ? IMAGE : JSON.stringify(withoutBytes(block));
}
