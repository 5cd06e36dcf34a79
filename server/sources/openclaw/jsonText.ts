/** A member of an object in a JSON text. */
interface Member {
  readonly key: string;
  /** Where its key begins, where its value begins, and where that ends. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/** How an object is written: on one line, or its members on lines of their own. */
export interface ObjectStyle {
  /** In characters; undefined for one line. */
  readonly indent: number | undefined;
}

/**
 * An object of JSON as text, of which some members are changed. The others keep their text to the letter: numbers that
 * a double cannot hold, escapes, blanks within them, keys that are there twice.
 */
export class ObjectText {
  readonly #text: string;
  readonly #members: readonly Member[];
  readonly #style: ObjectStyle;
  readonly #changed = new Map<string, string | undefined>();

  /** @param text valid JSON, and an object: `JSON.parse` has read it */
  constructor(text: string, style: ObjectStyle) {
    this.#text = text;
    this.#members = membersOf(text);
    this.#style = style;
  }

  /** The text of a value as it stands; undefined for a key that is not there. */
  get(key: string): string | undefined {
    if (this.#changed.has(key)) return this.#changed.get(key);
    const member = this.#members.findLast((one) => one.key === key);
    return member && this.#text.slice(member.valueStart, member.end);
  }

  /** Replaces a value, or adds it at the end. `value` is JSON. */
  set(key: string, value: string): void {
    this.#changed.set(key, value);
  }

  delete(key: string): void {
    this.#changed.set(key, undefined);
  }

  /** In parts, to be written one after the other. */
  *parts(): Generator<string> {
    const { indent } = this.#style;
    const line = indent === undefined ? '' : `\n${' '.repeat(indent)}`;
    const colon = indent === undefined ? ':' : ': ';
    const left = new Map(this.#changed);
    let isFirst = true;
    const separator = (): string => {
      const text = isFirst ? line : `,${line}`;
      isFirst = false;
      return text;
    };
    yield '{';
    for (const { key, start, end } of this.#members) {
      if (!this.#changed.has(key)) {
        yield separator() + this.#text.slice(start, end);
        continue;
      }
      // Of several with one name the last one counts; a change makes them one.
      const value = left.get(key);
      left.delete(key);
      if (value !== undefined) yield `${separator()}${JSON.stringify(key)}${colon}${value}`;
    }
    for (const [key, value] of left)
      if (value !== undefined) yield `${separator()}${JSON.stringify(key)}${colon}${value}`;
    yield isFirst || indent === undefined ? '}' : `\n${' '.repeat(Math.max(0, indent - 2))}}`;
  }

  toString(): string {
    return [...this.parts()].join('');
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function membersOf(text: string): Member[] {
  const members: Member[] = [];
  let at = text.indexOf('{') + 1;
  for (;;) {
    at = skip(text, at);
    if (text.charCodeAt(at) !== QUOTE) return members; // the end
    const start = at;
    at = endOfString(text, start);
    const key = String(JSON.parse(text.slice(start, at)));
    const valueStart = skip(text, at);
    at = endOfValue(text, valueStart);
    members.push({ key, start, valueStart, end: at });
  }
}

/** The next character that is neither blank nor between members. */
function skip(text: string, from: number): number {
  let at = from;
  while (/[\s,:]/.test(text.charAt(at))) at++;
  return at;
}

function endOfString(text: string, start: number): number {
  let at = start;
  for (;;) {
    at = text.indexOf('"', at + 1);
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
}

function endOfValue(text: string, start: number): number {
  const first = text.charAt(start);
  if (first === '"') return endOfString(text, start);
  let at = start;
  if (first !== '{' && first !== '[') {
    while (!/[\s,\]}]/.test(text.charAt(at))) at++;
    return at;
  }
  for (let depth = 0; ;) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        continue;
      case 0x7b: // {
      case 0x5b: // [
        depth++;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth--;
    }
    at++;
    if (depth === 0) return at;
  }
}
