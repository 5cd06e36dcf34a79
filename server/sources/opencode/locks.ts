import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import type { AgentLocks } from '../../domain/lockFinding.ts';
import { judgeBareOwner, timeOfMaking } from '../../domain/lockVerdict.ts';
import type { Processes } from '../../platform/processes.ts';
import { findLiveLocks, jsonOf } from '../liveLocks.ts';

/** `<hash>.lock/meta.json`, as opencode 1.18 writes it. */
const meta = z.object({
  pid: z.int().positive(),
  hostname: z.string().optional().catch(undefined),
  createdAt: z
    .union([z.number(), z.string().transform((text) => Date.parse(text))])
    .optional()
    .catch(undefined),
});

/** `$XDG_STATE_HOME/opencode`, `~/.local/state/opencode` if unset. */
export function opencodeStateDir(env: NodeJS.ProcessEnv, home: string): string {
  const set = env['XDG_STATE_HOME'];
  return join(set === undefined || set === '' ? join(home, '.local', 'state') : resolve(set), 'opencode');
}

/** opencode's locks, each a folder with a note of its owner. */
export function opencodeLocks(stateDir: string, processes: Processes): AgentLocks {
  return {
    folders: [],
    live: () =>
      findLiveLocks({
        format: 'opencode',
        folder: join(stateDir, 'locks'),
        fileOf: (name) => (name.endsWith('.lock') ? join(name, 'meta.json') : undefined),
        async read(file, path) {
          const found = meta.safeParse(jsonOf(file)).data;
          if (!found) return { guards: path, owner: {}, verdict: 'unverifiable', reasons: ['unreadable'] };
          const { pid, hostname: host, createdAt } = found;
          const madeAt = timeOfMaking(createdAt, Date.now());
          const owner = { pid, ...(host === undefined ? {} : { host }) };
          if (host !== undefined && host !== hostname()) {
            return { guards: stateDir, owner, madeAt, verdict: 'unverifiable', reasons: ['other-host'] };
          }
          const doubts = { isShared: false, isGuardedFresh: false };
          const bare = { processStart: undefined, madeAt };
          const { verdict, reasons } = judgeBareOwner(bare, await processes.look(pid), doubts);
          return { guards: stateDir, owner, madeAt, verdict, reasons: [...reasons] };
        },
      }),
  };
}
