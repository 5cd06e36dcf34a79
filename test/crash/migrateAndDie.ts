import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { KillBefore } from '../support/killBefore.ts';

/**
 * Migrates, and kills itself before its nth change of the file system or step of the store. Ends with 0 where it came to
 * its end before that.
 */
const [home = '', params = '{}', nth = '0'] = process.argv.slice(2);
const dying = new KillBefore(Number(nth));
const isOurs = (path: unknown) => !String(path).includes('lockstep.db') && !String(path).includes('/locks/');
// A lock that was made and has no record yet is left alone for 30 s by whoever finds it: that is the locks' own proof.
const isNew = (path: unknown, flags: unknown) => typeof flags === 'string' && flags !== 'r' && isOurs(path);
const files = new Set<number>();
const { openSync } = fs;
fs.openSync = (path, flags, mode) => {
  if (isNew(path, flags)) dying.count();
  const file = openSync(path, flags, mode);
  if (isNew(path, flags)) files.add(file);
  else files.delete(file);
  return file;
};
fs.writeSync = dying.wrap(fs.writeSync, (file: number) => files.has(file));
fs.linkSync = dying.wrap(fs.linkSync, isOurs);
fs.renameSync = dying.wrap(fs.renameSync, isOurs);
fs.rmSync = dying.wrap(fs.rmSync, isOurs);
fs.promises.open = dying.wrap(fs.promises.open, isOurs);
syncBuiltinESMExports();

const z = await import('zod');
const { createServer } = await import('../../server/server.ts');
const { SqliteSessionStore } = await import('../../server/store/sqliteSessionStore.ts');
for (const name of ['import', 'remove'] as const) {
  const whole = SqliteSessionStore.prototype[name];
  Object.defineProperty(SqliteSessionStore.prototype, name, {
    async value(this: unknown, ...args: unknown[]) {
      dying.count();
      const result: unknown = await Reflect.apply(whole, this, args);
      dying.count();
      return result;
    },
  });
}

const server = createServer({
  env: { LOCKSTEP_HOME: home },
  userHome: home,
  logger: { log: () => undefined },
});
const { method, ...rest } = z.looseObject({ method: z.string() }).parse(JSON.parse(params));
for (let call: Record<string, unknown> = rest; ;) {
  const outcome = await server.registry.call(method, call);
  if (!outcome.ok) throw new Error(outcome.error.message);
  const { nextCursor } = z.looseObject({ nextCursor: z.string().optional() }).parse(outcome.result);
  if (nextCursor === undefined) break;
  call = method === 'migration.apply' ? { cursor: nextCursor } : { ...rest, cursor: nextCursor };
}
server.dispose();
process.stdout.write(String(Number(nth) - dying.left));
