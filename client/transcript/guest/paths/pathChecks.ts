import type { GuestMessage } from '../../messages.ts';

type Answer = (exists: boolean) => void;

/** As many as one message may ask for. */
const MAX_ASKED = 200;
const MAX_KEPT = 5000;
/** After so long a path that was missing is asked for again. */
const MISSING_MS = 3000;

/** Which of the paths that the transcript names exist: the host is asked, many at once, each once. */
export class PathChecks {
  readonly #post: (message: GuestMessage) => void;
  readonly #exists = new Map<string, boolean>();
  /** When paths were missing, by their names: what is written about is often written next. */
  readonly #missingAt = new Map<string, number>();
  readonly #waiting = new Map<string, Set<Answer>>();
  #toAsk: string[] = [];

  constructor(post: (message: GuestMessage) => void) {
    this.#post = post;
  }

  /** Undefined until the host has answered. */
  known(path: string): boolean | undefined {
    const missingAt = this.#missingAt.get(path);
    const isOld = missingAt !== undefined && performance.now() - missingAt > MISSING_MS;
    return isOld ? undefined : this.#exists.get(path);
  }

  /** Calls back once, later. Returns what ends the wish. */
  want(path: string, answer: Answer): () => void {
    let answers = this.#waiting.get(path);
    if (answers === undefined) {
      answers = new Set();
      this.#waiting.set(path, answers);
      this.#toAsk.push(path);
      // All that is drawn now goes into one message.
      if (this.#toAsk.length === 1) queueMicrotask(() => this.#ask());
    }
    answers.add(answer);
    return () => answers.delete(answer);
  }

  receive({
    found,
  }: {
    readonly found: readonly { readonly path: string; readonly exists: boolean }[];
  }): void {
    for (const { path, exists } of found) {
      this.#exists.set(path, exists);
      if (exists) this.#missingAt.delete(path);
      else this.#missingAt.set(path, performance.now());
      const answers = this.#waiting.get(path);
      this.#waiting.delete(path);
      for (const answer of answers ?? []) answer(exists);
    }
    const tooMany = Math.max(0, this.#exists.size - MAX_KEPT);
    for (const oldest of [...this.#exists.keys()].slice(0, tooMany)) {
      this.#exists.delete(oldest);
      this.#missingAt.delete(oldest);
    }
  }

  #ask(): void {
    const paths = this.#toAsk;
    this.#toAsk = [];
    for (let start = 0; start < paths.length; start += MAX_ASKED) {
      this.#post({ type: 'checkPaths', paths: paths.slice(start, start + MAX_ASKED) });
    }
  }
}
