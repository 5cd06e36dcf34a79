import { setImmediate } from 'node:timers/promises';
import { LockstepError } from '../domain/errors.ts';
import type { SessionState } from '../domain/sessionStep.ts';
import type { SessionEvent } from '../protocol/event.ts';
import { sessionsFind } from '../protocol/sessionQueryMethods.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import { Digest } from './digest.ts';
import {
  Damaged,
  type FoundSession,
  type MigrationSource,
  type ReadSession,
  type SourceContents,
} from './migrationSource.ts';

/** What is read of a store. */
export type ReadingStore = Pick<SessionStore, 'state' | 'events' | 'find'>;

/** The sessions of the store itself, archived ones included. */
export class OwnSessions implements MigrationSource {
  readonly format = 'lockstep';
  readonly root: string;
  readonly #store: ReadingStore;
  readonly #only: string | undefined;

  /** @param home the folder of the store */
  constructor(store: ReadingStore, home: string, only?: string) {
    this.#store = store;
    this.root = home;
    this.#only = only;
  }

  async contents(): Promise<SourceContents> {
    const ids =
      this.#only === undefined ? await this.#ids() : [(await this.#store.state(this.#only)).session.id];
    const sessions = ids.map((id): FoundSession => ({
      key: id,
      format: this.format,
      path: this.root,
      files: [],
      bytes: 0,
      parentKey: undefined,
    }));
    return { sessions, damaged: [], notes: [] };
  }

  async read({ key, path }: FoundSession): Promise<ReadSession> {
    try {
      const { events, digest, state } = await readHistory(this.#store, key);
      const { session } = state;
      return {
        id: key,
        session: { state, events },
        sha256: digest.hex(),
        bytes: 0,
        modifiedAt: Date.parse(session.updatedAt),
        losses: [],
        notes: [],
      };
    } catch (error) {
      if (error instanceof LockstepError && error.code === 'SESSION_NOT_FOUND')
        throw new Damaged(path, error.message);
      throw error;
    }
  }

  async #ids(): Promise<string[]> {
    const ids: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await this.#store.find(sessionsFind.params.parse({ limit: 500, archived: true, cursor }));
      ids.push(...page.sessions.map(({ id }) => id));
      cursor = page.nextCursor;
      if (cursor === undefined) return ids;
      await setImmediate();
    }
  }
}

/** All events of a session, and the digest of it with them. */
async function readHistory(
  store: Pick<SessionStore, 'state' | 'events'>,
  id: string,
): Promise<{ state: SessionState; events: SessionEvent[]; digest: Digest }> {
  const { lastSeq: _, ...state } = await store.state(id);
  const digest = new Digest(state);
  const events: SessionEvent[] = [];
  for (let afterSeq = 0; ;) {
    const page = await store.events({ id, afterSeq, limit: 1000 });
    for (const event of page.events) events.push(event);
    digest.events(page.events);
    if (page.nextSeq === undefined) return { state, events, digest };
    afterSeq = page.nextSeq;
    await setImmediate();
  }
}

/** The digest of a session with its history, as they are stored. */
export async function digestOf(
  store: Pick<SessionStore, 'state' | 'eventTexts'>,
  id: string,
): Promise<Digest> {
  const { lastSeq: _, ...state } = await store.state(id);
  const digest = new Digest(state);
  for (let afterSeq = 0; ;) {
    const page = await store.eventTexts({ id, afterSeq, limit: 1000 });
    digest.texts(page.events);
    if (page.nextSeq === undefined) return digest;
    afterSeq = page.nextSeq;
    await setImmediate();
  }
}
