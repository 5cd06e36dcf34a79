import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { KillBefore } from '../support/killBefore.ts';

/**
 * Recovers a store, and kills itself before its nth change of the file system of this kind: what is done is done by
 * these calls alone.
 */
const [path = '', nth = '0'] = process.argv.slice(2);
const dying = new KillBefore(Number(nth));
fs.linkSync = dying.wrap(fs.linkSync);
fs.renameSync = dying.wrap(fs.renameSync);
fs.rmSync = dying.wrap(fs.rmSync);
fs.writeSync = dying.wrap(fs.writeSync);
syncBuiltinESMExports();

const { systemClock } = await import('../../server/platform/clock.ts');
const { systemFileSystem } = await import('../../server/platform/fileSystem.ts');
const { StoreRecovery } = await import('../../server/store/storeRecovery.ts');
await new StoreRecovery({ path, fileSystem: systemFileSystem, clock: systemClock }).recover({
  dryRun: false,
});
