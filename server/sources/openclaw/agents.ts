import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';
import type { OpenclawConfig } from './config.ts';
import { agentIdFrom } from './sessionKey.ts';

export interface OpenclawAgent {
  readonly id: string;
  /** Absolute path of the folder of its transcripts. */
  readonly sessionsDir: string;
  /** Absolute path of its `sessions.json`. */
  readonly storePath: string;
}

export interface AgentListing {
  /** The default agent first. */
  readonly agents: readonly OpenclawAgent[];
  /** Those that `openclaw.json` names, or else the default agent. */
  readonly configured: ReadonlySet<string>;
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/** The agents that `openclaw.json` names, or else the default one and each that has a folder. Rejects never. */
export async function listAgents(stateDir: string, config: OpenclawConfig): Promise<AgentListing> {
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
  const ids = new Set([config.defaultAgent, ...(config.agents ?? onDisk)]);
  return {
    agents: [...ids].map((id) => agentAt(root, folders.get(id) ?? id, id, config)),
    configured: new Set(config.agents ?? [config.defaultAgent]),
    problems,
  };
}

function agentAt(root: string, folder: string, id: string, config: OpenclawConfig): OpenclawAgent {
  const sessionsDir = join(root, folder, 'sessions');
  return { id, sessionsDir, storePath: config.storeOf?.(id) ?? join(sessionsDir, 'sessions.json') };
}
