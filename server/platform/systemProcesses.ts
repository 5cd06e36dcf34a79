import { hostname } from 'node:os';
import { linuxProcesses } from './linuxProcesses.ts';
import { macProcesses } from './macProcesses.ts';
import type { Processes } from './processes.ts';
import { existence } from './signals.ts';

/**
 * Linux tells everything, macOS through `ps` and `sysctl`. Elsewhere it is known only whether a pid is in use, which
 * proves an owner's death and never that the right process lives.
 */
export function systemProcesses(platform: NodeJS.Platform = process.platform): Processes {
  switch (platform) {
    case 'linux':
      return linuxProcesses();
    case 'darwin':
      return macProcesses();
    default:
      return otherProcesses();
  }
}

function otherProcesses(): Processes {
  return {
    pid: process.pid,
    machine: () => Promise.resolve({ host: hostname(), bootId: undefined, pidNamespace: 'none' }),
    look: (pid) => {
      const found = existence(pid);
      return Promise.resolve(
        found === 'gone' || found === 'unknown'
          ? { state: found }
          : { state: 'running', start: undefined, startedAt: undefined, isForeign: found === 'foreign' },
      );
    },
  };
}
