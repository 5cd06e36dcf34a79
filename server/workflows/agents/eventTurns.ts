import { StringDecoder } from 'node:string_decoder';
import type { ProcessGroup } from '../supervisor/processGroup.ts';
import {
  MAX_EVENT_TEXT,
  type AgentEvent,
  type AgentRequest,
  type AgentSink,
  type PermissionRequest,
} from './agent.ts';
import { boundedCall } from './boundedCall.ts';
import { sizeWords } from './exitWords.ts';

/**
 * What an agent tells, one call at a time, though it comes from two streams. Whoever tells waits until it is taken, so
 * nothing gathers here. The limit of output is held here, on what is told: streams that say the same again and again, as
 * one does that repeats a message with each new word of it, cost nobody anything.
 */
export class EventTurns {
  readonly #sink: AgentSink;
  readonly #request: Pick<AgentRequest, 'maxOutputBytes' | 'takeOutput'>;
  readonly #onEnd: () => void;
  #turn: Promise<void> = Promise.resolve();
  #bytes = 0;
  #limit: string | undefined;

  /**
   * @param onEnd  the agent is to be ended: a limit was gone over, or the sink has rejected. No more is told
   */
  constructor(
    sink: AgentSink,
    request: Pick<AgentRequest, 'maxOutputBytes' | 'takeOutput'>,
    onEnd: () => void,
  ) {
    this.#sink = sink;
    this.#request = request;
    this.#onEnd = onEnd;
  }

  /** Which limit was gone over, as a sentence. */
  get limit(): string | undefined {
    return this.#limit;
  }

  /** Of what was told so far: texts, and the input and output of tools as JSON, in UTF-8. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A limit was gone over: the first one counts. */
  stop(limit: string): void {
    this.#limit ??= limit;
    this.#onEnd();
  }

  /** Rejects as the sink does, and so does every later call. */
  started(group: ProcessGroup): Promise<void> {
    return this.#inTurn(() => this.#sink.started(group));
  }

  /** Rejects as the sink does, and so does every later call. */
  events(events: readonly AgentEvent[]): Promise<void> {
    if (events.length === 0) return this.#turn;
    return this.#inTurn(async () => {
      for (const event of events)
        for (const piece of piecesOf(event)) {
          const allowed = this.#limit === undefined ? this.#within(piece) : undefined;
          if (allowed !== undefined) await this.#sink.event(allowed);
        }
    });
  }

  /**
   * Asks in its turn, which lasts until the sink has answered or `moot` has settled: then undefined. Rejects as the sink
   * does.
   */
  async permission(
    request: PermissionRequest,
    moot: Promise<unknown>,
    onAsked: () => void,
  ): Promise<string | undefined> {
    let answer: string | undefined;
    await this.#inTurn(async () => {
      answer = await Promise.race([this.#sink.permission(request, onAsked), moot.then(() => undefined)]);
    });
    return answer;
  }

  /** When all was taken. */
  settled(): Promise<void> {
    return this.#turn;
  }

  /** As much of an event as is within the limit. */
  #within(event: AgentEvent): AgentEvent | undefined {
    const { maxOutputBytes, takeOutput } = this.#request;
    const bytes = bytesOf(event);
    const own = Math.min(bytes, maxOutputBytes - this.#bytes);
    const taken = takeOutput?.(own) ?? own;
    this.#bytes += taken;
    if (taken === bytes) return event;
    this.stop(
      taken < own
        ? 'The agent wrote more than its run has left, and was ended.'
        : `The agent wrote more than its limit of ${sizeWords(maxOutputBytes)}, and was ended.`,
    );
    if (!('text' in event) || taken === 0) return undefined;
    // Half a character at its end is left out.
    return { ...event, text: new StringDecoder('utf8').write(Buffer.from(event.text).subarray(0, taken)) };
  }

  #inTurn(tell: () => void | Promise<void>): Promise<void> {
    const turn = this.#turn.then(tell);
    this.#turn = turn;
    turn.catch(() => this.#onEnd());
    return turn;
  }
}

function bytesOf(event: AgentEvent): number {
  if ('text' in event) return Buffer.byteLength(event.text);
  if (event.type !== 'toolCall') return Buffer.byteLength(JSON.stringify(event));
  // Its end repeats the input.
  const said: unknown = event.status === 'begun' ? event.input : event.output;
  return Buffer.byteLength(event.name) + Buffer.byteLength(JSON.stringify(said ?? null));
}

/** The event, or, where its text is longer than it may be, its parts. */
function* piecesOf(event: AgentEvent): Generator<AgentEvent> {
  if (event.type === 'toolCall') {
    yield boundedCall(event);
    return;
  }
  if (!('text' in event) || event.text.length <= MAX_EVENT_TEXT) {
    yield event;
    return;
  }
  const { text } = event;
  for (let from = 0; from < text.length;) {
    let to = Math.min(from + MAX_EVENT_TEXT, text.length);
    // Never between the two halves of a character.
    if (/[\uD800-\uDBFF]/.test(text.charAt(to - 1)) && to < text.length) to -= 1;
    yield { ...event, text: text.slice(from, to) };
    from = to;
  }
}
