import { isAbsolute, resolve } from 'node:path';
import { LockstepError } from '../domain/errors.ts';
import type { Clock } from '../platform/clock.ts';
import { mapBounded } from '../platform/concurrency.ts';
import {
  sessionsList,
  sessionsPreview,
  sessionsResolve,
  type OpenclawPreview,
} from '../protocol/openclawMethods.ts';
import { filterSessions, rowOf, sliceOf } from '../sources/openclaw/list.ts';
import { resolveSession, sessionAt, throwIfFailed } from '../sources/openclaw/resolve.ts';
import { agentIdFrom } from '../sources/openclaw/sessionKey.ts';
import type { OpenclawSnapshot, StateDirectories } from '../sources/openclaw/stateDirectory.ts';
import { derivedTitle } from '../sources/openclaw/titles.ts';
import { readSessionPreview, type TranscriptEnds } from '../sources/openclaw/transcripts.ts';
import type { Caller } from './caller.ts';
import type { Registry } from './registry.ts';

const MOST_KEYS = 64;
const MOST_ITEMS = 50;
const MOST_CHARACTERS = 2000;
const FILES_AT_ONCE = 8;
const PREFIX = 'openclaw:';

export interface OpenclawMethodsOptions {
  readonly directories: StateDirectories;
  readonly ends: TranscriptEnds;
  /** Of calls that name none. */
  readonly stateDir: string;
  readonly clock: Clock;
}

/** OpenClaw's own methods over its state directories. */
export function registerOpenclawMethods(
  registry: Registry,
  { directories, ends, stateDir, clock }: OpenclawMethodsOptions,
): void {
  const read = (params: { source?: string | undefined }, caller: Caller): Promise<OpenclawSnapshot> => {
    const named = stateDirOf(params.source ?? caller.source);
    return directories.read(named ?? stateDir, named !== undefined);
  };

  registry.register(sessionsList, async (params, caller) => {
    const snapshot = await read(params, caller);
    const { config, agents, sessions } = snapshot;
    const agentId = params.agentId === undefined ? undefined : agentIdFrom(params.agentId);
    if (agentId !== undefined) throwIfFailed(snapshot.failed, agentId);
    const now = clock.now();
    const all = filterSessions(sessions.values(), params, now).filter(
      (session) =>
        params.configuredAgentsOnly !== true ||
        session.agentId === undefined ||
        agents.configured.has(session.agentId),
    );
    const { shown, nextOffset } = sliceOf(all, params.offset, params.limit);
    const withTitles = params.includeDerivedTitles === true || params.addDerivedTitles === true;
    const withLast = params.includeLastMessage === true || params.addLastMessagePreview === true;
    const texts = withTitles || withLast ? await ends.of(shown) : [];
    const rows = shown.map((session, index) => ({
      ...rowOf(session, config.defaults),
      derivedTitle: withTitles ? derivedTitle(session.entry, texts[index]?.firstUserText) : undefined,
      lastMessagePreview: withLast ? texts[index]?.lastText : undefined,
    }));
    const agent = agents.agents.find(({ id }) => id === agentId);
    const stores = new Set(agents.agents.map(({ storePath }) => storePath));
    const [only] = config.storeOf !== undefined && stores.size === 1 ? stores : [];
    return {
      ts: now,
      path: agent?.database ?? agent?.storePath ?? only ?? '(multiple)',
      count: rows.length,
      totalCount: all.length,
      limitApplied: params.limit,
      ...(params.offset > 0 ? { offset: params.offset } : {}),
      nextOffset,
      hasMore: nextOffset !== null,
      defaults: config.defaults,
      sessions: rows,
      ...(snapshot.warnings.length > 0 ? { warnings: [...snapshot.warnings] } : {}),
    };
  });

  registry.register(sessionsPreview, async (params, caller) => {
    const snapshot = await read(params, caller);
    const limit = Math.min(params.limit, MOST_ITEMS);
    const maxChars = Math.min(params.maxChars, MOST_CHARACTERS);
    const keys = params.keys
      .map((key) => key.trim())
      .filter((key) => key !== '')
      .slice(0, MOST_KEYS);
    const previews = await mapBounded(keys, FILES_AT_ONCE, async (key) => {
      try {
        return await previewOf(snapshot, key, limit, maxChars);
      } catch (error) {
        // One store that is damaged keeps nobody from reading the others.
        if (error instanceof LockstepError) return error;
        const failed: OpenclawPreview = { key, status: 'error', items: [] };
        return failed;
      }
    });
    const [first] = previews;
    if (first instanceof LockstepError && previews.every((one) => one instanceof LockstepError)) throw first;
    return {
      ts: clock.now(),
      previews: previews.map((one, index): OpenclawPreview =>
        one instanceof LockstepError ? { key: keys[index] ?? '', status: 'error', items: [] } : one,
      ),
    };
  });

  registry.register(sessionsResolve, async (params, caller) => {
    const snapshot = await read(params, caller);
    return { ok: true as const, key: resolveSession(snapshot, params, clock.now()).key };
  });
}

async function previewOf(
  snapshot: OpenclawSnapshot,
  key: string,
  limit: number,
  maxChars: number,
): Promise<OpenclawPreview> {
  const session = sessionAt(snapshot, key);
  if (session === undefined) return { key, status: 'missing', items: [] };
  const items = await readSessionPreview(session, limit, maxChars);
  return items === undefined || items.length === 0
    ? { key, status: 'empty', items: [] }
    : { key, status: 'ok', items };
}

/** @throws LockstepError INVALID_PARAMS for a path that depends on where the server runs */
export function stateDirOf(source: string | undefined): string | undefined {
  if (source === undefined || !source.startsWith(PREFIX)) return undefined;
  const path = source.slice(PREFIX.length);
  if (!isAbsolute(path)) {
    throw new LockstepError('INVALID_PARAMS', `The state directory ${path} is not an absolute path.`);
  }
  return resolve(path);
}
