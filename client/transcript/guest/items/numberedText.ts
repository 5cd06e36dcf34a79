/** A part of a file, as tools that read files give it: each line with its number. */
export interface NumberedText {
  readonly lines: readonly { readonly number: string; readonly text: string }[];
  /** What the tool says after the lines. */
  readonly rest: string;
}

const numbered = /^ *(\d{1,7})(?:\u2192|\t|\| ?|: ?)(.*)$/;

/** Undefined for a text that is not of lines with numbers that count up. */
export function numberedText(text: string): NumberedText | undefined {
  const lines: { number: string; text: string }[] = [];
  const all = text.split('\n');
  for (const line of all) {
    const [, number, code] = numbered.exec(line) ?? [];
    const last = lines.at(-1)?.number;
    if (number === undefined || (last !== undefined && Number(number) !== Number(last) + 1)) break;
    lines.push({ number, text: code ?? '' });
  }
  // One line with a number is as well something else: a finding, a count.
  if (lines.length < 2) return undefined;
  return { lines, rest: all.slice(lines.length).join('\n').trim() };
}
