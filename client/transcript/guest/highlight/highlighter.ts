import type { Grammar } from '../../languages.ts';
import type { HighlightRequest, Token, WorkerMessage } from './workerMessages.ts';

/** The part of a Worker that is used. */
export interface HighlightWorker {
  postMessage(request: HighlightRequest): void;
  terminate(): void;
  /** In place of those that listened before. */
  listen(onMessage: (message: WorkerMessage) => void, onError: () => void): void;
}

export interface HighlighterOptions {
  readonly startWorker: () => Promise<HighlightWorker>;
  /** Milliseconds for a worker to start, or to load a grammar. */
  readonly startMs: number;
  /** Milliseconds for the tokens of one text, after which its worker is ended. */
  readonly answerMs: number;
  /** Milliseconds without anything to do after which the worker is ended, for its memory. */
  readonly idleMs: number;
}

interface Wanted {
  readonly key: string;
  readonly grammar: Grammar;
  readonly code: string;
  readonly callbacks: Set<(tokens: readonly Token[]) => void>;
}

const MAX_CODE = 20_000;
/** Texts that are known to stay plain; each may be as long as code is coloured. */
const MAX_PLAIN = 200;
const MAX_LINE = 2000;
/** Characters of code whose tokens are kept, some megabytes. */
const MAX_KEPT = 500_000;
/** How often a worker is started again in place of one that was ended. */
const MAX_FAILURES = 20;

/**
 * Colours code, in a worker: the grammars are regular expressions, some of which a text can keep busy for ever. Such
 * a text costs its worker and stays plain from then on; the others get a new one.
 */
export class Highlighter {
  readonly #options: HighlighterOptions;
  /** Newest first served: it is what the reader looks at. */
  readonly #wanted = new Map<string, Wanted>();
  readonly #kept = new Map<string, readonly Token[]>();
  readonly #plain = new Set<string>();
  #keptCharacters = 0;
  #worker: Promise<HighlightWorker> | undefined;
  #running: Wanted | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #nextId = 0;

  constructor(options: HighlighterOptions) {
    this.#options = options;
  }

  /** The tokens, where they are known already. */
  known(grammar: Grammar, code: string): readonly Token[] | undefined {
    return this.#kept.get(keyOf(grammar, code));
  }

  /** Calls back once, if ever: code that is too long, or that takes too long, stays as it is. Returns what ends the wish. */
  want(grammar: Grammar, code: string, callback: (tokens: readonly Token[]) => void): () => void {
    const key = keyOf(grammar, code);
    if (this.#plain.has(key) || this.#failures > MAX_FAILURES || !isColourable(code)) return () => {};
    const running = this.#running?.key === key ? this.#running : undefined;
    const wanted = running ?? this.#wanted.get(key) ?? { key, grammar, code, callbacks: new Set() };
    wanted.callbacks.add(callback);
    if (running === undefined) this.#wanted.set(key, wanted);
    void this.#next();
    return () => {
      wanted.callbacks.delete(callback);
      if (wanted.callbacks.size === 0) this.#wanted.delete(key);
    };
  }

  async #next(): Promise<void> {
    if (this.#running !== undefined) return;
    const wanted = [...this.#wanted.values()].at(-1);
    if (wanted === undefined) {
      this.#setTimer(this.#options.idleMs, () => this.#endWorker());
      return;
    }
    this.#running = wanted;
    this.#wanted.delete(wanted.key);
    // Loading the worker and its grammar has a bound of its own, as it says nothing of the text.
    this.#setTimer(this.#options.startMs, () => this.#fail());
    this.#worker ??= this.#options.startWorker();
    try {
      const worker = await this.#worker;
      if (this.#running !== wanted) return;
      const id = this.#nextId++;
      worker.listen(
        (message) => this.#receive(id, wanted, message),
        () => this.#fail(),
      );
      worker.postMessage({ id, grammar: wanted.grammar, code: wanted.code });
    } catch {
      if (this.#running === wanted) this.#fail();
    }
  }

  #receive(id: number, wanted: Wanted, message: WorkerMessage): void {
    if (message.type === 'ready' || message.id !== id) return;
    if (message.type === 'began') {
      this.#setTimer(this.#options.answerMs, () => this.#fail());
      return;
    }
    this.#running = undefined;
    // Whatever the grammar does, the reader sees the text that the agent wrote.
    if (message.type === 'done' && message.tokens.map(([text]) => text).join('') === wanted.code) {
      this.#keep(wanted, message.tokens);
      for (const callback of wanted.callbacks) callback(message.tokens);
    } else this.#leavePlain(wanted.key);
    void this.#next();
  }

  #leavePlain(key: string): void {
    this.#plain.add(key);
    if (this.#plain.size <= MAX_PLAIN) return;
    const [oldest] = this.#plain;
    if (oldest !== undefined) this.#plain.delete(oldest);
  }

  #keep({ key, code }: Wanted, tokens: readonly Token[]): void {
    this.#kept.set(key, tokens);
    this.#keptCharacters += code.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptCharacters <= MAX_KEPT) break;
      this.#kept.delete(oldest);
      this.#keptCharacters -= oldest.length - oldest.indexOf('\n') - 1;
    }
  }

  #fail(): void {
    if (this.#running !== undefined) this.#leavePlain(this.#running.key);
    this.#running = undefined;
    this.#failures += 1;
    if (this.#failures > MAX_FAILURES) this.#wanted.clear();
    this.#endWorker();
    void this.#next();
  }

  #endWorker(): void {
    clearTimeout(this.#timer);
    this.#worker?.then(
      (worker) => worker.terminate(),
      () => {},
    );
    this.#worker = undefined;
  }

  #setTimer(ms: number, onTimeout: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(onTimeout, ms);
  }
}

function keyOf(grammar: Grammar, code: string): string {
  return `${grammar}\n${code}`;
}

function isColourable(code: string): boolean {
  return (
    code.length <= MAX_CODE && code.trim() !== '' && code.split('\n').every((line) => line.length <= MAX_LINE)
  );
}
