import type { AnyMessage, Stream } from '@agentclientprotocol/sdk';
import type { Writable } from 'node:stream';
import { isPlainObject, type JsonObject } from '../../../protocol/json.ts';

/** What is said on the wire that is not for the SDK. */
export interface WireEars {
  /** The params of a `session/update`. */
  update(params: unknown): Promise<void>;
  /** A request or a notification that Lockstep has no answer for; the SDK refuses the request. */
  unknown(method: string): Promise<void>;
  /** A line that is no message of the protocol, or an answer to nothing that was asked. */
  garbage(line: string): Promise<void>;
}

type Controller = ReadableStreamDefaultController<AnyMessage>;
type RequestId = string | number;

const UPDATE = 'session/update';
const PERMISSION = 'session/request_permission';
/** Moot: a request of the agent is answered before anything after it is read. */
const CANCEL_REQUEST = '$/cancel_request';

/**
 * The lines between an agent and the SDK's client. The SDK hands out messages without waiting for who takes them, so an
 * answer could overtake the updates before it, and a flood would gather in memory. Here each message is through before
 * the next is read: updates are told on, requests are answered, and only what the SDK understands is given to it.
 */
export class AcpWire {
  readonly #stdin: Writable;
  readonly #ears: WireEars;
  readonly #closed: Promise<unknown>;
  readonly #toSdk = Promise.withResolvers<Controller>();
  /** What we have asked, and not got an answer to. */
  readonly #asked = new Set<unknown>();
  #onAnswered: (() => void) | undefined;
  readonly stream: Stream;

  /** @param closed  settles when nothing will be answered any more */
  constructor(stdin: Writable, ears: WireEars, closed: Promise<unknown>) {
    this.#stdin = stdin;
    this.#ears = ears;
    this.#closed = closed;
    this.stream = {
      readable: new ReadableStream<AnyMessage>({ start: (controller) => this.#toSdk.resolve(controller) }),
      writable: new WritableStream<AnyMessage>({ write: (message) => this.#write(message) }),
    };
  }

  /** One line of the agent's, without its end. Settles when it is dealt with; rejects as the ears do. */
  async line(line: string): Promise<void> {
    if (line.trim() === '') return;
    const message = parsed(line);
    if (!isPlainObject(message) || !isMessage(message)) return this.#ears.garbage(line);
    const { method, id } = message;
    if (method === undefined) {
      if (!isRequestId(id) || !this.#asked.delete(id)) return this.#ears.garbage(line);
      return this.#give(message);
    }
    if (typeof method !== 'string') return this.#ears.garbage(line);
    if (!('id' in message)) return this.#notification(method, message['params']);
    if (!isRequestId(id)) return this.#ears.garbage(line);
    if (method !== PERMISSION) await this.#ears.unknown(method);
    const answered = new Promise<void>((resolve) => (this.#onAnswered = resolve));
    await this.#give(message);
    await Promise.race([answered, this.#closed]);
  }

  async #notification(method: string, params: unknown): Promise<void> {
    if (method === UPDATE) return this.#ears.update(params);
    if (method !== CANCEL_REQUEST) await this.#ears.unknown(method);
  }

  async #give(message: JsonObject): Promise<void> {
    const controller = await this.#toSdk.promise;
    try {
      if (isMessage(message)) controller.enqueue(message);
    } catch {
      // The connection is closed: nobody waits for it.
    }
  }

  /** Settles when the agent has read it, or never will. */
  #write(message: AnyMessage): Promise<void> {
    if ('method' in message && 'id' in message) this.#asked.add(message.id);
    return new Promise((resolve) => {
      this.#stdin.write(`${JSON.stringify(message)}\n`, () => {
        if (!('method' in message)) this.#onAnswered?.();
        resolve();
      });
    });
  }
}

/** By its envelope: the SDK looks at all of its shape, and answers for what is amiss. */
function isMessage(message: JsonObject): message is JsonObject & AnyMessage {
  return message['jsonrpc'] === '2.0';
}

function isRequestId(id: unknown): id is RequestId {
  return typeof id === 'string' || (typeof id === 'number' && Number.isFinite(id));
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
