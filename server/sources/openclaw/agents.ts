import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mapBounded } from '../../platform/concurrency.ts';
import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';
import type { OpenclawConfig } from './config.ts';
import { agentIdFrom } from './sessionKey.ts';

const DATABASE_NAME = 'openclaw-agent.sqlite';
const FOLDERS_AT_ONCE = 8;

export interface OpenclawAgent {
  readonly id: string;
  /** Absolute path of the folder of its transcripts. */
  readonly sessionsDir: string;
  /** Absolute path of its `sessions.json`. */
  readonly storePath: string;
  /**
   * Absolute path of the database in which OpenClaw 2026.8 and later keep the agent's sessions; undefined where there
   * is none. Where there is one, the agent is of the SQLite era: a `sessions.json` beside it is what an import left.
   */
  readonly database: string | undefined;
}

export interface AgentListing {
  /** The default agent first. */
  readonly agents: readonly OpenclawAgent[];
  /** Those that `openclaw.json` names, or else the default agent. */
  readonly configured: ReadonlySet<string>;
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/**
 * The agents that `openclaw.json` names, or else the default one and each that has a folder; with `alsoUnnamed`, those
 * that it does not name as well. Rejects never.
 */
export async function listAgents(
  stateDir: string,
  config: OpenclawConfig,
  alsoUnnamed = false,
): Promise<AgentListing> {
  const root = join(stateDir, 'agents');
  const problems: { path: string; message: string }[] = [];
  const folders = new Map<string, string>();
  try {
    for (const entry of await readdir(root, { withFileTypes: true })) {
      if (!(entry.isDirectory() || entry.isSymbolicLink()) || entry.name.startsWith('.')) continue;
      const id = agentIdFrom(entry.name);
      if (id !== entry.name.toLowerCase())
        problems.push({
          path: join(root, entry.name),
          message: 'The name of the folder is no id of an agent.',
        });
      // Of two folders that differ in case, the one is the agent's that OpenClaw itself would open.
      else if (!folders.has(id) || entry.name === id) folders.set(id, entry.name);
    }
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT')
      problems.push({ path: root, message: `The folder cannot be read: ${systemErrorReason(error)}.` });
  }
  const onDisk = [...folders.keys()].sort();
  const ids = new Set([
    config.defaultAgent,
    ...(config.agents ?? []),
    ...(config.agents === undefined || alsoUnnamed ? onDisk : []),
  ]);
  return {
    agents: await mapBounded([...ids], FOLDERS_AT_ONCE, (id) =>
      agentAt(root, folders.get(id) ?? id, id, config),
    ),
    configured: new Set(config.agents ?? [config.defaultAgent]),
    problems,
  };
}

/** An agent, whether or not it has a folder. `root`: absolute path of the folder of all agents. */
export async function agentAt(
  root: string,
  folder: string,
  id: string,
  config: OpenclawConfig,
): Promise<OpenclawAgent> {
  const sessionsDir = join(root, folder, 'sessions');
  const database = join(root, folder, 'agent', DATABASE_NAME);
  return {
    id,
    sessionsDir,
    storePath: config.storeOf?.(id) ?? join(sessionsDir, 'sessions.json'),
    database: (await isThere(database)) ? database : undefined,
  };
}

/** Whatever it is: what has the name of a database and is none must be told, not passed over. */
async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}
