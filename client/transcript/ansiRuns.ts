/** A colour of the terminal's own 16, or a particular one. */
export type AnsiColour = { readonly index: number } | { readonly rgb: readonly [number, number, number] };

export interface AnsiStyle {
  readonly foreground?: AnsiColour | undefined;
  readonly background?: AnsiColour | undefined;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly strike?: boolean;
  readonly inverse?: boolean;
}

export interface AnsiRun {
  readonly text: string;
  readonly style: AnsiStyle;
}

const plain: AnsiStyle = {};

/* oxlint-disable no-control-regex -- what a terminal is told begins with control characters */
/** CSI, OSC and the other strings (to their end, or to the end of the line where that is missing), two-character escapes. */
const sequence =
  /[\u001b\u009b](?:(?<=\u009b)|\[)([0-9:;<=>?]{0,200})[ -/]{0,8}([@-~])|\u001b[\]PX^_][^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]{0,8}[0-~]?/g;
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f-\u009f]/g;
/* oxlint-enable no-control-regex */

/**
 * What a program wrote to a terminal, as a terminal would show it at the end: colours as styles, progress that was
 * written over as its last state, everything else that terminals obey left out. Linear in the text's length.
 */
export function ansiRuns(text: string): AnsiRun[] {
  const lines = text.replaceAll('\r\n', '\n');
  const runs: { text: string; style: AnsiStyle }[] = [];
  /** The first run of the current line. Runs do not reach from one line into the next while lines may be written over. */
  let lineStart = 0;
  let style = plain;
  /** After a carriage return: the line is written over as soon as something is written. */
  let overwrites = false;
  const write = (part: string) => {
    const last = runs.length > lineStart ? runs.at(-1) : undefined;
    if (last?.style === style) last.text += part;
    else runs.push({ text: part, style });
  };
  const print = (part: string) => {
    for (const [index, line] of part.split('\n').entries()) {
      if (index > 0) {
        write('\n');
        lineStart = runs.length;
        overwrites = false;
      }
      for (const [at, piece] of line.split('\r').entries()) {
        if (at > 0) overwrites = true;
        const visible = piece.replaceAll(controls, '');
        if (visible === '') continue;
        if (overwrites) runs.length = lineStart;
        overwrites = false;
        write(visible);
      }
    }
  };
  let from = 0;
  for (const match of lines.matchAll(sequence)) {
    print(lines.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[2] === 'm') style = applied(style, match[1] ?? '');
  }
  print(lines.slice(from));
  return joined(runs);
}

function joined(runs: readonly AnsiRun[]): AnsiRun[] {
  const all: { text: string; style: AnsiStyle }[] = [];
  for (const { text, style } of runs) {
    const last = all.at(-1);
    if (last?.style === style) last.text += text;
    else all.push({ text, style });
  }
  return all;
}

/** The beginning of them, of a length in UTF-16 units. */
export function firstRuns(runs: readonly AnsiRun[], length: number): AnsiRun[] {
  const first: AnsiRun[] = [];
  let left = length;
  for (const { text, style } of runs) {
    if (left <= 0) break;
    first.push({ text: text.slice(0, left), style });
    left -= text.length;
  }
  return first;
}

/** The text alone. */
export function textOf(runs: readonly AnsiRun[]): string {
  return runs.map(({ text }) => text).join('');
}

/** The style after an SGR sequence. Codes that are not known change nothing. */
function applied(before: AnsiStyle, parameters: string): AnsiStyle {
  if (/[<=>?]/.test(parameters)) return before;
  const codes = parameters.replaceAll(':', ';').split(';').map(Number);
  let style = before;
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      const [colour, used] = extended(codes, index + 1);
      index += used;
      if (colour !== undefined) style = withColour(style, code === 38 ? 'foreground' : 'background', colour);
    } else style = changed(style, code);
  }
  return style;
}

function withColour(style: AnsiStyle, place: 'foreground' | 'background', colour: AnsiColour): AnsiStyle {
  return { ...style, [place]: colour };
}

function changed(style: AnsiStyle, code: number): AnsiStyle {
  if (code === 0) return plain;
  if (code >= 30 && code <= 37) return { ...style, foreground: { index: code - 30 } };
  if (code >= 90 && code <= 97) return { ...style, foreground: { index: code - 82 } };
  if (code >= 40 && code <= 47) return { ...style, background: { index: code - 40 } };
  if (code >= 100 && code <= 107) return { ...style, background: { index: code - 92 } };
  return { ...style, ...flags[code] };
}

const flags: Readonly<Record<number, AnsiStyle>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  21: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
  39: { foreground: undefined },
  49: { background: undefined },
};

/** A colour of the 256, or one by its parts; and how many codes it took. */
function extended(codes: readonly number[], at: number): [AnsiColour | undefined, number] {
  const byte = (index: number) => Math.min(255, Math.max(0, codes[index] ?? 0));
  if (codes[at] === 2) return [{ rgb: [byte(at + 1), byte(at + 2), byte(at + 3)] }, 4];
  if (codes[at] !== 5) return [undefined, 1];
  const number = byte(at + 1);
  if (number < 16) return [{ index: number }, 2];
  if (number >= 232) {
    const grey = 8 + (number - 232) * 10;
    return [{ rgb: [grey, grey, grey] }, 2];
  }
  const step = (value: number) => (value === 0 ? 0 : 55 + value * 40);
  const cube = number - 16;
  return [{ rgb: [step(Math.floor(cube / 36)), step(Math.floor(cube / 6) % 6), step(cube % 6)] }, 2];
}
