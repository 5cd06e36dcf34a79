export interface Limits {
  readonly lines: number;
  readonly characters: number;
}

export interface Excerpt {
  readonly text: string;
  /** How much there is in all; where it is lines that are too many, those. */
  readonly total: { readonly unit: 'lines' | 'characters'; readonly count: number };
}

/** The beginning of a text that is too long to be shown at once; undefined for one that is not. */
export function excerpt(text: string, limits: Limits): Excerpt | undefined {
  const newlines = text.matchAll(/\n/g).map(({ index }) => index);
  const endOfLines = newlines.drop(limits.lines - 1).next().value;
  const tooManyLines = endOfLines !== undefined && endOfLines < text.length - 1;
  if (!tooManyLines && text.length <= limits.characters) return undefined;
  const end = Math.min(tooManyLines ? endOfLines : text.length, limits.characters);
  return {
    // Half of a surrogate pair would be drawn as a replacement character.
    text: text.slice(0, isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end),
    total: tooManyLines
      ? { unit: 'lines', count: text.replace(/\n$/, '').split('\n').length }
      : { unit: 'characters', count: text.length },
  };
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
