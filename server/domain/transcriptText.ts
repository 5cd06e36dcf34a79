import type { CutText, TranscriptItem } from '../protocol/transcript.ts';

export type TextPart = CutText['part'];

/** Value as the text that a reader is given of it: JSON, unless it is text. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** The whole of one part of an item; undefined where it has none. */
export function partText(item: TranscriptItem, part: TextPart): string | undefined {
  switch (part) {
    case 'text':
      return itemText(item);
    case 'input':
      return item.kind === 'tool_call' && item.input !== undefined ? textOf(item.input) : undefined;
    case 'output':
      return item.kind === 'tool_call' || item.kind === 'tool_result' ? item.result?.output : undefined;
    case 'data':
      return item.kind === 'other' && item.data !== undefined ? textOf(item.data) : undefined;
  }
}

function itemText(item: TranscriptItem): string | undefined {
  if ('text' in item) return item.text;
  return item.kind === 'learning' ? item.insight : undefined;
}

/** The texts that a person reads of an item, by part: in JSON, each value by itself, as it is shown. */
export function shownTexts(item: TranscriptItem): { part: TextPart; texts: string[] }[] {
  const texts: { part: TextPart; texts: string[] }[] = [];
  const text = itemText(item);
  if (text !== undefined) texts.push({ part: 'text', texts: [text] });
  if (item.kind === 'tool_call')
    texts.push({ part: 'input', texts: [item.name, ...valuesOf(item.input, false)] });
  if (item.kind === 'other') texts.push({ part: 'data', texts: [item.type, ...valuesOf(item.data, true)] });
  const output = partText(item, 'output');
  if (output !== undefined) texts.push({ part: 'output', texts: [output] });
  return texts;
}

function valuesOf(value: unknown, withKeys: boolean): string[] {
  if (typeof value !== 'object' || value === null) return value === undefined ? [] : [textOf(value)];
  if (Array.isArray(value)) return value.flatMap((each) => valuesOf(each, withKeys));
  return Object.entries(value).flatMap(([key, each]) => [
    ...(withKeys ? [key] : []),
    ...valuesOf(each, withKeys),
  ]);
}
