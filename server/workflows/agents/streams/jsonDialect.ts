import { isPlainObject, type JsonObject } from '../../../protocol/json.ts';
import type { AgentEvent, AgentUsage } from '../agent.ts';
import { answerTail } from './answerTail.ts';
import type { StreamEnd, StreamOutcome, StreamReader } from './streamReader.ts';

/** What one agent's lines of JSON say. */
export interface JsonDialect {
  /** The events of one line; undefined where it is not understood. */
  line(line: JsonObject): readonly AgentEvent[] | undefined;
  /** How it ended, as far as the lines tell; called once, after the last one. `code` is the exit code. */
  end(code: number | undefined): DialectEnd;
}

export interface DialectEnd {
  /** Undefined where the stream ends in the middle of the work. */
  readonly outcome: StreamOutcome['outcome'] | undefined;
  /** Why, where it is no success and the agent said so. */
  readonly message?: string | undefined;
  readonly answer: { readonly output: string; readonly truncated?: boolean };
  readonly usage?: AgentUsage | undefined;
  readonly sessionHandle?: string | undefined;
  /** What was still held back. */
  readonly events?: readonly AgentEvent[];
}

export const NO_ANSWER = answerTail('');

/** Reads a stream of one JSON object a line. Whatever is none, or none that the dialect knows, is shown as it is. */
export class JsonDialectStream implements StreamReader {
  readonly #dialect: JsonDialect;

  constructor(dialect: JsonDialect) {
    this.#dialect = dialect;
  }

  lines(lines: readonly string[]): readonly AgentEvent[] {
    return lines
      .filter((line) => line.trim() !== '')
      .flatMap((line) => this.#line(line) ?? [{ type: 'raw', stream: 'stdout', text: line }]);
  }

  end({ code, rest }: StreamEnd): StreamOutcome {
    const events = rest === undefined ? [] : this.lines([rest]);
    const { outcome, message, answer, usage, sessionHandle, events: last = [] } = this.#dialect.end(code);
    return {
      ...answer,
      outcome: outcome ?? 'error',
      ...(outcome === 'success'
        ? {}
        : { message: message ?? 'Its output ends before it said how its work ended.' }),
      ...(usage === undefined ? {} : { usage }),
      ...(sessionHandle === undefined ? {} : { sessionHandle }),
      events: [...events, ...last],
    };
  }

  #line(text: string): readonly AgentEvent[] | undefined {
    const line = parsed(text);
    return isPlainObject(line) ? this.#dialect.line(line) : undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A part of a line that is not understood, as it is. */
export function rawPart(value: unknown): AgentEvent {
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch {
    text = '[nested too deeply to be shown]';
  }
  return { type: 'raw', stream: 'stdout', text };
}

/** Usage without what was not reported; undefined where nothing was. */
export function usageOf({ tokens, costUsd, model }: Reported): AgentUsage | undefined {
  if (tokens === undefined && costUsd === undefined && model === undefined) return undefined;
  return {
    ...(tokens === undefined ? {} : { tokens }),
    ...(costUsd === undefined ? {} : { costUsd }),
    ...(model === undefined ? {} : { model }),
  };
}

export type Reported = { readonly [key in keyof AgentUsage]: AgentUsage[key] | undefined };

/** As an event, or none. */
export function usageEvents(usage: AgentUsage | undefined): readonly AgentEvent[] {
  return usage === undefined ? [] : [{ type: 'usage', ...usage }];
}
