import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

const MESSAGES = '/messages';

/** Text, or the bytes of a file. */
type Content = string | Buffer;

/**
 * Serves a page and its files, and carries messages into it as lines of one response that does not end.
 * `page.evaluate` would do for a few messages: it has its arguments compiled as a script, which V8 keeps, so that a
 * page that is sent some hundred megabytes in the end spends its time on collecting them. The page asks for the messages
 * before its own policy is there to refuse it.
 */
export class GuestServer implements AsyncDisposable {
  readonly origin: string;
  readonly #server: Server;
  readonly #files: ReadonlyMap<string, Content>;
  /** Of the page that listens now. */
  #listener: ServerResponse | undefined;
  #waiting: string[] = [];

  private constructor(server: Server, files: (origin: string) => ReadonlyMap<string, Content>) {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The server does not listen');
    this.origin = `http://127.0.0.1:${address.port}`;
    this.#files = files(this.origin);
    this.#server = server;
    server.on('request', (request, response) => this.#answer(request, response));
  }

  /** Files are by their path, `/` being the page. */
  static async start(files: (origin: string) => ReadonlyMap<string, Content>): Promise<GuestServer> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new GuestServer(server, files);
  }

  serves(url: string): boolean {
    const { origin, pathname } = new URL(url);
    return origin === this.origin && (pathname === MESSAGES || this.#files.has(pathname));
  }

  /** To run in each page before its own scripts: hands the messages on as a window gets them. */
  get script(): string {
    return `
      fetch('${this.origin}${MESSAGES}').then(async ({ body }) => {
        const reader = body.pipeThrough(new TextDecoderStream()).getReader();
        let begun = [];
        for (;;) {
          const { value, done } = await reader.read();
          if (done) return;
          const lines = value.split('\\n');
          for (const end of lines.splice(0, lines.length - 1)) {
            postMessage(JSON.parse([...begun, end].join('')), '*');
            begun = [];
          }
          begun.push(lines[0]);
        }
      });`;
  }

  /** Waits for a page where none listens. */
  post(message: unknown): void {
    const line = `${JSON.stringify(message)}\n`;
    if (this.#listener === undefined) this.#waiting.push(line);
    else this.#listener.write(line);
  }

  /** What is posted from now on is for the next page. */
  forgetPage(): void {
    this.#listener?.end();
    this.#listener = undefined;
    this.#waiting = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(url, this.origin);
    if (pathname === MESSAGES) this.#listen(response);
    else {
      const content = this.#files.get(pathname);
      response.writeHead(content === undefined ? 404 : 200, { 'content-type': contentType(pathname) });
      response.end(content);
    }
  }

  #listen(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    response.flushHeaders();
    for (const line of this.#waiting.splice(0)) response.write(line);
    this.#listener = response;
    response.on('close', () => {
      if (this.#listener === response) this.#listener = undefined;
    });
  }
}

function contentType(pathname: string): string {
  if (pathname === '/') return 'text/html; charset=utf-8';
  if (pathname.endsWith('.js')) return 'text/javascript; charset=utf-8';
  return pathname.endsWith('.css') ? 'text/css; charset=utf-8' : 'font/ttf';
}
