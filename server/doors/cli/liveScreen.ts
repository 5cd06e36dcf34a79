import type { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { terminalOf } from './terminal.ts';
import { width } from './text.ts';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[J';

/**
 * Lines at the end of what a terminal shows, drawn again in place. Not the other screen of the terminal: what was seen
 * last stays to be read when the command has ended.
 */
export class LiveScreen {
  readonly #output: Writable;
  #live: readonly string[] = [];
  #isOpen = false;

  constructor(output: Writable) {
    this.#output = output;
  }

  /** Puts lines above that stay, and draws the live ones anew below. None may be wider than the terminal. */
  draw(live: readonly string[], above: readonly string[] = []): void {
    const begin = this.#isOpen ? '' : HIDE_CURSOR;
    this.#isOpen = true;
    // Where nothing is live, the cursor waits on a line of its own.
    const end = live.length === 0 && above.length > 0 ? '\n' : '';
    // All is erased first: after a line as wide as the terminal, erasing would take its last character. It is one
    // write, so that nothing flickers.
    this.#output.write(`${begin}${this.#toTop()}${CLEAR_BELOW}${[...above, ...live].join('\n')}${end}`);
    this.#live = live;
  }

  /** Leaves what is drawn, and gives the cursor back. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#output.write(`${this.#live.length === 0 ? '' : '\n'}${SHOW_CURSOR}`);
    this.#live = [];
  }

  /** To where the live lines begin; a terminal that became narrower has wrapped them meanwhile. */
  #toTop(): string {
    const columns = terminalOf(this.#output)?.columns ?? 80;
    const rows = this.#live.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(width(stripVTControlCharacters(line)) / columns)),
      0,
    );
    return rows > 1 ? `\r\u001b[${rows - 1}A` : '\r';
  }
}
