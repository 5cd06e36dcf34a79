import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { systemErrorCode } from '../../platform/systemError.ts';
import { LineSplitter } from '../supervisor/lineSplitter.ts';
import type { EventTurns } from './eventTurns.ts';
import { sizeWords } from './exitWords.ts';

const MAX_LINE_BYTES = 8 * 1024 * 1024;
/** How much of standard error is kept for the message, in UTF-16 units. */
const MAX_STDERR_TAIL = 4 * 1024;

/** What an agent writes, up to its limits: standard output as lines, standard error as it is. */
export class AgentOutput {
  readonly #turns: EventTurns;
  readonly #lines = new LineSplitter(MAX_LINE_BYTES);
  #stderr = '';

  constructor(turns: EventTurns) {
    this.#turns = turns;
  }

  /** The last of what it wrote to standard error. */
  get stderr(): string {
    return this.#stderr;
  }

  /** @param take  is given whole lines, as many as came at once; no more are read until it has settled */
  async readStdout(stdout: Readable, take: (lines: readonly string[]) => Promise<void>): Promise<void> {
    for await (const chunk of chunksOf(stdout)) {
      const lines = this.#lines.push(chunk);
      if (lines.length > 0) await take(lines);
      if (this.#lines.isOver)
        this.#turns.stop(`The agent wrote a line of more than ${sizeWords(MAX_LINE_BYTES)}, and was ended.`);
      // Leaving the loop closes the pipe: the agent cannot go on writing, even while it does not end.
      if (this.#turns.limit !== undefined) return;
    }
  }

  async readStderr(stderr: Readable): Promise<void> {
    const decoder = new StringDecoder('utf8');
    for await (const chunk of chunksOf(stderr)) {
      await this.#takeStderr(decoder.write(Buffer.from(chunk)));
      if (this.#turns.limit !== undefined) return;
    }
    await this.#takeStderr(decoder.end());
  }

  /** After the end: what came after the last line end. Undefined where nothing did, or a limit was gone over. */
  rest(): string | undefined {
    return this.#turns.limit === undefined ? this.#lines.rest() : undefined;
  }

  async #takeStderr(text: string): Promise<void> {
    if (text === '') return;
    this.#stderr = `${this.#stderr}${text}`.slice(-MAX_STDERR_TAIL);
    await this.#turns.events([{ type: 'raw', stream: 'stderr', text }]);
  }
}

/** The chunks of a stream until it ends, or is closed because a process that has escaped still holds it. */
async function* chunksOf(stream: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    if (systemErrorCode(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
