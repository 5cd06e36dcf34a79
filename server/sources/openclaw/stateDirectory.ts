import { stat } from 'node:fs/promises';
import { LockstepError } from '../../domain/errors.ts';
import { systemErrorReason } from '../../platform/systemError.ts';
import type { OpenclawWarning } from '../../protocol/openclawMethods.ts';
import { listAgents, type AgentListing, type OpenclawAgent } from './agents.ts';
import { readConfig, type OpenclawConfig } from './config.ts';
import type { StoredEntry } from './sessionEntry.ts';
import { agentIdFrom, agentIdOf, canonicalKey } from './sessionKey.ts';
import type { SessionsFile, SessionsFiles } from './sessionsJson.ts';
import { SessionDatabases, type SessionsDatabase } from './sqlite/sessionDatabases.ts';
import type { TranscriptPlace } from './transcriptFile.ts';

/** A session of a state directory, under the one form of its key. */
export interface OpenclawSession {
  readonly key: string;
  /** That the key names; none for `global` and `unknown`. */
  readonly agentId: string | undefined;
  readonly entry: StoredEntry;
  /** The session whose sub-agent this is, as a canonical key. */
  readonly spawnedBy: string | undefined;
  readonly place: SessionPlace;
}

/** A session in an agent's database. */
export interface DatabasePlace {
  readonly era: 'sqlite';
  /** Absolute path of the database. */
  readonly database: string;
}

/** Where a session and its transcript are kept: in files, which Lockstep also writes, or in a database. */
export type SessionPlace = TranscriptPlace | DatabasePlace;

/** An agent whose store cannot be used, and why. */
export interface FailedAgent {
  readonly agentId: string;
  readonly error: LockstepError;
}

/** What a state directory says of its agents. */
export interface StateLayout {
  readonly config: OpenclawConfig;
  readonly agents: AgentListing;
}

/** All sessions of a state directory, as they were when they were read. */
export interface OpenclawSnapshot extends StateLayout {
  readonly sessions: ReadonlyMap<string, OpenclawSession>;
  readonly failed: readonly FailedAgent[];
  readonly warnings: readonly OpenclawWarning[];
}

/** State directories in memory at once. */
const MOST_KEPT = 4;

type OwnSessions = readonly OpenclawSession[];

/** Reads OpenClaw's state directories, of both eras. Nothing below them is written, locked or touched. */
export class StateDirectories {
  readonly #files: SessionsFiles;
  readonly #databases = new SessionDatabases();
  readonly #userHome: string;
  /** What was made of a file, for as long as the file is kept. */
  readonly #made = new WeakMap<
    SessionsFile | SessionsDatabase,
    { readonly of: string; readonly sessions: OwnSessions }
  >();

  readonly #kept = new Map<
    string,
    { readonly parts: readonly OwnSessions[]; readonly sessions: ReadonlyMap<string, OpenclawSession> }
  >();

  constructor(files: SessionsFiles, userHome: string) {
    this.#files = files;
    this.#userHome = userHome;
  }

  /**
   * Where the agents of a state directory keep their sessions. `alsoUnnamed`: with those that have a folder, but are
   * not among those which `openclaw.json` names.
   * @throws LockstepError STORE_UNAVAILABLE where `stateDir` was named and is no folder
   */
  async layout(stateDir: string, wasNamed: boolean, alsoUnnamed = false): Promise<StateLayout> {
    if (wasNamed) await mustBeFolder(stateDir);
    const config = await readConfig(stateDir, this.#userHome);
    return { config, agents: await listAgents(stateDir, config, alsoUnnamed) };
  }

  /** @throws LockstepError STORE_UNAVAILABLE where `stateDir` was named and is no folder */
  async read(stateDir: string, wasNamed: boolean, alsoUnnamed = false): Promise<OpenclawSnapshot> {
    const { config, agents } = await this.layout(stateDir, wasNamed, alsoUnnamed);
    const parts: OwnSessions[] = [];
    const failed: FailedAgent[] = [];
    const warnings: OpenclawWarning[] = agents.problems.map((problem) => ({ ...problem }));
    if (config.problem !== undefined) warnings.push({ path: stateDir, message: config.problem });
    const seen = new Map<string, LockstepError | undefined>();
    const fail = ({ id: agentId }: OpenclawAgent, path: string, error: LockstepError): void => {
      failed.push({ agentId, error });
      warnings.push({ agentId, path, code: error.code, message: error.message });
    };
    for (const agent of agents.agents) {
      if (agent.database !== undefined) {
        try {
          const database = await this.#databases.read(agent.database);
          parts.push(this.#sessionsIn(database, agent, config));
          warnings.push(...warningsOfDatabase(database, agent));
        } catch (error) {
          if (!(error instanceof LockstepError)) throw error;
          fail(agent, agent.database, error);
        }
      }
      if (seen.has(agent.storePath)) {
        // One store for all: `session.store`.
        const error = seen.get(agent.storePath);
        if (error) failed.push({ agentId: agent.id, error });
        continue;
      }
      seen.set(agent.storePath, undefined);
      try {
        const file = await this.#files.read(agent.storePath);
        parts.push(this.#sessionsOf(file, agent, agents.agents, config));
        warnings.push(...warningsOf(file, agent));
      } catch (error) {
        if (!(error instanceof LockstepError)) throw error;
        seen.set(agent.storePath, error);
        fail(agent, agent.storePath, error);
      }
    }
    return { config, agents, sessions: this.#merged(stateDir, parts), failed, warnings };
  }

  /** Those of several stores as one; what was merged is kept, since most often nothing has changed. */
  #merged(stateDir: string, all: readonly OwnSessions[]): ReadonlyMap<string, OpenclawSession> {
    const parts = all.filter(({ length }) => length > 0);
    const kept = this.#kept.get(stateDir);
    if (kept?.parts.length === parts.length && kept.parts.every((part, index) => part === parts[index]))
      return kept.sessions;
    const newest = new Map<string, OpenclawSession>();
    for (const part of parts) for (const session of part) addNewest(newest, session);
    // In the order of most lists, so that sorting them costs little.
    const ordered = [...newest].sort(([, a], [, b]) => (b.entry.updatedAt ?? 0) - (a.entry.updatedAt ?? 0));
    const sessions = new Map(ordered);
    this.#kept.delete(stateDir);
    this.#kept.set(stateDir, { parts, sessions });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return sessions;
  }

  #sessionsIn(database: SessionsDatabase, agent: OpenclawAgent, { mainKey }: OpenclawConfig): OwnSessions {
    const of = [agent.id, mainKey].join('\0');
    const made = this.#made.get(database);
    if (made?.of === of) return made.sessions;
    const owner = database.agentId === undefined ? agent.id : agentIdFrom(database.agentId);
    const place: DatabasePlace = { era: 'sqlite', database: database.path };
    const sessions = database.sessions.map(({ key, entry }) =>
      sessionOf(key, entry, owner, mainKey, () => place),
    );
    this.#made.set(database, { of, sessions });
    return sessions;
  }

  #sessionsOf(
    file: SessionsFile,
    agent: OpenclawAgent,
    agents: readonly OpenclawAgent[],
    { mainKey }: OpenclawConfig,
  ): OwnSessions {
    const folders = new Map(agents.map(({ id, sessionsDir }) => [id, sessionsDir]));
    const of = [agent.id, mainKey, ...folders.values()].join('\0');
    const made = this.#made.get(file);
    if (made?.of === of) return made.sessions;
    const sessions = [...file.entries].map(([stored, { entry }]) =>
      // The transcripts are in the folder of their agent, wherever the store is.
      sessionOf(stored, entry, agent.id, mainKey, (agentId = agent.id) => ({
        era: 'file',
        sessionsDir: folders.get(agentId) ?? agent.sessionsDir,
        storePath: agent.storePath,
      })),
    );
    this.#made.set(file, { of, sessions });
    return sessions;
  }
}

function sessionOf(
  stored: string,
  entry: StoredEntry,
  owner: string,
  mainKey: string,
  placeFor: (agentId: string | undefined) => SessionPlace,
): OpenclawSession {
  const key = canonicalKey(stored, owner, mainKey);
  const agentId = agentIdOf(key);
  const { spawnedBy } = entry;
  return {
    key,
    agentId,
    entry,
    spawnedBy:
      spawnedBy === undefined || spawnedBy.trim() === ''
        ? undefined
        : canonicalKey(spawnedBy, agentId ?? owner, mainKey),
    place: placeFor(agentId),
  };
}

/** Keys that differ in case alone, and `global` in several stores, are one session: the one that was used last. */
function addNewest(sessions: Map<string, OpenclawSession>, session: OpenclawSession): void {
  const other = sessions.get(session.key);
  if (other === undefined || (other.entry.updatedAt ?? 0) < (session.entry.updatedAt ?? 0))
    sessions.set(session.key, session);
}

function warningsOf(file: SessionsFile, agent: OpenclawAgent): OpenclawWarning[] {
  const { length } = file.unreadable;
  if (length === 0) return [];
  const what = `${length} of its entries cannot be read and ${length === 1 ? 'is' : 'are'} not listed`;
  return [{ agentId: agent.id, path: file.path, message: `${what}: ${someOf(file.unreadable)}` }];
}

function warningsOfDatabase(
  { path, damaged, notices }: SessionsDatabase,
  { id: agentId }: OpenclawAgent,
): OpenclawWarning[] {
  const warnings = notices.map(({ isNewer, message }): OpenclawWarning => {
    return { agentId, path, ...(isNewer ? { code: 'STORE_NEWER' } : {}), message };
  });
  if (damaged.length === 0) return warnings;
  const what = `${damaged.length} of its entries cannot be read, so that little of them is shown`;
  return [...warnings, { agentId, path, message: `${what}: ${someOf(damaged)}` }];
}

function someOf(keys: readonly string[]): string {
  const named = keys
    .slice(0, 3)
    .map((key) => key.slice(0, 200))
    .join(', ');
  return keys.length > 3 ? `${named}, …` : `${named}.`;
}

async function mustBeFolder(path: string): Promise<void> {
  let reason = 'it is not a folder';
  try {
    if ((await stat(path)).isDirectory()) return;
  } catch (error) {
    reason = systemErrorReason(error);
  }
  throw new LockstepError(
    'STORE_UNAVAILABLE',
    `The OpenClaw state directory ${path} cannot be read: ${reason}.`,
    {
      details: { path },
    },
  );
}
