/** Tells a text to those who do not see it: once a second at most, however often it changes. */
export class Announcer {
  readonly #tell: (text: string) => void;
  #text = '';
  #told = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  announce(text: string): void {
    this.#text = text;
    if (text === this.#told || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#told = this.#text;
      this.#tell(this.#told);
    }, 1000);
  }
}
