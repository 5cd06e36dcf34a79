import assert from 'node:assert/strict';

/** As much of a terminal as `LiveScreen` uses: text, line ends, up, erasing, and the cursor. Colours are read over. */
export class Emulator {
  readonly #columns: number;
  readonly #lines: string[] = [''];
  #row = 0;
  #column = 0;
  isCursorShown = true;

  constructor(columns: number) {
    this.#columns = columns;
  }

  feed(text: string): this {
    // oxlint-disable-next-line eslint/no-control-regex -- the commands of a terminal begin with one
    for (const [token, command] of text.matchAll(/\u001b\[([?\d;]*[A-Za-z])|[\s\S]/gu)) {
      if (command === undefined) this.#put(token);
      else this.#obey(command);
    }
    return this;
  }

  /** All lines from the first to the last that something stands on. */
  get text(): string {
    return this.#lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  get cursor(): readonly [row: number, column: number] {
    return [this.#row, this.#column];
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\n') {
      // As the terminal's driver has it: a line feed is a carriage return too.
      this.#row++;
      this.#column = 0;
      this.#lines[this.#row] ??= '';
    } else {
      if (this.#column === this.#columns) this.#put('\n');
      const line = (this.#lines[this.#row] ?? '').padEnd(this.#column);
      this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
      this.#column++;
    }
  }

  #obey(command: string): void {
    if (command.endsWith('m')) return;
    if (command === '?25l' || command === '?25h') {
      this.isCursorShown = command.endsWith('h');
    } else if (command.endsWith('A')) {
      this.#row -= Number.parseInt(command, 10);
      assert.ok(this.#row >= 0, 'it went above what was written');
    } else if (command === 'J') {
      // After a line that is full, the cursor still stands on its last character, and erasing takes that too.
      const from = Math.min(this.#column, this.#columns - 1);
      this.#lines[this.#row] = (this.#lines[this.#row] ?? '').slice(0, from);
      this.#lines.length = this.#row + 1;
    } else assert.fail(`it does not know ${command}`);
  }
}
