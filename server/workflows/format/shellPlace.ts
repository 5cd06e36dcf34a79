/** What a place of a command line is within: quotes, `` `…` `` or `(…)`, by their first character. */
export type Opening = '"' | "'" | '`' | '(';

/** Behind these a word begins, and with it maybe a comment. */
const BREAK = /[\s;&|(]/;

/**
 * Where in a command line the shell is: read it character by character, and it tells what the next one is within. It
 * follows the shell as far as quotes, comments and brackets take; here-documents and the patterns of `case` are beyond it.
 */
export class ShellPlace {
  readonly #open: Opening[] = [];
  /** The character before, as far as it tells whether a word begins; empty at the beginning. */
  #before = '';
  #isEscaped = false;
  #isComment = false;

  get within(): Opening | undefined {
    return this.#open.at(-1);
  }

  get isComment(): boolean {
    return this.#isComment;
  }

  /** A backslash stands before, which takes the next character its meaning. */
  get isEscaped(): boolean {
    return this.#isEscaped;
  }

  /** Tells what the character does, where that is more than to stand there. */
  read(char: string): 'opens' | 'closes' | undefined {
    if (this.#isComment) this.#isComment = char !== '\n';
    else if (this.#isEscaped) return this.#readEscaped(char);
    else if (this.within === "'") return this.#readQuoted(char);
    else if (char === '\\') {
      this.#isEscaped = true;
      return undefined;
    } else if (char === '#' && this.#isWordBegin()) this.#isComment = true;
    else return this.#readPlain(char);
    this.#before = char;
    return undefined;
  }

  /** Something stands here that is part of a word, and whose characters mean nothing. */
  pass(): void {
    this.#isEscaped = false;
    this.#before = '\0';
  }

  #isWordBegin(): boolean {
    return this.within !== '"' && (this.#before === '' || BREAK.test(this.#before));
  }

  #readEscaped(char: string): undefined {
    this.#isEscaped = false;
    // An escaped line end is as if it were not there.
    if (char !== '\n') this.#before = '\\';
  }

  #readQuoted(char: string): 'closes' | undefined {
    this.#before = char;
    return char === "'" ? this.#close() : undefined;
  }

  #readPlain(char: string): 'opens' | 'closes' | undefined {
    const { within } = this;
    const before = this.#before;
    this.#before = char;
    switch (char) {
      case '"':
      case '`':
        return within === char ? this.#close() : this.#opens(char);
      case "'":
        return within === '"' ? undefined : this.#opens(char);
      case '(':
        // In double quotes, `$(` alone is more than text.
        return within === '"' && before !== '$' ? undefined : this.#opens(char);
      case ')':
        return within === '(' ? this.#close() : undefined;
      default:
        return undefined;
    }
  }

  #opens(opening: Opening): 'opens' {
    this.#open.push(opening);
    return 'opens';
  }

  #close(): 'closes' {
    this.#open.pop();
    return 'closes';
  }
}
