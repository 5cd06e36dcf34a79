import { isAbsolute } from 'node:path';
import { LockstepError } from '../domain/errors.ts';
import { storeBackup, storeBackups, storeRecover } from '../protocol/storeMethods.ts';
import type { Backups } from '../store/backups.ts';
import type { StoreRecovery } from '../store/storeRecovery.ts';
import type { Registry } from './registry.ts';

export function registerStoreMethods(registry: Registry, backups: Backups, recovery: StoreRecovery): void {
  registry.register(storeBackup, async ({ to }) => {
    if (to !== undefined) checkAbsolute('to', to);
    return backups.make(to);
  });
  registry.register(storeBackups, async () => ({ folder: backups.folder, backups: backups.list() }));
  registry.register(storeRecover, async (params) => {
    if (params.from !== undefined) checkAbsolute('from', params.from);
    return recovery.recover(params);
  });
}

/** A server has a folder of its own, which is not the one that its caller is in. */
function checkAbsolute(param: string, path: string): void {
  if (isAbsolute(path)) return;
  throw new LockstepError('INVALID_PARAMS', `${param}: ${path} is not an absolute path.`, {
    details: { param },
  });
}
