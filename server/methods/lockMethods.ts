import type { LockCleaner } from '../locks/cleaner.ts';
import type { LockCatalogue } from '../locks/lockCatalogue.ts';
import { locksClean, locksList } from '../protocol/lockMethods.ts';
import type { Registry } from './registry.ts';

export function registerLockMethods(
  registry: Registry,
  catalogue: LockCatalogue,
  cleaner: LockCleaner,
): void {
  registry.register(locksList, async ({ roots }) => {
    const [files, leases] = await Promise.all([catalogue.files(roots), catalogue.leases()]);
    return {
      locks: [...leases.map(({ lock }) => lock), ...files.locks],
      problems: [...files.problems],
    };
  });
  registry.register(locksClean, (params) => cleaner.clean(params));
}
