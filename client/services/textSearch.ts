import type { Session } from '../../server/protocol/session.ts';

/** How many pages are asked for at once. */
const PAGES = 4;

export interface FoundPage {
  readonly sessions: readonly Session[];
  readonly nextCursor?: string | undefined;
}

/** A search through the store, page by page, for the last text that it was given. */
export class TextSearch {
  readonly #find: (text: string, cursor: string | undefined) => Promise<FoundPage>;
  #text: string | undefined;
  #cursor: string | undefined;
  #isBegun = false;

  constructor(find: (text: string, cursor: string | undefined) => Promise<FoundPage>) {
    this.#find = find;
  }

  get text(): string | undefined {
    return this.#text;
  }

  /** Whether there is an answer, if only in part; so there is where nothing is looked for. */
  get isBegun(): boolean {
    return this.#text === undefined || this.#isBegun;
  }

  get isDone(): boolean {
    return this.isBegun && this.#cursor === undefined;
  }

  /** Begins to look for a text; undefined ends it. */
  lookFor(text: string | undefined): void {
    this.#text = text;
    this.#cursor = undefined;
    this.#isBegun = false;
  }

  /** The next sessions with the text; from the first one with `anew`. None when another text was given meanwhile. */
  async next(anew = false): Promise<readonly Session[]> {
    const text = this.#text;
    if (text === undefined || (this.isDone && !anew)) return [];
    const sessions: Session[] = [];
    let cursor = anew ? undefined : this.#cursor;
    for (let pages = 0; pages < PAGES; pages++) {
      const page = await this.#find(text, cursor);
      if (this.#text !== text) return [];
      sessions.push(...page.sessions);
      cursor = page.nextCursor;
      if (cursor === undefined) break;
    }
    this.#cursor = cursor;
    this.#isBegun = true;
    return sessions;
  }
}
