import { folded } from './foldedText.ts';

/** Tells, without decoding it, that a record's JSON cannot hold what is looked for. */
export interface RecordFilter {
  /** `bytes` is UTF-8. */
  acceptsBytes(bytes: Buffer): boolean;
  acceptsText(text: string): boolean;
}

/**
 * Escapes that can stand for a letter or a digit of ASCII, for a letter that folds to one (İ, and the sign for kelvin),
 * or for what has a shorter escape, with a letter in it, where JSON is shown as it is. What programs write as a rule,
 * control characters that have none and lone surrogates, is none of these.
 */
const ESCAPED_ASCII = String.raw`\\u(?:00(?:[2-7]|0[89acd])|0130|212a)`;
/** Escapes of anything but control characters that have no shorter one. */
const ESCAPED = String.raw`\\u(?!00(?:0[0-7bef]|1))`;
/** The marks that are left out of one-line excerpts, by which words come together. */
const MARKS = String.raw`[\u202a-\u202e\u2066-\u2069]`;
/** The bytes of those marks, of İ and of the sign for kelvin, as Latin-1 in lower case. */
const MARKS_AS_BYTES = String.raw`\xe2(?:\x80[\xaa-\xae]|\x81[\xa6-\xa9]|\x84\xaa)|\xe4\xb0`;
/** Numbers that are written otherwise than they are shown. */
const ODD_NUMBER = String.raw`[:,[\s]-?(?:\d[\d.]*[eE][+-]?\d|[\d.]{16})`;

/** A filter for records that hold one of these strings, of ASCII letters, as a value by itself. */
export function filterForStrings(values: readonly string[]): RecordFilter {
  const written = values.map((value) => `"${value}"`);
  const mayHide = new RegExp(ESCAPED_ASCII, 'i');
  const acceptsText = (record: string) =>
    written.some((value) => record.includes(value)) || mayHide.test(record);
  return { acceptsText, acceptsBytes: (bytes) => acceptsText(bytes.toString('latin1')) };
}

/**
 * A filter for records in which a reader may find `text`: what it refuses, it refuses rightly. Undefined where nothing
 * can be refused.
 *
 * It looks for the words of `text`, each by itself: what is between words may be written otherwise in JSON than it is
 * shown (escaped, or as other white space), but a word is in the record as it is, or with an escape in it. Words that
 * readers of records add of their own, `ownWords`, are not looked for.
 */
export function filterFor(text: string, ownWords: string): RecordFilter | undefined {
  const own = folded(ownWords);
  const words = [...new Set(folded(text).match(/[\p{L}\p{N}\p{M}_]+/gu))]
    .filter((word) => !own.includes(word))
    .sort((a, b) => b.length - a.length);
  if (words.length === 0) return undefined;
  // Of a number, and of "null", which a number that is too large becomes.
  const numbers = words.some((word) => /^\d*(?:e\d*)?$/.test(word) || 'null'.includes(word))
    ? [ODD_NUMBER]
    : [];
  const isAscii = words.every((word) => /^\w+$/.test(word));
  const mayHide = new RegExp([isAscii ? ESCAPED_ASCII : ESCAPED, MARKS, ...numbers].join('|'));
  const bytesMayHide = new RegExp([ESCAPED_ASCII, MARKS_AS_BYTES, ...numbers].join('|'));
  const acceptsText = (record: string) => {
    const all = folded(record);
    return words.every((word) => all.includes(word)) || mayHide.test(all);
  };
  return {
    acceptsText,
    acceptsBytes(bytes) {
      if (!isAscii) return acceptsText(bytes.toString('utf8'));
      // A third of the time that decoding UTF-8 takes.
      const all = bytes.toString('latin1').toLowerCase();
      return words.every((word) => all.includes(word)) || bytesMayHide.test(all);
    },
  };
}
