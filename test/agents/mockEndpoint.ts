import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { chatDialect } from './mock/chatDialect.ts';
import { Reply, type Dialect } from './mock/dialect.ts';
import { geminiDialect } from './mock/geminiDialect.ts';
import { messagesDialect } from './mock/messagesDialect.ts';
import { responsesDialect } from './mock/responsesDialect.ts';
import type { Question, Turn } from './mock/turn.ts';

const DIALECTS: readonly Dialect[] = [chatDialect, responsesDialect, messagesDialect, geminiDialect];

export type Model = (question: Question) => Turn | Promise<Turn>;

/** A model's endpoint on this machine, in every dialect that the agents speak. What the model says is a function. */
export class MockEndpoint {
  readonly #server: Server;
  readonly #model: Model;
  #answers = 0;

  private constructor(model: Model) {
    this.#model = model;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        refuse(response, 500, error instanceof Error ? error.message : String(error));
      });
    });
  }

  static async start(model: Model): Promise<MockEndpoint> {
    const endpoint = new MockEndpoint(model);
    endpoint.#server.listen(0, '127.0.0.1');
    await once(endpoint.#server, 'listening');
    return endpoint;
  }

  /** Without a slash at its end. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the endpoint is closed');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const dialect = DIALECTS.find(({ isAt }) => isAt(pathname));
    if (request.method !== 'POST' || dialect === undefined) {
      refuse(response, 404, `nothing is at ${pathname}`);
      return;
    }
    const question = dialect.question(await json(request), pathname);
    const turn = await this.#model(question);
    if (turn.kind === 'wait') return;
    if (turn.kind === 'fail') refuse(response, turn.status, turn.message);
    else dialect.answer(new Reply(response, question.model), turn, `t${++this.#answers}`);
  }
}

/** In the form that all of the dialects know. */
function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message, code: status } }),
  );
}
