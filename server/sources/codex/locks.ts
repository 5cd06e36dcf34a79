import { basename, join, resolve } from 'node:path';
import type { AgentLocks } from '../../domain/lockFinding.ts';
import type { FlockHolder } from '../../platform/fileLocks.ts';
import { findLiveLocks } from '../liveLocks.ts';

/** `$CODEX_HOME`, `~/.codex` if unset. */
export function codexHome(env: NodeJS.ProcessEnv, home: string): string {
  const set = env['CODEX_HOME'];
  return set === undefined || set === '' ? join(home, '.codex') : resolve(set);
}

/**
 * `thread-writer-locks/<thread>.lock`: empty files that a writer holds with flock, and that stay when it is killed. The
 * file alone proves nothing; who holds it does.
 */
export function codexLocks(codexHome: string, holderOf: FlockHolder): AgentLocks {
  return {
    folders: [],
    live: () =>
      findLiveLocks({
        format: 'codex',
        folder: join(codexHome, 'thread-writer-locks'),
        fileOf: (name) => (name.endsWith('.lock') ? name : undefined),
        async read({ stats }, path) {
          const guards = basename(path, '.lock');
          const holder = await holderOf(stats.ino);
          if (holder === 'nobody') return { guards, owner: {}, verdict: 'dead', reasons: ['not-held'] };
          if (holder === undefined) {
            return { guards, owner: {}, verdict: 'unverifiable', reasons: ['probe-failed'] };
          }
          const owner = holder.pid === undefined ? {} : { pid: holder.pid };
          return { guards, owner, verdict: 'alive', reasons: [] };
        },
      }),
  };
}
