import type { CutText, ToolResult, TranscriptItem } from '../protocol/transcript.ts';
import { isPlainObject } from '../protocol/json.ts';
import { partText, type TextPart } from './transcriptText.ts';
import { compactText } from './valueText.ts';

/** A value of JSON is given in its form as long as its texts can stay as long as this, in characters. */
const MIN_TEXT = 100;

/**
 * An item of which no text is longer than `maxText` characters; what is cut says where the whole is. For items as
 * their records make them: in a merged one, a text may be another record's.
 */
export function cutItem(item: TranscriptItem, maxText: number): TranscriptItem {
  switch (item.kind) {
    case 'tool_call': {
      const { result } = item;
      const called =
        item.input === undefined
          ? item
          : withCut(item, 'input', maxText, (input) => ({
              ...item,
              input: cutValue(item.input, input, maxText),
            }));
      return result === undefined ? called : { ...called, result: cutResult(item, result, maxText) };
    }
    case 'tool_result':
      return { ...item, result: cutResult(item, item.result, maxText) };
    case 'other':
      return withCut(item, 'data', maxText, (data) => ({
        ...item,
        data: cutValue(item.data, data, maxText),
      }));
    case 'learning':
      return withCut(item, 'text', maxText, (insight) => ({ ...item, insight: beginning(insight, maxText) }));
    case 'model_change':
      return item;
    default:
      return withCut(item, 'text', maxText, (text) => ({ ...item, text: beginning(text, maxText) }));
  }
}

function withCut<T extends TranscriptItem>(
  item: T,
  part: TextPart,
  maxText: number,
  cut: (whole: string) => T,
): T {
  const whole = partText(item, part);
  if (whole === undefined || whole.length <= maxText) return item;
  return { ...cut(whole), cut: whereabouts(item, part, whole) };
}

function cutResult(item: TranscriptItem, result: ToolResult, maxText: number): ToolResult {
  const { output } = result;
  if (output.length <= maxText) return result;
  return {
    ...result,
    output: beginning(output, maxText),
    outputCut: whereabouts(item, 'output', output),
  };
}

function whereabouts({ position, id }: TranscriptItem, part: TextPart, whole: string): CutText {
  return { position, id, part, characters: whole.length };
}

/** The most characters of a name: of a tool, a model, a type, a call. Real ones have some ten. */
export const MAX_NAME = 200;

/** A name as it is shown; what has no end is no name, and is not looked up as one. */
export function shortName(name: string): string {
  return name.length > MAX_NAME ? `${beginning(name, MAX_NAME - 1)}…` : name;
}

/** No half of a surrogate pair is left at its end. */
export function beginning(text: string, maxText: number): string {
  if (text.length <= maxText) return text;
  const isHalf =
    text.charCodeAt(maxText - 1) >>> 10 === 0xd800 >>> 10 &&
    text.charCodeAt(maxText) >>> 10 === 0xdc00 >>> 10;
  return text.slice(0, isHalf ? maxText - 1 : maxText);
}

/** In its form, with shorter texts in it, if that is enough; the beginning of its JSON, `whole`, if not. */
function cutValue(value: unknown, whole: string, maxText: number): unknown {
  if (typeof value !== 'string' && canFit(value, MIN_TEXT, maxText)) {
    for (let most = maxText; most >= MIN_TEXT; most = Math.floor(most / 4)) {
      if (!canFit(value, most, maxText)) continue;
      const shorter = withShortTexts(value, most);
      if (compactText(shorter).length <= maxText) return shorter;
    }
  }
  return beginning(whole, maxText);
}

/**
 * Whether the JSON of a value whose texts are cut after `most` characters may be no longer than `maxText`. No more of
 * the value is looked at than it takes to tell, and nothing is copied.
 */
function canFit(value: unknown, most: number, maxText: number): boolean {
  let left = maxText;
  const take = (each: unknown): boolean => {
    if (typeof each !== 'object' || each === null) {
      left -= typeof each === 'string' ? Math.min(each.length, most) + 1 : 1;
      return left >= 0;
    }
    if (Array.isArray(each)) return (left -= 1) >= 0 && each.every(take);
    const keys = Object.keys(each);
    left -= keys.reduce((sum, key) => sum + key.length + 1, 1);
    return left >= 0 && Object.values(each).every(take);
  };
  return take(value);
}

function withShortTexts(value: unknown, most: number): unknown {
  if (typeof value === 'string') return beginning(value, most);
  if (Array.isArray(value)) return value.map((each) => withShortTexts(each, most));
  if (!isPlainObject(value)) return value;
  // Not by assignment: a key may be `__proto__`.
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withShortTexts(each, most)]));
}
