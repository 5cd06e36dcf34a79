import * as z from 'zod';
import { sessionEvent, type SessionEvent } from '../protocol/event.ts';
import { text } from '../protocol/json.ts';
import { session as sessionSchema } from '../protocol/session.ts';
import { sessionsFail, sessionsPause, sessionsStart } from '../protocol/sessionLifecycleMethods.ts';
import { LockstepError } from './errors.ts';
import type { SessionState } from './sessionState.ts';

/**
 * The form of an export: JSON, one value a line, ended by LF. First the header, then each session followed by its
 * events, at last how many there were of each, so that a file that was cut off is told from a whole one.
 */
const FORMAT_VERSION = 1;

const header = z.looseObject({ lockstep: z.literal('export'), version: z.int() });

const { task, mode, title, label, userId, channelId, agentId, workspace, model, provider } =
  sessionsStart.params.shape;
const id = text(256);

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
    forkedFrom: z.strictObject({ id, seq: z.int().min(1) }).optional(),
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

const line = z.union([
  z.strictObject({
    session: exportedSession,
    iterationOpen: z.boolean(),
    pauseReason: sessionsPause.params.shape.reason,
  }),
  z.strictObject({ event: sessionEvent }),
  z.strictObject({ end: z.strictObject({ sessions: z.int().min(0), events: z.int().min(0) }) }),
]);

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

/** @throws LockstepError INVALID_PARAMS, naming the line; also where the export is not whole */
export function parseExport(content: string): ImportedSession[] {
  const imported: { state: SessionState; events: SessionEvent[] }[] = [];
  const ids = new Set<string>();
  let events = 0;
  let isEnded = false;
  let number = 0;
  for (const written of content.replace(/^\uFEFF/, '').split('\n')) {
    number++;
    if (written.trim() === '') continue;
    const value = jsonOf(written, number);
    if (number === 1) {
      checkHeader(value);
      continue;
    }
    if (isEnded) throw invalid(number, 'stands after the end of the export');
    const parsed = line.safeParse(value);
    if (!parsed.success) throw invalid(number, describe(value, parsed.error));
    if ('session' in parsed.data) {
      const { session, iterationOpen, pauseReason } = parsed.data;
      if (ids.has(session.id)) throw invalid(number, `session ${session.id} is there twice`);
      ids.add(session.id);
      // The store gives it a revision of its own.
      imported.push({ state: { session, iterationOpen, pauseReason }, events: [] });
    } else if ('event' in parsed.data) {
      const current = imported.at(-1);
      const { event } = parsed.data;
      if (!current) throw invalid(number, 'is an event without a session');
      if (event.seq !== current.events.length + 1) {
        throw invalid(number, `event ${current.events.length + 1} was to come, not ${event.seq}`);
      }
      current.events.push(event);
      events++;
    } else {
      const { end } = parsed.data;
      if (end.sessions !== imported.length || end.events !== events) {
        throw invalid(
          number,
          `the export had ${end.sessions} sessions and ${end.events} events; here are ${imported.length} and ${events}`,
        );
      }
      isEnded = true;
    }
  }
  if (!isEnded) throw invalid(number, 'the export is cut off: its last line is missing');
  const empty = imported.find((one) => one.events.length === 0);
  if (empty) throw invalid(number, `session ${empty.state.session.id} has no events`);
  return imported;
}

function checkHeader(value: unknown): void {
  const parsed = header.safeParse(value);
  if (!parsed.success) throw invalid(1, 'this is not an export of Lockstep');
  if (parsed.data.version > FORMAT_VERSION) {
    throw invalid(
      1,
      `the export has format ${parsed.data.version}, this Lockstep knows ${FORMAT_VERSION}: update it`,
    );
  }
}

function jsonOf(written: string, number: number): unknown {
  try {
    return JSON.parse(written);
  } catch {
    throw invalid(number, number === 1 ? 'this is not an export of Lockstep' : 'is not JSON, or is cut off');
  }
}

/** The union would say no more than that nothing fits. */
function describe(value: unknown, error: z.ZodError): string {
  const kind = z.looseObject({ session: z.unknown() }).safeParse(value);
  const own =
    kind.success && kind.data.session !== undefined
      ? exportedSession.safeParse(kind.data.session).error
      : error;
  const [issue] = (own ?? error).issues;
  return `${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not a line of an export'}`.trim();
}

function invalid(number: number, problem: string): LockstepError {
  return new LockstepError('INVALID_PARAMS', `content: line ${number}: ${problem}.`, {
    details: { param: 'content', line: number },
  });
}
