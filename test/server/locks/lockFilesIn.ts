import { LockFiles } from '../../../server/locks/lockFiles.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { systemClock } from '../../../server/platform/clock.ts';
import type { Processes } from '../../../server/platform/processes.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';

/** Looks at locks with real processes, if nothing else is said. Apart from the house: processes that hold locks load no server. */
export function lockFilesIn(
  ownFolder: string,
  processes: Processes = systemProcesses(),
  sharedRoots: readonly string[] = [],
): LockFiles {
  const owners = new Owners(processes);
  return new LockFiles({ owners, processes, clock: systemClock, ownFolder, sharedRoots });
}
