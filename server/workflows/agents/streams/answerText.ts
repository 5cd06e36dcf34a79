import { MAX_OUTPUT_TEXT } from '../agent.ts';
import { answerTail } from './answerTail.ts';

/** An answer that comes in pieces, of which the end is kept. */
export class AnswerText {
  #tail = '';
  #isCut = false;

  add(text: string): void {
    this.#tail += text;
    if (this.#tail.length <= 4 * MAX_OUTPUT_TEXT) return;
    // Flat, so that it holds on to nothing of the text that it was cut from.
    this.#tail = Buffer.from(this.#tail.slice(-2 * MAX_OUTPUT_TEXT), 'utf16le').toString('utf16le');
    this.#isCut = true;
  }

  tail(): { readonly output: string; readonly truncated?: true } {
    return { ...answerTail(this.#tail), ...(this.#isCut ? { truncated: true } : {}) };
  }
}
