import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { systemErrorCode } from '../../../platform/systemError.ts';
import { LineSplitter } from '../../supervisor/lineSplitter.ts';
import { MAX_LINE_BYTES } from '../commandAgent.ts';
import { sizeWords } from '../exitWords.ts';
import type { Tell } from './acpConversation.ts';
import type { AcpWire } from './acpWire.ts';

/** How much of standard error is kept for the message: in UTF-16 units, and in lines. */
const MAX_STDERR_TAIL = 2 * 1024;
const MAX_STDERR_LINES = 10;

/** What an agent writes, up to its limits: messages to the wire, standard error as it is. */
export class AcpOutput {
  readonly #wire: AcpWire;
  readonly #tell: Tell;
  readonly #maxBytes: number;
  readonly #onLimit: () => void;
  readonly #lines = new LineSplitter(MAX_LINE_BYTES);
  #bytes = 0;
  #stderr = '';
  /** Which limit it has gone over, as a sentence. */
  limit: string | undefined;

  constructor(wire: AcpWire, tell: Tell, maxBytes: number, onLimit: () => void) {
    this.#wire = wire;
    this.#tell = tell;
    this.#maxBytes = maxBytes;
    this.#onLimit = onLimit;
  }

  /** The last lines of standard error. */
  get lastOfStderr(): string {
    return this.#stderr.trim().split(/\r?\n/).slice(-MAX_STDERR_LINES).join('\n');
  }

  async readStdout(stdout: Readable): Promise<void> {
    for await (const chunk of chunksOf(stdout)) {
      for (const line of this.#lines.push(this.#count(chunk))) await this.#wire.line(line);
      if (this.#lines.isOver)
        this.#stop(`The agent wrote a line of more than ${sizeWords(MAX_LINE_BYTES)}, and was ended.`);
      // Leaving the loop closes the pipe: the agent cannot go on writing, even while it does not end.
      if (this.limit !== undefined) return;
    }
    const rest = this.#lines.rest();
    if (rest !== undefined) await this.#tell([{ type: 'raw', stream: 'stdout', text: rest }]);
  }

  async readStderr(stderr: Readable): Promise<void> {
    const decoder = new StringDecoder('utf8');
    for await (const chunk of chunksOf(stderr)) {
      await this.#takeStderr(decoder.write(Buffer.from(this.#count(chunk))));
      if (this.limit !== undefined) return;
    }
    await this.#takeStderr(decoder.end());
  }

  async #takeStderr(text: string): Promise<void> {
    if (text === '') return;
    this.#stderr = `${this.#stderr}${text}`.slice(-MAX_STDERR_TAIL);
    await this.#tell([{ type: 'raw', stream: 'stderr', text }]);
  }

  /** Gives the part of a chunk that is within the limit. */
  #count(chunk: Uint8Array): Uint8Array {
    const left = this.#maxBytes - this.#bytes;
    this.#bytes += chunk.length;
    if (chunk.length <= left) return chunk;
    this.#stop(`The agent wrote more than its limit of ${sizeWords(this.#maxBytes)}, and was ended.`);
    return chunk.subarray(0, Math.max(0, left));
  }

  #stop(limit: string): void {
    this.limit ??= limit;
    this.#onLimit();
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
