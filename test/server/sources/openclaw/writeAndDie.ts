import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { Method } from '../../../../server/protocol/method.ts';

/** Makes a call on a state directory, and kills itself before its nth change of the file system. */
const [dir = '', name = '', params = '{}', nth = '0'] = process.argv.slice(2);
let left = Number(nth);
const before = <F extends (...args: never[]) => unknown>(call: F): F => {
  const counting = (...args: Parameters<F>) => {
    if (--left === 0) process.kill(process.pid, 'SIGKILL');
    return call(...args);
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same function, but for the counting
  return counting as F;
};
fs.copyFileSync = before(fs.copyFileSync);
fs.linkSync = before(fs.linkSync);
fs.renameSync = before(fs.renameSync);
fs.rmSync = before(fs.rmSync);
fs.unlinkSync = before(fs.unlinkSync);
fs.writeSync = before(fs.writeSync);
syncBuiltinESMExports();

const { openclawAt } = await import('./stateDirectory.ts');
const { sessionsCompact, sessionsDelete, sessionsPatch, sessionsReset } =
  await import('../../../../server/protocol/openclawWriteMethods.ts');
const methods: Method[] = [sessionsCompact, sessionsDelete, sessionsPatch, sessionsReset];
const method = methods.find((one) => one.name === name);
if (!method) throw new Error(`There is no ${name}.`);
await openclawAt(dir).call(method, JSON.parse(params));
