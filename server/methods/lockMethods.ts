import { LockstepError } from '../domain/errors.ts';
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
    const files = await catalogue.files(roots);
    try {
      const leases = await catalogue.leases();
      return { locks: [...leases.map(({ lock }) => lock), ...files.locks], problems: [...files.problems] };
    } catch (error) {
      // Lock files have nothing to do with a store that cannot be read.
      if (!(error instanceof LockstepError)) throw error;
      const problem = { path: String(error.details['path']), message: error.message };
      return { locks: [...files.locks], problems: [problem, ...files.problems] };
    }
  });
  registry.register(locksClean, (params) => cleaner.clean(params));
}
