import type { ServerResponse } from 'node:http';
import type { Question, Turn } from './turn.ts';

export type Answer = Exclude<Turn, { kind: 'wait' | 'fail' }>;

/** One of the protocols by which programs ask models. */
export interface Dialect {
  /** Whether a request to that path is one of it. */
  readonly isAt: (path: string) => boolean;
  /** @throws where it is no request of this dialect */
  readonly question: (body: unknown, path: string) => Question;
  /** `id`: of this answer alone. */
  readonly answer: (to: Reply, turn: Answer, id: string) => void;
}

/** Events that a server sends, as the models' endpoints send their answers. */
export class Reply {
  readonly model: string;
  readonly #response: ServerResponse;

  constructor(response: ServerResponse, model: string) {
    this.#response = response;
    this.model = model;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
  }

  event(data: object | string, name?: string): void {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    this.#response.write(`${name === undefined ? '' : `event: ${name}\n`}data: ${text}\n\n`);
  }

  end(): void {
    this.#response.end();
  }
}

/** As a model says it: word by word. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/\S+\s*/g) ?? [];
}
