import { MAX_EVENT_TEXT, type AgentEvent, type AgentSink, type PermissionRequest } from './agent.ts';
import { boundedCall } from './boundedCall.ts';
import type { ProcessGroup } from '../supervisor/processGroup.ts';

/**
 * What an agent tells, one call at a time, though it comes from two streams. Whoever tells waits until it is taken, so
 * nothing gathers here.
 */
export class EventTurns {
  readonly #sink: AgentSink;
  readonly #onFailure: () => void;
  #turn: Promise<void> = Promise.resolve();

  /** @param onFailure  the sink has rejected: no more is told to it */
  constructor(sink: AgentSink, onFailure: () => void) {
    this.#sink = sink;
    this.#onFailure = onFailure;
  }

  /** Rejects as the sink does, and so does every later call. */
  started(group: ProcessGroup): Promise<void> {
    return this.#inTurn(() => this.#sink.started(group));
  }

  /** Rejects as the sink does, and so does every later call. */
  events(events: readonly AgentEvent[]): Promise<void> {
    if (events.length === 0) return this.#turn;
    return this.#inTurn(async () => {
      for (const event of events) for (const piece of piecesOf(event)) await this.#sink.event(piece);
    });
  }

  /**
   * Asks in its turn, which lasts until the sink has answered or `moot` has settled: then undefined. Rejects as the sink
   * does.
   */
  async permission(request: PermissionRequest, moot: Promise<unknown>): Promise<string | undefined> {
    let answer: string | undefined;
    await this.#inTurn(async () => {
      answer = await Promise.race([this.#sink.permission(request), moot.then(() => undefined)]);
    });
    return answer;
  }

  /** When all was taken. */
  settled(): Promise<void> {
    return this.#turn;
  }

  #inTurn(tell: () => void | Promise<void>): Promise<void> {
    const turn = this.#turn.then(tell);
    this.#turn = turn;
    turn.catch(() => this.#onFailure());
    return turn;
  }
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
