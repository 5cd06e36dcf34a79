import { stat } from 'node:fs/promises';
import { LockstepError } from '../../domain/errors.ts';
import { systemErrorReason } from '../../platform/systemError.ts';
import type { OpenclawWarning } from '../../protocol/openclawMethods.ts';
import { listAgents, type AgentListing, type OpenclawAgent } from './agents.ts';
import { readConfig, type OpenclawConfig } from './config.ts';
import type { StoredEntry } from './sessionEntry.ts';
import { agentIdOf, canonicalKey } from './sessionKey.ts';
import type { SessionsFile, SessionsFiles } from './sessionsJson.ts';
import type { TranscriptPlace } from './transcriptFile.ts';

/** A session of a state directory, under the one form of its key. */
export interface OpenclawSession {
  readonly key: string;
  /** That the key names; none for `global` and `unknown`. */
  readonly agentId: string | undefined;
  readonly entry: StoredEntry;
  /** The session whose sub-agent this is, as a canonical key. */
  readonly spawnedBy: string | undefined;
  readonly place: TranscriptPlace;
}

/** An agent whose store cannot be used, and why. */
export interface FailedAgent {
  readonly agentId: string;
  readonly error: LockstepError;
}

/** All sessions of a state directory, as they were when they were read. */
export interface OpenclawSnapshot {
  readonly config: OpenclawConfig;
  readonly agents: AgentListing;
  readonly sessions: ReadonlyMap<string, OpenclawSession>;
  readonly failed: readonly FailedAgent[];
  readonly warnings: readonly OpenclawWarning[];
}

type OwnSessions = readonly OpenclawSession[];

/** Reads state directories of OpenClaw's file era. Nothing below them is written, locked or touched. */
export class StateDirectories {
  readonly #files: SessionsFiles;
  readonly #userHome: string;
  /** What was made of a file, for as long as the file is kept. */
  readonly #made = new WeakMap<SessionsFile, { readonly of: string; readonly sessions: OwnSessions }>();

  constructor(files: SessionsFiles, userHome: string) {
    this.#files = files;
    this.#userHome = userHome;
  }

  /** @throws LockstepError STORE_UNAVAILABLE where `stateDir` was named and is no folder */
  async read(stateDir: string, wasNamed: boolean): Promise<OpenclawSnapshot> {
    if (wasNamed) await mustBeFolder(stateDir);
    const config = await readConfig(stateDir, this.#userHome);
    const agents = await listAgents(stateDir, config);
    const sessions = new Map<string, OpenclawSession>();
    const failed: FailedAgent[] = [];
    const warnings: OpenclawWarning[] = agents.problems.map((problem) => ({ ...problem }));
    if (config.problem !== undefined) warnings.push({ path: stateDir, message: config.problem });
    const seen = new Map<string, LockstepError | undefined>();
    for (const agent of agents.agents) {
      if (seen.has(agent.storePath)) {
        // One store for all: `session.store`.
        const error = seen.get(agent.storePath);
        if (error) failed.push({ agentId: agent.id, error });
        continue;
      }
      seen.set(agent.storePath, undefined);
      try {
        const file = await this.#files.read(agent.storePath);
        for (const session of this.#sessionsOf(file, agent, agents.agents, config))
          addNewest(sessions, session);
        warnings.push(...warningsOf(file, agent));
      } catch (error) {
        if (!(error instanceof LockstepError)) throw error;
        seen.set(agent.storePath, error);
        failed.push({ agentId: agent.id, error });
        const { code, message } = error;
        warnings.push({ agentId: agent.id, path: agent.storePath, code, message });
      }
    }
    return { config, agents, sessions, failed, warnings };
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
    const sessions = [...file.entries].map(([stored, { entry }]): OpenclawSession => {
      const key = canonicalKey(stored, agent.id, mainKey);
      const agentId = agentIdOf(key);
      const { spawnedBy } = entry;
      return {
        key,
        agentId,
        entry,
        spawnedBy:
          spawnedBy === undefined || spawnedBy.trim() === ''
            ? undefined
            : canonicalKey(spawnedBy, agentId ?? agent.id, mainKey),
        // The transcripts are in the folder of their agent, wherever the store is.
        place: {
          sessionsDir: folders.get(agentId ?? agent.id) ?? agent.sessionsDir,
          storePath: agent.storePath,
        },
      };
    });
    this.#made.set(file, { of, sessions });
    return sessions;
  }
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
  const keys = file.unreadable
    .slice(0, 3)
    .map((key) => key.slice(0, 200))
    .join(', ');
  const message = `${length} of its entries cannot be read and ${length === 1 ? 'is' : 'are'} not listed: ${keys}`;
  return [{ agentId: agent.id, path: file.path, message: length > 3 ? `${message}, …` : `${message}.` }];
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
