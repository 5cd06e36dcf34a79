const MAX_CHARACTERS = 4000;
const MAX_LINES = 40;

export interface Excerpt {
  readonly text: string;
  /** How much there is in all; where it is lines that are too many, those. */
  readonly total: { readonly unit: 'lines' | 'characters'; readonly count: number };
}

/** The beginning of a text that is too long to be shown at once; undefined for one that is not. */
export function excerpt(text: string): Excerpt | undefined {
  const newlines = text.matchAll(/\n/g).map(({ index }) => index);
  const endOfLines = newlines.drop(MAX_LINES - 1).next().value;
  const tooManyLines = endOfLines !== undefined && endOfLines < text.length - 1;
  if (!tooManyLines && text.length <= MAX_CHARACTERS) return undefined;
  const end = Math.min(tooManyLines ? endOfLines : text.length, MAX_CHARACTERS);
  return {
    // Half of a surrogate pair would be drawn as a replacement character.
    text: text.slice(0, isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end),
    total: tooManyLines
      ? { unit: 'lines', count: text.split('\n').length }
      : { unit: 'characters', count: text.length },
  };
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
