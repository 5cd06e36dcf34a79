import * as z from 'zod';
import { sessionEvent, type SessionEvent } from '../protocol/event.ts';
import { isPlainObject, text } from '../protocol/json.ts';
import { MAX_ITERATIONS, MAX_TOOLS_USED, nameText, session as sessionSchema } from '../protocol/session.ts';
import { sessionsFail, sessionsPause, sessionsStart } from '../protocol/sessionLifecycleMethods.ts';
import { LockstepError } from './errors.ts';
import type { SessionState } from './sessionStep.ts';

/**
 * The form of an export: JSON, one value a line, ended by LF. First the header, then each session followed by its
 * events, at last how many there were of each, so that a file that was cut off is told from a whole one.
 */
const FORMAT_VERSION = 1;

const header = z.looseObject({ lockstep: z.literal('export'), version: z.int().min(1) });

const { task, mode, title, label, userId, channelId, agentId, workspace, model, provider } =
  sessionsStart.params.shape;
const id = nameText(256);
/** Far over what a session comes to, and far enough below 2^53 that what is added stays exact. */
const count = z.int().min(0).max(1e12);
const names = z.array(text(256)).max(MAX_TOOLS_USED);
const DAY_MS = 86_400_000;

/** A session with the limits that its texts had when they were first taken. */
const exportedSession = sessionSchema
  .omit({ trashedAt: true })
  .extend({
    id,
    label,
    title: title.unwrap(),
    mode,
    task,
    userId,
    channelId,
    agentId,
    parentId: id.optional(),
    workspace,
    model,
    provider,
    error: sessionsFail.params.shape.error.optional(),
    tokens: z.strictObject({
      input: count,
      output: count,
      cacheRead: count,
      cacheWrite: count,
      total: count,
    }),
    costUsd: z.number().min(0).max(1e9).optional(),
    toolCalls: count,
    errors: count,
    messages: count,
    toolsUsed: names,
    blockedActions: names,
    forkedFrom: z.strictObject({ id, seq: count.min(1) }).optional(),
  })
  .refine(({ iterations, maxIterations }) => iterations <= maxIterations, {
    error: 'has more iterations than its budget',
  })
  .refine(
    ({ status, endedAt }) => (status === 'completed' || status === 'failed') === (endedAt !== undefined),
    {
      error: 'has an end that does not agree with its status',
    },
  );

const sessionLine = z.strictObject({
  session: exportedSession,
  iterationOpen: z.boolean(),
  pauseReason: sessionsPause.params.shape.reason,
});
const eventLine = z.strictObject({ event: sessionEvent });
const endLine = z.strictObject({ end: z.strictObject({ sessions: z.int().min(0), events: z.int().min(0) }) });

export interface ImportedSession {
  readonly state: SessionState;
  /** From the first, without gaps. */
  readonly events: readonly SessionEvent[];
}

export function exportHeader(): string {
  return lineOf({ lockstep: 'export', version: FORMAT_VERSION });
}

export function exportedState({ session, iterationOpen, pauseReason }: SessionState): string {
  return lineOf({ session, iterationOpen, ...(pauseReason === undefined ? {} : { pauseReason }) });
}

export function exportedEvent(event: SessionEvent): string {
  return lineOf({ event });
}

export function exportEnd(sessions: number, events: number): string {
  return lineOf({ end: { sessions, events } });
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** After so many characters others have their turn. */
const TURN = 256 * 1024;

/**
 * Reads an export; others can be let to their turn after each step. `now` is in milliseconds since the epoch.
 * @throws LockstepError INVALID_PARAMS, naming the line; also where the export is not whole
 */
export function* parseExport(content: string, now: number): Generator<void, ImportedSession[]> {
  const reader = new ExportReader(now);
  let turn = TURN;
  for (let from = content.startsWith('\uFEFF') ? 1 : 0; from <= content.length;) {
    const lineEnd = content.indexOf('\n', from);
    const to = lineEnd === -1 ? content.length : lineEnd;
    reader.take(content.slice(from, to));
    from = to + 1;
    if (from >= turn) {
      turn = from + TURN;
      yield;
    }
  }
  return reader.finish();
}

/** Takes the lines of an export one by one. */
class ExportReader {
  readonly #now: number;
  readonly #imported: { state: SessionState; events: SessionEvent[] }[] = [];
  readonly #ids = new Set<string>();
  #hasHeader = false;
  #events = 0;
  /** Begun in the session that is under way. */
  #iterations = 0;
  #isEnded = false;
  /** Of the line that was taken last. */
  #number = 0;

  constructor(now: number) {
    this.#now = now;
  }

  take(written: string): void {
    this.#number++;
    if (written.trim() === '') return;
    const value = this.#jsonOf(written);
    if (!this.#hasHeader) {
      this.#takeHeader(value);
      return;
    }
    if (this.#isEnded) throw this.#invalid('stands after the end of the export');
    const keys: ReadonlySet<string> = new Set(isPlainObject(value) ? Object.keys(value) : []);
    if (keys.has('session')) this.#takeSession(this.#parsed(sessionLine, value));
    else if (keys.has('event')) this.#takeEvent(this.#parsed(eventLine, value).event);
    else if (keys.has('end')) this.#takeEnd(this.#parsed(endLine, value).end);
    else throw this.#invalid('is not a line of an export');
  }

  finish(): ImportedSession[] {
    if (!this.#isEnded) throw this.#invalid('the export is cut off: its last line is missing');
    const empty = this.#imported.find((one) => one.events.length === 0);
    if (empty) throw this.#invalid(`session ${empty.state.session.id} has no events`);
    return this.#imported;
  }

  #takeHeader(value: unknown): void {
    const parsed = header.safeParse(value);
    if (!parsed.success) throw this.#invalid('this is not an export of Lockstep');
    const { version } = parsed.data;
    if (version > FORMAT_VERSION) {
      throw this.#invalid(
        `the export has format ${version}, this Lockstep knows ${FORMAT_VERSION}: update it`,
      );
    }
    this.#hasHeader = true;
  }

  #takeSession({ session, iterationOpen, pauseReason }: z.output<typeof sessionLine>): void {
    const { createdAt, updatedAt, endedAt, archivedAt } = session;
    for (const [name, time] of Object.entries({ createdAt, updatedAt, endedAt, archivedAt }))
      if (time !== undefined) this.#checkTime(`session.${name}`, time);
    if (this.#ids.has(session.id)) throw this.#invalid(`session ${session.id} is there twice`);
    this.#ids.add(session.id);
    this.#iterations = 0;
    // The store gives it a revision of its own.
    this.#imported.push({ state: { session, iterationOpen, pauseReason }, events: [] });
  }

  #takeEvent(event: SessionEvent): void {
    const current = this.#imported.at(-1);
    if (!current) throw this.#invalid('is an event without a session');
    if (event.seq !== current.events.length + 1) {
      throw this.#invalid(`event ${current.events.length + 1} was to come, not ${event.seq}`);
    }
    this.#checkTime('event.timestamp', event.timestamp);
    if (event.type === 'iteration' && ++this.#iterations > MAX_ITERATIONS) {
      throw this.#invalid(`is one iteration more than the ${MAX_ITERATIONS} that a session can have`);
    }
    current.events.push(event);
    this.#events++;
  }

  #takeEnd(end: z.output<typeof endLine>['end']): void {
    if (end.sessions !== this.#imported.length || end.events !== this.#events) {
      throw this.#invalid(
        `the export had ${end.sessions} sessions and ${end.events} events; here are ${this.#imported.length} and ${this.#events}`,
      );
    }
    this.#isEnded = true;
  }

  /** Clocks differ, but not by more than a day. */
  #checkTime(name: string, time: string): void {
    const at = Date.parse(time);
    if (at >= 0 && at <= this.#now + DAY_MS) return;
    throw this.#invalid(`${name} is before 1970, or later than tomorrow`);
  }

  #parsed<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw this.#invalid(`${issue?.path.join('.') ?? ''} ${issue?.message ?? 'cannot be read'}`.trim());
  }

  #jsonOf(written: string): unknown {
    try {
      return JSON.parse(written);
    } catch {
      throw this.#invalid(
        this.#hasHeader ? 'is not JSON, or is cut off' : 'this is not an export of Lockstep',
      );
    }
  }

  #invalid(problem: string): LockstepError {
    return new LockstepError('INVALID_PARAMS', `content: line ${this.#number}: ${problem}.`, {
      details: { param: 'content', line: this.#number },
    });
  }
}
