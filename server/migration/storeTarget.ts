import { setImmediate } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { LockstepError } from '../domain/errors.ts';
import type { ImportedSession } from '../domain/sessionExport.ts';
import { sessionsFind } from '../protocol/sessionQueryMethods.ts';
import type { SessionStore, StoredState } from '../store/sessionStore.ts';
import { Digest } from './digest.ts';
import { idFrom } from './identity.ts';
import { isSameOrigin, MIGRATED_FROM, migratedFromOf } from './migratedFrom.ts';
import type { ReadSession } from './migrationSource.ts';
import type { Look, MigrationTarget, Origin, Prepared, Written } from './migrationTarget.ts';
import { digestOf } from './ownSessions.ts';

/** What is asked of the store that sessions are migrated to. */
export type TargetStore = Pick<SessionStore, 'state' | 'eventTexts' | 'find' | 'import' | 'remove'>;

interface PreparedSession extends Prepared {
  readonly session: ImportedSession;
}

/** How many ids are tried for a session whose own one is taken. */
const TRIES = 4;

/** Lockstep's own store. */
export class StoreTarget implements MigrationTarget<PreparedSession> {
  readonly files = [];
  readonly #store: TargetStore;
  /** Ids in the trash: they are taken, though no call shows their session. */
  #trashed: ReadonlySet<string> = new Set();
  /** Ids that were given away in this part, with the key of their session. */
  readonly #given = new Map<string, string>();

  constructor(store: TargetStore) {
    this.#store = store;
  }

  async open(): Promise<void> {
    const ids = new Set<string>();
    for (let cursor: string | undefined; ;) {
      const query = sessionsFind.params.parse({ limit: 500, archived: true, trashed: true, cursor });
      const page = await this.#store.find(query);
      for (const { id } of page.sessions) ids.add(id);
      cursor = page.nextCursor;
      if (cursor === undefined) break;
      await setImmediate();
    }
    this.#trashed = ids;
  }

  async look(read: ReadSession, origin: Origin): Promise<Look> {
    const { id } = read.session.state.session;
    const tries = Array.from({ length: TRIES }, (_, index) =>
      idFrom('migration', origin.format, origin.path, origin.key, String(index)),
    );
    for (const to of [id, ...tries]) {
      if (this.#trashed.has(to) || (this.#given.get(to) ?? origin.key) !== origin.key) continue;
      const state = await this.#stateOf(to);
      if (state === undefined) {
        this.#given.set(to, origin.key);
        return { to, state: 'new' };
      }
      const from = migratedFromOf(state.session.metadata);
      if (from && isSameOrigin(from, origin)) {
        if (from.sha256 === origin.sha256) return { to, state: 'done' };
        const conflict = `Session ${to} was migrated from it when it was another; it is not written over. Remove that session first, or leave it.`;
        return { to, state: 'conflict', conflict };
      }
      if (await this.#isSame(state, read.session)) return { to, state: 'done' };
    }
    return {
      to: id,
      state: 'conflict',
      conflict: [id, ...tries].some((one) => this.#trashed.has(one))
        ? `No id for it is free: what was migrated from it before is in the trash. Restore that (lockstep restore ${id}), or wait until the trash is emptied.`
        : `No id for it is free: sessions ${id}, … are others.`,
    };
  }

  async remarks({ id, session }: ReadSession, to: string): Promise<string[]> {
    const { label } = session.state.session;
    return [
      ...(to === id ? [] : [`It gets the id ${to}.`]),
      ...((await this.#isTaken(label))
        ? [`The label "${label}" is taken and is kept in the metadata only.`]
        : []),
    ];
  }

  async has(to: string, origin: Pick<Origin, 'format' | 'path' | 'key' | 'sha256'>): Promise<boolean> {
    const from = migratedFromOf((await this.#stateOf(to))?.session.metadata);
    return (
      from !== undefined && isSameOrigin(from, { ...origin, id: from.id }) && from.sha256 === origin.sha256
    );
  }

  prepare(
    { session: imported }: ReadSession,
    origin: Origin,
    { to }: Look,
    migration: string,
    parent: string | undefined,
  ): PreparedSession {
    const { state, events } = imported;
    const { parentId: _, ...session } = state.session;
    const digest = new Digest(state).events(events).hex();
    const { label } = session;
    const from = { migration, ...origin, digest, ...(label === undefined ? {} : { label }) };
    const metadata = { ...session.metadata, [MIGRATED_FROM]: from };
    const moved = { ...session, id: to, ...(parent === undefined ? {} : { parentId: parent }), metadata };
    return {
      key: origin.key,
      to,
      digest,
      file: undefined,
      session: { state: { ...state, session: moved }, events },
    };
  }

  async write(prepared: readonly PreparedSession[]): Promise<readonly { to: string }[]> {
    const written = await this.#store.import(
      prepared.map(({ session }) => session),
      uuidv7,
    );
    return written.map(({ id }) => ({ to: id }));
  }

  async difference({ to, digest }: Written): Promise<string | undefined> {
    try {
      const now = await digestOf(this.#store, to);
      return now.hex() === digest ? undefined : `Session ${to} was changed since.`;
    } catch (error) {
      if (isGone(error)) return `Session ${to} is gone.`;
      throw error;
    }
  }

  async undo(
    written: readonly Written[],
    migration: string,
  ): Promise<{ to: string; outcome: 'removed' | 'gone' | 'left'; reason?: string }[]> {
    const outcomes: { to: string; outcome: 'removed' | 'gone' | 'left'; reason?: string }[] = [];
    for (const one of written) {
      const { to } = one;
      const state = await this.#stateOf(to);
      if (state === undefined) {
        outcomes.push({ to, outcome: 'gone' });
        continue;
      }
      const isOurs = migratedFromOf(state.session.metadata)?.migration === migration;
      const reason = isOurs ? await this.difference(one) : `Session ${to} is not of this migration.`;
      if (reason !== undefined) {
        outcomes.push({ to, outcome: 'left', reason });
        continue;
      }
      try {
        await this.#store.remove(to);
        outcomes.push({ to, outcome: 'removed' });
      } catch (error) {
        if (!(error instanceof LockstepError) || error.code.startsWith('STORE_')) throw error;
        outcomes.push({ to, outcome: 'left', reason: error.message });
      }
    }
    return outcomes;
  }

  async #stateOf(id: string): Promise<StoredState | undefined> {
    try {
      return await this.#store.state(id);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  async #isTaken(label: string | undefined): Promise<boolean> {
    if (label === undefined) return false;
    const query = sessionsFind.params.parse({ label, limit: 1, archived: true });
    return (await this.#store.find(query)).sessions.length > 0;
  }

  /** A session that comes back from where it was migrated to. */
  async #isSame(stored: StoredState, { state, events }: ImportedSession): Promise<boolean> {
    if (stored.lastSeq !== events.length || stored.session.updatedAt !== state.session.updatedAt)
      return false;
    const digest = await digestOf(this.#store, stored.session.id);
    return digest.hex() === new Digest(state).events(events).hex();
  }
}

function isGone(error: unknown): boolean {
  return error instanceof LockstepError && error.code === 'SESSION_NOT_FOUND';
}
