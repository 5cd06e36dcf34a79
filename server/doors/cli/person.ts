import type { Readable, Writable } from 'node:stream';
import type { CommandContext } from './context.ts';
import { terminalOf } from './terminal.ts';

/**
 * A person at a terminal, who can be asked. What they type is read only while something is asked, so that a command in
 * the background is stopped by the shell when it has a question, and not before.
 */
export class Person {
  readonly #input: Readable;
  readonly #output: Writable;
  #isGone = false;
  #prompt: string | undefined;

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#output = output;
    // They closed the terminal, or typed Ctrl+D.
    for (const event of ['end', 'close', 'error']) input.on(event, () => (this.#isGone = true));
  }

  /** Whether there is still somebody who could answer. */
  get isThere(): boolean {
    return !this.#isGone && !this.#input.readableEnded && !this.#input.destroyed;
  }

  /** One line, without its end; undefined where there is nobody any more, or the question was taken back. */
  async ask(prompt: string, signal?: AbortSignal): Promise<string | undefined> {
    if (!this.isThere || signal?.aborted === true) return undefined;
    const input = this.#input;
    this.#output.write(prompt);
    this.#prompt = prompt;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const decoder = new TextDecoder();
    let typed = '';
    const onData = (chunk: Uint8Array) => {
      typed += decoder.decode(chunk, { stream: true });
      const end = typed.indexOf('\n');
      // What stands behind it was typed before the next question was read: it is no answer to that.
      if (end !== -1) resolve(typed.slice(0, end).replace(/\r$/, ''));
    };
    const onNobody = () => resolve(undefined);
    input.on('data', onData).resume();
    for (const event of ['end', 'close', 'error']) input.on(event, onNobody);
    signal?.addEventListener('abort', onNobody);
    try {
      const line = await promise;
      // Their own Enter ends the line of the prompt; without it, we do.
      if (line === undefined) this.#output.write('\n');
      return line;
    } finally {
      this.#prompt = undefined;
      input.off('data', onData);
      for (const event of ['end', 'close', 'error']) input.off(event, onNobody);
      signal?.removeEventListener('abort', onNobody);
      input.pause();
    }
  }

  /** Lines for them; what is being asked stands below them then. */
  tell(lines: readonly string[]): void {
    const before = this.#prompt === undefined ? '' : '\n';
    this.#output.write(`${before}${lines.map((line) => `${line}\n`).join('')}${this.#prompt ?? ''}`);
  }

  /** Only a yes counts as one. */
  async agrees(prompt: string): Promise<boolean> {
    const answer = await this.ask(`${prompt} [y/N] `);
    return /^\s*y(?:es)?\s*$/i.test(answer ?? '');
  }
}

/** Undefined where nobody can be asked: in a script, and where a program reads the results. */
export function personAt({ door, json }: CommandContext): Person | undefined {
  const { stdin, stdout, stderr } = door;
  const output = [stdout, stderr].find((stream) => terminalOf(stream) !== undefined);
  const isTyped = 'isTTY' in stdin && stdin.isTTY === true;
  return json || !isTyped || output === undefined ? undefined : new Person(stdin, output);
}
