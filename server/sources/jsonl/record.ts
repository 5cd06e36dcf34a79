import { isTooDeep } from '../../protocol/json.ts';
import { oneLine } from '../values.ts';
import type { FileLine } from './lines.ts';

const EXCERPT_CHARACTERS = 200;

/** What is said of damaged lines, before an excerpt. */
export const NOT_JSON = 'This line is not JSON:';
export const TOO_DEEP = 'This line is nested too deeply to show:';
export const NO_RECORD = 'This line is not a record of a session:';
export const UNREADABLE = 'it has no readable text.';

/** What a line holds. `text` is a sentence for a person. */
export type LineReading<R> =
  | { readonly kind: 'record'; readonly record: R }
  | { readonly kind: 'blank' }
  | { readonly kind: 'damaged'; readonly text: string };

/** Gives undefined for a value that is not a record of the format. */
export type ParseRecord<R> = (value: unknown) => R | undefined;

/** Never throws, whatever the bytes are. */
export function readRecord<R>(line: FileLine, parse: ParseRecord<R>): LineReading<R> {
  if (line.content === undefined) {
    const mebibytes = ((line.end - line.position) / (1024 * 1024)).toFixed(1);
    return { kind: 'damaged', text: `This line is too long to show (${mebibytes} MiB).` };
  }
  const decoded = line.content.toString('utf8');
  const text = line.position === 0 && decoded.startsWith('\uFEFF') ? decoded.slice(1) : decoded;
  if (text.trim() === '') return { kind: 'blank' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'damaged', text: `${NOT_JSON} ${excerptOf(text)}` };
  }
  if (isTooDeep(value)) {
    return { kind: 'damaged', text: `${TOO_DEEP} ${excerptOf(text)}` };
  }
  const record = parse(value);
  if (record === undefined) {
    return { kind: 'damaged', text: `${NO_RECORD} ${excerptOf(text)}` };
  }
  return { kind: 'record', record };
}

function excerptOf(text: string): string {
  return oneLine(text, EXCERPT_CHARACTERS) || UNREADABLE;
}
