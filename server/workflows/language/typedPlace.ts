import { isMap, isScalar } from 'yaml';
import { readParts, type WorkflowParts } from '../format/workflowParts.ts';
import { placeAt, type Place } from './place.ts';

/** Stands for the word that is being typed while the file is read: of the private use area, so that no file has it. */
export const TYPED = '\uE000';

/** A way to read a file with the word that is being typed in it. Offsets are in UTF-16 units of the text as it is. */
export interface TypedPlace extends Place {
  readonly parts: WorkflowParts;
  /** What a completion replaces: the word, on both sides of the cursor. */
  readonly from: number;
  readonly to: number;
  /** The column at which the word begins, with its `- ` if it needs one. */
  readonly column: number;
  /** Whether what is put in needs a `- ` in front. */
  readonly needsDash: boolean;
  /** Whether the word is a key that has its colon already. */
  readonly hasColon: boolean;
  /** Whether it stands in a `{}` or `[]`, or in quotes: no lines of their own there. */
  readonly isInline: boolean;
}

/**
 * The ways to read what is being typed at an offset, the likeliest first. A file in which someone is typing does not
 * parse as a rule; with a word put there, as the key, the value or the entry that it may become, it does.
 */
export function* typedPlaces(text: string, offset: number): Generator<TypedPlace> {
  const line = lineAround(text, offset);
  const [word = ''] = /[A-Za-z0-9_][\w.-]*$/.exec(line.before) ?? [];
  const [rest = ''] = /^[\w.-]*/.exec(line.after) ?? [];
  const lead = line.before.slice(0, line.before.length - word.length);
  const after = line.after.slice(rest.length);
  const [from, to] = [offset - word.length, offset + rest.length];
  const endsLine = /^\s*(?:#.*)?$/.test(after);
  const attempt = (put: string): TypedPlace[] => {
    const parts = readParts(text.slice(0, from) + put + text.slice(to));
    const dash = put.indexOf(TYPED);
    const place = placeAt(parts.document, from + dash);
    if (place === undefined || !isScalar(place.node) || place.node.value !== TYPED) return [];
    const before = lead + put.slice(0, dash);
    if (place.isKey && !isInLine(place, before, text, from)) return [];
    if (dash > 0 && parts.syntax.some((one) => from <= one.to && one.from <= from + put.length)) return [];
    const isInline = place.node.type !== 'PLAIN' || (isMap(place.map) && place.map.flow === true);
    const hasColon = after.trimStart().startsWith(':');
    return [{ ...place, parts, from, to, column: before.length, needsDash: dash > 0, hasColon, isInline }];
  };
  if (endsLine && /^\s*(?:-\s+)*$/.test(lead)) yield* attempt(`${TYPED}:`);
  yield* attempt(TYPED);
  if (endsLine && /^\s*$/.test(lead)) {
    yield* attempt(`- ${TYPED}:`);
    yield* attempt(`- ${TYPED}`);
  }
}

/** Where a `${` is being completed: what stands behind it up to the cursor, and on behind the cursor. */
export interface TypedReference {
  readonly parts: WorkflowParts;
  readonly place: Place;
  readonly from: number;
  readonly to: number;
  readonly hasEnd: boolean;
}

export function typedReference(text: string, offset: number): TypedReference | undefined {
  const line = lineAround(text, offset);
  const [, word] = /(?<!\$)\$\{([\w.-]*)$/.exec(line.before) ?? [];
  if (word === undefined) return undefined;
  const [rest = ''] = /^[\w.-]*/.exec(line.after) ?? [];
  const [from, to] = [offset - word.length, offset + rest.length];
  const parts = readParts(text.slice(0, from) + TYPED + text.slice(to));
  const place = placeAt(parts.document, from);
  return place && { parts, place, from, to, hasEnd: line.after[rest.length] === '}' };
}

/** A word between two entries of a map is no key of it: all keys of a block begin in the same column. */
function isInLine({ map, path }: Place, before: string, text: string, from: number): boolean {
  if (!isMap(map) || map.flow === true) return true;
  const first: unknown = map.items[0]?.key;
  const start = isScalar(first) ? first.range?.[0] : undefined;
  // The first key of an entry of a list stands behind a dash.
  if (start === undefined || start >= from) return typeof path.at(-2) !== 'number' || /-\s+$/.test(before);
  return start - (text.lastIndexOf('\n', start - 1) + 1) === before.length;
}

function lineAround(text: string, offset: number): { before: string; after: string } {
  const end = text.indexOf('\n', offset);
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  return { before: text.slice(start, offset), after: text.slice(offset, end === -1 ? undefined : end) };
}
