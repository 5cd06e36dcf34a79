import { once } from 'node:events';
import { OpenclawLocks } from '../../../server/locks/openclawLocks.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { systemClock } from '../../../server/platform/clock.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import { lockFilesIn } from './lockFilesIn.ts';

/** Holds the lock on the file that its argument names until its input ends. */
const [path = ''] = process.argv.slice(2);
const processes = systemProcesses();
const locks = new OpenclawLocks({
  owners: new Owners(processes),
  files: lockFilesIn('/no/locks/of/our/own', processes),
  clock: systemClock,
  counters: new Counters(),
  waitMs: 0,
});
await locks.withLock(path, async () => {
  process.stdout.write('held\n');
  process.stdin.resume();
  await once(process.stdin, 'end');
});
