import type { CutText, TranscriptItem } from '../protocol/transcript.ts';
import { compactText } from './valueText.ts';

export type TextPart = CutText['part'];

/** The most values, in each other and beside each other, that are looked at one by one; larger ones are one text. */
const MAX_VALUES = 10_000;

/** The whole of one part of an item; undefined where it has none. */
export function partText(item: TranscriptItem, part: TextPart): string | undefined {
  switch (part) {
    case 'text':
      return itemText(item);
    case 'input':
      return item.kind === 'tool_call' && item.input !== undefined ? compactText(item.input) : undefined;
    case 'output':
      return item.kind === 'tool_call' || item.kind === 'tool_result' ? item.result?.output : undefined;
    case 'data':
      return item.kind === 'other' && item.data !== undefined ? compactText(item.data) : undefined;
  }
}

function itemText(item: TranscriptItem): string | undefined {
  if ('text' in item) return item.text;
  return item.kind === 'learning' ? item.insight : undefined;
}

/**
 * The texts that a person reads of an item, by part: in JSON, each value by itself, as it is shown. JSON of very many
 * values is one text, with its keys.
 */
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

/** In the order in which they stand. */
function valuesOf(value: unknown, withKeys: boolean): string[] {
  const texts: string[] = [];
  const ahead: { key?: string; value: unknown }[] = [{ value }];
  let left = MAX_VALUES;
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (withKeys && next.key !== undefined) texts.push(next.key);
    if (typeof next.value !== 'object' || next.value === null) {
      if (next.value !== undefined) texts.push(compactText(next.value));
      continue;
    }
    const inside = Array.isArray(next.value) ? next.value.length : Object.keys(next.value).length;
    left -= inside;
    if (left < 0) return [compactText(value)];
    const children = Array.isArray(next.value)
      ? next.value.map((each: unknown) => ({ value: each }))
      : Object.entries(next.value).map(([key, each]: [string, unknown]) => ({ key, value: each }));
    ahead.push(...children.reverse());
  }
  return texts;
}
