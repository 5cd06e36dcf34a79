import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { KillBefore } from '../../../support/killBefore.ts';
import type { Method } from '../../../../server/protocol/method.ts';

/** Makes a call on a state directory, and kills itself before its nth change of the file system. */
const [dir = '', name = '', params = '{}', nth = '0'] = process.argv.slice(2);
const dying = new KillBefore(Number(nth));
fs.copyFileSync = dying.wrap(fs.copyFileSync);
fs.linkSync = dying.wrap(fs.linkSync);
fs.renameSync = dying.wrap(fs.renameSync);
fs.rmSync = dying.wrap(fs.rmSync);
fs.unlinkSync = dying.wrap(fs.unlinkSync);
fs.writeSync = dying.wrap(fs.writeSync);
syncBuiltinESMExports();

const { openclawAt } = await import('./stateDirectory.ts');
const { sessionsCompact, sessionsDelete, sessionsPatch, sessionsReset } =
  await import('../../../../server/protocol/openclawWriteMethods.ts');
const methods: Method[] = [sessionsCompact, sessionsDelete, sessionsPatch, sessionsReset];
const method = methods.find((one) => one.name === name);
if (!method) throw new Error(`There is no ${name}.`);
await openclawAt(dir).call(method, JSON.parse(params));
