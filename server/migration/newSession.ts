import { replay } from '../domain/replay.ts';
import type { ImportedSession } from '../domain/sessionExport.ts';
import { defined } from '../domain/sessionStep.ts';
import type { SessionEvent } from '../protocol/event.ts';
import type { JsonObject } from '../protocol/json.ts';
import { MAX_ITERATIONS, MAX_TITLE, type Session, type Tokens } from '../protocol/session.ts';
import type { Bounds } from './bounds.ts';

/** An event before it has its number; a time that is not known is that of the event before it. */
export interface MigratedEvent {
  readonly timestamp: string | undefined;
  readonly type: string;
  readonly data: JsonObject;
  /** Whether its data is known to be small and shallow: most are, and to measure them all takes long. */
  readonly isSmall?: boolean;
}

/** What is known of a session that others kept; what is absent follows from its history. */
export interface KnownSession {
  readonly id: string;
  readonly label?: string | undefined;
  /** The first one that is a text. */
  readonly titles: readonly unknown[];
  readonly mode: string;
  readonly task?: unknown;
  readonly status: Session['status'];
  readonly iterations?: number | undefined;
  readonly maxIterations?: number | undefined;
  readonly userId?: unknown;
  readonly channelId?: unknown;
  readonly agentId?: unknown;
  readonly workspace?: unknown;
  readonly context?: JsonObject | undefined;
  readonly result?: unknown;
  readonly error?: unknown;
  readonly model?: unknown;
  readonly provider?: unknown;
  readonly tokens?: Tokens | undefined;
  readonly costUsd?: number | undefined;
  readonly toolsUsed?: readonly string[] | undefined;
  readonly blockedActions?: readonly string[] | undefined;
  readonly metadata: JsonObject;
  readonly createdAt?: string | undefined;
  readonly updatedAt?: string | undefined;
  readonly archivedAt?: string | undefined;
  readonly events: readonly MigratedEvent[];
}

const MAX_TASK = 256 * 1024;

/** A session in Lockstep's form. `modifiedAt` (ISO) stands in where no time at all is known. */
export function newSession(known: KnownSession, bounds: Bounds, modifiedAt: string): ImportedSession {
  const firstTime = known.events.find(({ timestamp }) => timestamp !== undefined)?.timestamp;
  const createdAt = known.createdAt ?? firstTime ?? known.updatedAt ?? modifiedAt;
  const first = known.events.find(({ type, data }) => type === 'message' && data['role'] === 'user');
  const words = known.titles.find((title) => typeof title === 'string' && title.trim() !== '');
  const said = first?.data['content'];
  const title = titleFrom(words) ?? titleFrom(said) ?? titleFrom(known.task) ?? 'Untitled session';
  const task = bounds.text(known.task, MAX_TASK, 'task') ?? textOr(said, title);
  const mode = bounds.name(known.mode, 256, 'mode') ?? 'chat';
  const context = known.context ?? {};
  const iterations = known.iterations ?? 0;
  const maxIterations = Math.min(Math.max(known.maxIterations ?? 50, iterations, 1), MAX_ITERATIONS);
  const events = numbered(
    known.events[0]?.type === 'start'
      ? known.events
      : [
          {
            timestamp: createdAt,
            type: 'start',
            data: bounds.data({ task, mode, maxIterations }, 'the start'),
          },
          ...known.events,
        ],
    createdAt,
    bounds,
  );
  const replayed = replay(events);
  const last = events.at(-1)?.timestamp ?? createdAt;
  const updatedAt = known.updatedAt ?? (last > createdAt ? last : createdAt);
  const isEnded = known.status === 'completed' || known.status === 'failed';
  const name = (value: unknown, field: string) => bounds.name(value, 256, field) || undefined;
  const session: Session = {
    id: known.id,
    kind: 'session',
    ...defined({ label: known.label }),
    title: bounds.name(title, MAX_TITLE, 'title') || 'Untitled session',
    mode: mode === '' ? 'chat' : mode,
    task,
    status: known.status,
    iterations: Math.min(iterations, MAX_ITERATIONS),
    maxIterations,
    ...defined({
      userId: name(known.userId, 'userId'),
      channelId: name(known.channelId, 'channelId'),
      agentId: name(known.agentId, 'agentId'),
      workspace: bounds.name(known.workspace, 4096, 'workspace') || undefined,
    }),
    context,
    ...defined({
      result: known.result,
      error: bounds.text(known.error, MAX_TASK, 'error'),
      model: name(known.model, 'model') ?? replayed.model,
      provider: name(known.provider, 'provider') ?? replayed.provider,
    }),
    tokens: known.tokens ?? replayed.tokens,
    ...defined({ costUsd: known.costUsd ?? replayed.costUsd }),
    toolCalls: replayed.toolCalls,
    errors: replayed.errors,
    messages: replayed.messages,
    toolsUsed: (known.toolsUsed ?? replayed.toolsUsed).filter(isName),
    blockedActions: (known.blockedActions ?? []).filter(isName),
    metadata: bounds.metadata(known.metadata),
    pausing: false,
    revision: 0,
    createdAt,
    updatedAt,
    ...(isEnded ? { endedAt: updatedAt } : {}),
    ...defined({ archivedAt: known.archivedAt }),
  };
  return { state: { session, iterationOpen: false, pauseReason: undefined }, events };
}

/** Whether a list of names takes it; the history has it in any case. */
export function isName(name: string): boolean {
  return name !== '' && name.isWellFormed() && Buffer.byteLength(name) <= 256;
}

/** With their numbers, and with a time each. */
export function numbered(
  events: readonly MigratedEvent[],
  startedAt: string,
  bounds: Bounds,
): SessionEvent[] {
  let before = startedAt;
  return events.map(({ timestamp, type, data, isSmall }, index) => {
    before = timestamp ?? before;
    const fitted = isSmall === true ? data : bounds.data(data, `event ${index + 1}`);
    return { seq: index + 1, timestamp: before, type, data: fitted };
  });
}

/** A type that events can have. */
export function eventTypeFrom(prefix: string, type: string): string {
  const name = type.toLowerCase().replaceAll(/[^a-z0-9_.-]+/g, '_');
  return `${prefix}.${name}`.slice(0, 64);
}

function titleFrom(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const line = value.split('\n').find((candidate) => candidate.trim() !== '');
  if (line === undefined) return undefined;
  const characters = Array.from(line.trim().replaceAll(/[\s\p{Cc}]+/gu, ' '));
  return characters.length > 120 ? `${characters.slice(0, 119).join('')}…` : characters.join('');
}

/** The first words of a message may be longer than a task may be; the message itself has them all. */
function textOr(said: unknown, title: string): string {
  if (typeof said !== 'string' || said.trim() === '') return title;
  const text = said.toWellFormed();
  return Buffer.byteLength(text) <= MAX_TASK ? text : title;
}
