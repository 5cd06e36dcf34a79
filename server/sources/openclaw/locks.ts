import { join, resolve } from 'node:path';
import type { AgentLocks } from '../../domain/lockFinding.ts';

/** `$OPENCLAW_STATE_DIR`, `~/.openclaw` if unset. */
export function openclawStateDir(env: NodeJS.ProcessEnv, home: string): string {
  const set = env['OPENCLAW_STATE_DIR'];
  return set === undefined || set === '' ? join(home, '.openclaw') : resolve(set);
}

/** The locks of OpenClaw's file era: `agents/<agent>/sessions/*.jsonl.lock`, and `sessions.json.lock` beside them. */
export function openclawLocks(stateDir: string): AgentLocks {
  return { folders: [{ path: join(stateDir, 'agents'), depth: 2 }] };
}
