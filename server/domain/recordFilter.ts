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
/** Letters, digits and what belongs to them, in a row. */
const WORDS = /[\p{L}\p{N}\p{M}_]+/gu;
/** Numbers that are written otherwise than they are shown. */
const ODD_NUMBER = String.raw`[:,[\s]-?(?:\d[\d.]*[eE][+-]?\d|[\d.]{16}|0\.0{6})`;

/** A filter for records that hold one of these strings, of ASCII letters, as a value by itself. */
export function filterForStrings(values: readonly string[]): RecordFilter {
  const written = values.map((value) => `"${value}"`);
  const mayHide = new RegExp(ESCAPED_ASCII, 'i');
  const acceptsText = (record: string) =>
    written.some((value) => record.includes(value)) || mayHide.test(record);
  return { acceptsText, acceptsBytes: (bytes) => acceptsText(bytes.toString('latin1')) };
}

/** What a reader says of a record in words of its own. */
export interface OwnSentence {
  /** With `…` for what is the record's, at its end, or a number, at its beginning. */
  readonly text: string;
  /** Whether it may be said of this record, which is {@link folded}. */
  readonly isOf: (record: string) => boolean;
}

/**
 * A filter for records in which a reader may find `text`: what it refuses, it refuses rightly. Undefined where nothing
 * can be refused.
 *
 * It looks for the words of `text`, each by itself: what is between words may be written otherwise in JSON than it is
 * shown (escaped, or as other white space), but a word is in the record as it is, or with an escape in it. Where `text`
 * may be in sentences that readers have of their own, the records that those are said of are let through too.
 */
export function filterFor(text: string, sentences: readonly OwnSentence[]): RecordFilter | undefined {
  const wanted = folded(text);
  const words = [...new Set(wanted.match(WORDS))].sort((a, b) => b.length - a.length);
  const said = sentences.filter((sentence) => mayHold(folded(sentence.text), wanted));
  if (words.length === 0 || said.some(({ isOf }) => isOf(''))) return undefined;
  // Of a number, and of "null", which a number that is too large becomes.
  const numbers = words.some((word) => /^\d*(?:e\d*)?$/.test(word) || 'null'.includes(word))
    ? [ODD_NUMBER]
    : [];
  const isAscii = words.every((word) => /^\w+$/.test(word));
  const mayHide = new RegExp([isAscii ? ESCAPED_ASCII : ESCAPED, MARKS, ...numbers].join('|'));
  const bytesMayHide = new RegExp([ESCAPED_ASCII, MARKS_AS_BYTES, ...numbers].join('|'));
  const isWanted = (record: string) =>
    words.every((word) => record.includes(word)) || said.some(({ isOf }) => isOf(record));
  const acceptsText = (record: string) => {
    const all = folded(record);
    return isWanted(all) || mayHide.test(all);
  };
  return {
    acceptsText,
    acceptsBytes(bytes) {
      if (!isAscii) return acceptsText(bytes.toString('utf8'));
      // A third of the time that decoding UTF-8 takes.
      const all = bytes.toString('latin1').toLowerCase();
      return isWanted(all) || bytesMayHide.test(all);
    },
  };
}

/** Whether `wanted` may stand in this sentence so that a letter of it is the sentence's own, or is a number in it. */
function mayHold(sentence: string, wanted: string): boolean {
  if (sentence.startsWith('…') && /^\d+\s?$/.test(wanted)) return true;
  const words = [...wanted.matchAll(WORDS)];
  const [first, last] = [words[0], words.at(-1)];
  if (first === undefined || last === undefined) return false;
  // All its beginnings, and all its ends, that hold a letter.
  const cuts = [...Array(wanted.length + 1).keys()];
  const beginnings = cuts.slice(first.index + 1).map((at) => wanted.slice(0, at));
  const ends = cuts.slice(0, last.index + last[0].length).map((at) => wanted.slice(at));
  return sentence.split('…').some((own, index, all) => {
    if (own === '') return false;
    const isAfter = index > 0;
    const isBefore = index < all.length - 1;
    return (
      own.includes(wanted) ||
      (isBefore && beginnings.some((beginning) => own.endsWith(beginning))) ||
      (isAfter && ends.some((end) => own.startsWith(end))) ||
      (isBefore && isAfter && wanted.includes(own))
    );
  });
}
