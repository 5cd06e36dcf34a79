import type { AgentLocks } from '../../domain/lockFinding.ts';

/** pi locks its settings and credentials, right in its folder, with proper-lockfile. */
export function piLocks(agentDir: string): AgentLocks {
  return { folders: [{ path: agentDir, depth: 0 }] };
}
