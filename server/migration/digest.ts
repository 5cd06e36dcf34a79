import { createHash } from 'node:crypto';
import type { SessionState } from '../domain/sessionStep.ts';
import type { SessionEvent } from '../protocol/event.ts';
import type { Session } from '../protocol/session.ts';
import type { EventText } from '../store/sessionStore.ts';
import { MIGRATED_FROM } from './migratedFrom.ts';

/** What a store may change on the way in, and what is no part of a session's content. */
const LEFT_OUT: ReadonlySet<string> = new Set(['id', 'revision', 'label', 'parentId', 'metadata']);

/**
 * A checksum of a session with its history: the same wherever it is kept, whatever its id, and whatever a migration has
 * noted in it. Any call that changes a session changes its `updatedAt`, and so this.
 */
export class Digest {
  readonly #hash = createHash('sha256');
  #events = 0;

  constructor({ session, iterationOpen, pauseReason }: SessionState) {
    const { [MIGRATED_FROM]: _, ...metadata } = session.metadata;
    this.#add([contentOf(session), metadata, iterationOpen, pauseReason ?? null]);
  }

  events(events: readonly SessionEvent[]): this {
    for (const { timestamp, type, data } of events)
      this.#event(Date.parse(timestamp), type, JSON.stringify(data));
    return this;
  }

  /** Events as they are stored. */
  texts(events: readonly EventText[]): this {
    for (const { at, type, data } of events) this.#event(at, type, data);
    return this;
  }

  hex(): string {
    return this.#hash.update(String(this.#events)).digest('hex');
  }

  #event(at: number, type: string, data: string): void {
    this.#hash.update(`[${at},${JSON.stringify(type)},${data}]\n`);
    this.#events++;
  }

  #add(value: unknown): void {
    this.#hash.update(JSON.stringify(value)).update('\n');
  }
}

function tokensOf({ tokens }: Session): number[] {
  const { input, output, cacheRead, cacheWrite, total } = tokens;
  return [input, output, cacheRead, cacheWrite, total];
}

/** In an order of its own, since stores give the fields in theirs. */
function contentOf(session: Session): [string, unknown][] {
  return Object.entries(session)
    .filter(([name, value]) => value !== undefined && !LEFT_OUT.has(name))
    .map(([name, value]): [string, unknown] => [name, name === 'tokens' ? tokensOf(session) : value])
    .map(([name, value]): [string, unknown] => [
      name,
      name.endsWith('At') && typeof value === 'string' ? Date.parse(value) : value,
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
