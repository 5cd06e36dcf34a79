import { MAX_OUTPUT_TEXT, type AgentEvent } from '../agent.ts';
import { answerTail } from './answerTail.ts';
import type { StreamEnd, StreamOutcome, StreamReader } from './streamReader.ts';

/** All that the program prints is its answer. There is nothing but the exit code to tell success by: 0. */
export class TextStream implements StreamReader {
  /** A little more than what is kept, so that it is cut once in a while and not at each line. */
  #tail = '';
  #isCut = false;

  lines(lines: readonly string[]): readonly AgentEvent[] {
    return this.#take(`${lines.join('\n')}\n`);
  }

  end({ code, rest }: StreamEnd): StreamOutcome {
    const events = rest === undefined ? [] : this.#take(rest);
    const { output, truncated } = answerTail(this.#tail.replace(/\n+$/, ''));
    return {
      outcome: code === 0 ? 'success' : 'error',
      output,
      ...(this.#isCut || truncated === true ? { truncated: true } : {}),
      events,
    };
  }

  #take(text: string): readonly AgentEvent[] {
    this.#tail += text;
    if (this.#tail.length > 4 * MAX_OUTPUT_TEXT) {
      // Flat, so that it holds on to nothing of the text that it was cut from.
      this.#tail = Buffer.from(this.#tail.slice(-2 * MAX_OUTPUT_TEXT), 'utf16le').toString('utf16le');
      this.#isCut = true;
    }
    return [{ type: 'message', role: 'assistant', text }];
  }
}
