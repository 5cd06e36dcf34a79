import { randomUUID } from 'node:crypto';
import { rmSync, unlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LockstepError } from '../../domain/errors.ts';
import { writeFileAtomic } from '../../platform/atomicFile.ts';
import type { Clock } from '../../platform/clock.ts';
import { isPlainObject, type JsonObject } from '../../protocol/json.ts';
import type { OpenclawCall } from '../../protocol/openclawLine.ts';
import type { OpenclawDefaults } from '../../protocol/openclawMethods.ts';
import type { PatchFields } from '../../protocol/openclawWriteMethods.ts';
import type { LiveGateways } from './liveGateway.ts';
import { agentAt, type OpenclawAgent } from './agents.ts';
import { headLines } from './messages.ts';
import { validateChange, type StoredEntry } from './sessionEntry.ts';
import { agentIdFrom, agentIdOf, canonicalKey, storeAgentOf } from './sessionKey.ts';
import { patched } from './sessionPatch.ts';
import { resetEntry } from './sessionReset.ts';
import type { StateDirectories } from './stateDirectory.ts';
import { isKeyOf, isSameTranscript, isShared, storedIn, type Stored } from './storedSession.ts';
import type { StoreDraft, StoreLocks, StoreWriter } from './storeWriter.ts';
import { archiveTranscript } from './transcriptArchive.ts';
import { compactTranscript, type Compaction } from './transcriptCompaction.ts';
import { existingTranscripts, withTranscript, type TranscriptPlace } from './transcriptFile.ts';
import { gatewayRuns, isInDatabase, withCommand } from './writeRefusals.ts';

/** How often a call begins again, where a session began anew between two looks. */
const MOST_TRIES = 3;
const HEADER_BYTES = 8192;

export interface SessionWritesOptions {
  readonly directories: StateDirectories;
  readonly writer: StoreWriter;
  readonly locks: StoreLocks;
  readonly gateways: LiveGateways;
  readonly clock: Clock;
}

/** Which session a call is about. */
export interface WriteTarget {
  readonly stateDir: string;
  /** Whether the caller named the state directory, which has to be there then. */
  readonly wasNamed: boolean;
  /** Of any form. */
  readonly key: string;
  readonly agentId?: string | undefined;
  /** The call as OpenClaw's gateway would be asked to make it, without its key. */
  readonly call: { readonly method: string; readonly params: JsonObject };
}

export interface Deletion {
  readonly key: string;
  readonly deleted: boolean;
  /** Absolute paths of the renamed transcripts. */
  readonly archived: string[];
}

export type Compacting = { readonly key: string } & (
  { readonly compacted: false; readonly reason: string } | Compaction
);

export interface DeleteOptions {
  readonly deleteTranscript: boolean;
  readonly archiveTranscript: boolean;
  readonly archivedOnly?: boolean | undefined;
  readonly expectedSessionId?: string | undefined;
  readonly expectedSessionUpdatedAt?: number | undefined;
}

/** Where a session is kept. */
interface Found {
  readonly key: string;
  readonly isMain: boolean;
  readonly agent: OpenclawAgent;
  readonly mainKey: string;
  readonly defaults: OpenclawDefaults;
  readonly place: TranscriptPlace;
  /** @throws LockstepError STORE_UNAVAILABLE where a gateway has begun to run */
  readonly checkGateway: () => Promise<void>;
}

/** Thrown where a session is not the one any more whose transcript was locked. */
class BeganAnew extends Error {}

/**
 * Changes sessions of OpenClaw's file era, under its locks: the transcript's first, then the store's. What a kill leaves
 * behind is whole: a transcript is renamed only when no entry names it any more.
 */
export class SessionWrites {
  readonly #parts: SessionWritesOptions;

  constructor(parts: SessionWritesOptions) {
    this.#parts = parts;
  }

  /** @throws LockstepError INVALID_PARAMS, LABEL_TAKEN, or of the store */
  async patch(
    target: WriteTarget,
    fields: PatchFields,
  ): Promise<{ key: string; path: string; entry: JsonObject; defaults: OpenclawDefaults }> {
    const found = await this.#find(target);
    const { key, agent, defaults, isMain } = found;
    const entry = await this.#parts.writer.update(agent.storePath, async (draft) => {
      await found.checkGateway();
      const stored = storedIn(draft, found);
      const isTaken = (label: string): boolean =>
        [...draft.keys()].some((other) => draft.get(other)?.['label'] === label && !isKeyOf(other, found));
      const context = { key, isMain, isTaken, defaults, now: this.#parts.clock.now(), newId: randomUUID };
      const next = patched(stored?.raw, fields, context);
      validateChange(stored?.raw, next);
      draft.set(key, next, stored?.key);
      return next;
    });
    return { key, path: agent.storePath, entry, defaults };
  }

  async reset(target: WriteTarget): Promise<{ key: string; entry: JsonObject; archived: string[] }> {
    const found = await this.#find(target);
    const { key, agent, place, defaults } = found;
    let unnamed: string | undefined;
    try {
      return await this.#withTranscripts(found, async (draft, stored, transcripts) => {
        const sessionId = randomUUID();
        const sessionFile = join(agent.sessionsDir, `${sessionId}.jsonl`);
        const now = this.#parts.clock.now();
        const cwd = (await cwdOf(place, stored?.entry)) ?? join(target.stateDir, 'workspace');
        const entry = resetEntry(key, stored?.raw, { sessionId, sessionFile }, defaults, now);
        validateChange(stored?.raw, entry);
        const header = {
          type: 'session',
          version: 3,
          id: sessionId,
          timestamp: new Date(now).toISOString(),
          cwd,
        };
        await mkdir(agent.sessionsDir, { recursive: true, mode: 0o700 });
        // Before an entry names it: whoever reads that may write to it at once.
        unnamed = sessionFile;
        writeFileAtomic(sessionFile, { content: `${JSON.stringify(header)}\n`, mode: 0o600 });
        draft.set(key, entry, stored?.key);
        const own = transcripts.filter((path) => !isShared(draft, key, path, place));
        return () => {
          unnamed = undefined;
          return { key, entry, archived: own.map((path) => archiveTranscript(path, 'reset', now)) };
        };
      });
    } catch (error) {
      if (unnamed !== undefined) rmSync(unnamed, { force: true });
      throw error;
    }
  }

  async delete(target: WriteTarget, options: DeleteOptions): Promise<Deletion> {
    const found = await this.#find(target);
    const { key, place, agent } = found;
    if (found.isMain) throw refused(`Cannot delete the main session (${key}).`);
    const nothing: Deletion = { key, deleted: false, archived: [] };
    const seen = storedIn(await this.#parts.writer.read(agent.storePath), found);
    mustBeDeletable(key, seen?.entry, options);
    // Without its lock, which would make the folders of an agent that is not there.
    if (seen === undefined) return nothing;
    return this.#withTranscripts(found, (draft, stored, transcripts) => {
      mustBeDeletable(key, stored?.entry, options);
      if (stored === undefined) return () => nothing;
      // Of keys that differ in case alone, the others would take its place on the list.
      for (const name of draft.keys())
        if (isKeyOf(name, found) && draft.get(name) !== undefined) draft.delete(name);
      const own = options.deleteTranscript
        ? transcripts.filter((path) => !isShared(draft, key, path, place))
        : [];
      const now = this.#parts.clock.now();
      return () => {
        if (options.archiveTranscript)
          return { key, deleted: true, archived: own.map((path) => archiveTranscript(path, 'deleted', now)) };
        for (const path of own) unlinkSync(path);
        return { key, deleted: true, archived: [] };
      };
    });
  }

  /** The store's lock is held just to count: to shorten a large transcript takes longer than others wait for it. */
  async compact(target: WriteTarget, maxLines: number): Promise<Compacting> {
    const found = await this.#find(target);
    const { key, agent } = found;
    const { writer } = this.#parts;
    return this.#withSameTranscripts(found, async (seen, [transcript], check): Promise<Compacting> => {
      if (seen?.entry.sessionId === undefined) return { key, compacted: false, reason: 'no sessionId' };
      if (transcript === undefined) return { key, compacted: false, reason: 'no transcript' };
      await found.checkGateway();
      // Under its lock: a store that cannot be had is told of before anything is shortened.
      await writer.update(agent.storePath, (draft) => mustBeSame(storedIn(draft, found), seen));
      const now = this.#parts.clock.now();
      const done = await compactTranscript(transcript, { maxLines, now, check });
      if (done.compacted) await this.#countCompaction(found, seen, done.archived, now);
      return { key, ...done };
    });
  }

  async #countCompaction(found: Found, { entry }: Stored, archived: string, now: number): Promise<void> {
    const update = this.#parts.writer.update(found.agent.storePath, (draft) => {
      const stored = storedIn(draft, found);
      // What began anew meanwhile was not shortened.
      if (stored === undefined || !isSameTranscript(stored.entry, entry)) return;
      const next: JsonObject = { ...stored.raw, updatedAt: now };
      for (const field of ['inputTokens', 'outputTokens', 'totalTokens']) delete next[field];
      next['compactionCount'] = (stored.entry.compactionCount ?? 0) + 1;
      validateChange(stored.raw, next);
      draft.set(found.key, next, stored.key);
    });
    await update.catch((error: unknown) => {
      if (!(error instanceof LockstepError)) throw error;
      const words = `The transcript was shortened, and the whole is ${archived}, but the session's entry still counts it. ${error.message}`;
      throw new LockstepError(error.code, words, { details: { ...error.details, archived }, cause: error });
    });
  }

  /**
   * Changes an entry under the locks of its transcripts and of its store. What `change` gives back is done when the
   * store has been written, still under the transcripts' locks.
   */
  #withTranscripts<T>(
    found: Found,
    change: (
      draft: StoreDraft,
      stored: Stored | undefined,
      transcripts: readonly string[],
    ) => (() => T) | Promise<() => T>,
  ): Promise<T> {
    const { storePath } = found.agent;
    return this.#withSameTranscripts(found, async (seen, transcripts, check) => {
      const after = await this.#parts.writer.update(storePath, async (draft) => {
        await found.checkGateway();
        const stored = storedIn(draft, found);
        mustBeSame(stored, seen);
        const after = await change(draft, stored, transcripts);
        check();
        return after;
      });
      return after();
    });
  }

  /** Runs `work` under the locks of a session's transcripts; again, where it throws that they are not its any more. */
  async #withSameTranscripts<T>(
    found: Found,
    work: (seen: Stored | undefined, transcripts: readonly string[], check: () => void) => Promise<T>,
  ): Promise<T> {
    const { writer, locks } = this.#parts;
    const { agent, place } = found;
    for (let tries = 1; ; tries++) {
      const seen = storedIn(await writer.read(agent.storePath), found);
      const transcripts = seen === undefined ? [] : await existingTranscripts(place, seen.entry);
      try {
        return await under(locks, transcripts.toSorted(), (check) => work(seen, transcripts, check));
      } catch (error) {
        if (!(error instanceof BeganAnew)) throw error;
        if (tries === MOST_TRIES) throw busy(found);
      }
    }
  }

  async #find(target: WriteTarget): Promise<Found> {
    const { stateDir, wasNamed, agentId: asked } = target;
    const name = target.key.trim();
    if (name === '') throw refused('key required');
    const { config, agents } = await this.#parts.directories.layout(stateDir, wasNamed);
    const named = asked === undefined ? undefined : agentIdFrom(asked);
    if (named !== undefined && !agents.agents.some(({ id }) => id === named))
      throw refused(`Unknown agent id "${asked ?? ''}"`);
    const key = canonicalKey(name, named ?? config.defaultAgent, config.mainKey);
    const own = agentIdOf(key);
    if (named !== undefined && own !== undefined && own !== named)
      throw refused('session key agent does not match agentId');
    const agentId = named ?? storeAgentOf(key, config.defaultAgent);
    const agent =
      agents.agents.find(({ id }) => id === agentId) ??
      (await agentAt(join(stateDir, 'agents'), agentId, agentId, config));
    const call: OpenclawCall = {
      stateDir,
      method: target.call.method,
      params: { key, ...target.call.params },
    };
    if (agent.database !== undefined) throw isInDatabase(agentId, agent.database, withCommand(call));
    const checkGateway = async (): Promise<void> => {
      const gateway = await this.#parts.gateways.of(stateDir);
      if (gateway) throw gatewayRuns(stateDir, gateway, withCommand(call));
    };
    await checkGateway();
    return {
      key,
      isMain: key === `agent:${agentId}:main`,
      agent,
      mainKey: config.mainKey,
      defaults: config.defaults,
      place: { era: 'file', sessionsDir: agent.sessionsDir, storePath: agent.storePath },
      checkGateway,
    };
  }
}

/** @throws BeganAnew */
function mustBeSame(stored: Stored | undefined, seen: Stored | undefined): void {
  if (!isSameTranscript(stored?.entry, seen?.entry)) throw new BeganAnew();
}

/** @throws LockstepError INVALID_PARAMS, in OpenClaw's words */
function mustBeDeletable(key: string, entry: StoredEntry | undefined, options: DeleteOptions): void {
  if (options.archivedOnly === true && entry?.archivedAt === undefined)
    throw refused(`Session ${key} is not archived. Archive it first, then delete it.`);
  if (isOther(entry, options)) throw refused(`Session ${key} changed before deletion. Retry.`);
}

function isOther(entry: StoredEntry | undefined, expected: DeleteOptions): boolean {
  const { expectedSessionId: id, expectedSessionUpdatedAt: updatedAt } = expected;
  return (
    (id !== undefined && entry?.sessionId !== id.trim()) ||
    (updatedAt !== undefined && entry?.updatedAt !== updatedAt)
  );
}

/** Runs `work` under the locks of all `paths`, taken in their order. */
function under<T>(
  locks: StoreLocks,
  paths: readonly string[],
  work: (check: () => void) => Promise<T>,
): Promise<T> {
  const [path, ...others] = paths;
  if (path === undefined) return work(() => undefined);
  return locks.withLock(path, (held) =>
    under(locks, others, (check) =>
      work(() => {
        held.check();
        check();
      }),
    ),
  );
}

/** The folder that the session worked in, as its transcript says. */
async function cwdOf(place: TranscriptPlace, entry: StoredEntry | undefined): Promise<string | undefined> {
  if (entry === undefined) return undefined;
  const [line] =
    (await withTranscript(place, entry, (file, size) => headLines(file, size, HEADER_BYTES, 1))) ?? [];
  try {
    const header: unknown = JSON.parse(line ?? '{}');
    const cwd = isPlainObject(header) ? header['cwd'] : undefined;
    return typeof cwd === 'string' ? cwd : undefined;
  } catch {
    return undefined;
  }
}

function refused(message: string): LockstepError {
  return new LockstepError('INVALID_PARAMS', message);
}

function busy({ key, agent }: Found): LockstepError {
  return new LockstepError(
    'STORE_BUSY',
    `The session ${key} began anew again and again while it was changed.`,
    {
      details: { key, path: agent.storePath },
    },
  );
}
