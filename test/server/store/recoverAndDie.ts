import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Recovers a store, and kills itself before its nth change of the file system of this kind: what is done is done by
 * these calls alone.
 */
const [path = '', nth = '0'] = process.argv.slice(2);
let left = Number(nth);
const before = <F extends (...args: never[]) => unknown>(call: F): F => {
  const counting = (...args: Parameters<F>) => {
    if (--left === 0) process.kill(process.pid, 'SIGKILL');
    return call(...args);
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same function, but for the counting
  return counting as F;
};
fs.linkSync = before(fs.linkSync);
fs.renameSync = before(fs.renameSync);
fs.rmSync = before(fs.rmSync);
fs.writeSync = before(fs.writeSync);
syncBuiltinESMExports();

const { systemClock } = await import('../../../server/platform/clock.ts');
const { systemFileSystem } = await import('../../../server/platform/fileSystem.ts');
const { StoreRecovery } = await import('../../../server/store/storeRecovery.ts');
await new StoreRecovery({ path, fileSystem: systemFileSystem, clock: systemClock }).recover({
  dryRun: false,
});
