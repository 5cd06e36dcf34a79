import * as z from 'zod';

const frame = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('event'), event: z.string() }),
  z.looseObject({
    type: z.literal('res'),
    id: z.string(),
    ok: z.boolean(),
    payload: z.unknown().optional(),
    error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
  }),
]);

/** What a gateway says to a request. */
export type Answer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** A client of the gateway's WebSocket protocol, version 4. */
export class GatewayClient {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, PromiseWithResolvers<Answer>>();
  readonly #challenged = Promise.withResolvers<void>();
  #next = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    // Nobody may be waiting for it any more when the connection ends.
    this.#challenged.promise.catch(() => undefined);
    socket.addEventListener('message', ({ data }) => this.#take(z.string().parse(data)));
    socket.addEventListener('error', () => this.#fail('the connection to the gateway failed'));
    socket.addEventListener('close', () => this.#fail('the gateway closed the connection'));
  }

  static async connect(port: number, token: string): Promise<GatewayClient> {
    const client = new GatewayClient(new WebSocket(`ws://127.0.0.1:${port}`));
    await client.#challenged.promise;
    const answer = await client.request('connect', {
      minProtocol: 4,
      maxProtocol: 4,
      client: { id: 'gateway-client', version: '1', platform: process.platform, mode: 'backend' },
      role: 'operator',
      scopes: ['operator.admin'],
      caps: [],
      auth: { token },
    });
    if (!answer.ok) throw new Error(`the gateway refused the connection: ${answer.message}`);
    return client;
  }

  async request(method: string, params: unknown): Promise<Answer> {
    const id = String(this.#next++);
    const waiter = Promise.withResolvers<Answer>();
    if (this.#socket.readyState !== WebSocket.OPEN)
      throw new Error('the connection to the gateway is closed');
    this.#waiting.set(id, waiter);
    this.#socket.send(JSON.stringify({ type: 'req', id, method, params }));
    return waiter.promise;
  }

  close(): void {
    this.#socket.close();
  }

  #take(text: string): void {
    const received = frame.parse(JSON.parse(text));
    if (received.type === 'event') {
      if (received.event === 'connect.challenge') this.#challenged.resolve();
      return;
    }
    const waiter = this.#waiting.get(received.id);
    this.#waiting.delete(received.id);
    const { ok, payload, error } = received;
    if (ok) waiter?.resolve({ ok, result: payload });
    else waiter?.resolve({ ok, code: error?.code ?? '', message: error?.message ?? '' });
  }

  #fail(why: string): void {
    const error = new Error(why);
    this.#challenged.reject(error);
    for (const waiter of this.#waiting.values()) waiter.reject(error);
    this.#waiting.clear();
  }
}
