import { delimiter, isAbsolute } from 'node:path';
import { Settings } from '../ids.ts';
import { storeFolder, underHome } from './storeFolder.ts';

/** A setting's value, or undefined where it has none. Values come from files that anybody may have written. */
export type ReadSetting = (name: string) => unknown;

/**
 * The settings as the server reads them: from its environment, as the command does.
 * @throws Error where a path is relative: to what, would be anybody's guess
 */
export function serverEnvironment(read: ReadSetting, home: string, isTrusted: boolean): NodeJS.ProcessEnv {
  const store = storeFolder(textOf(read(Settings.store)), home);
  const roots = folders(Settings.lockRoots, read, home);
  const sharedRoots = folders(Settings.lockSharedRoots, read, home);
  // In a workspace that is not trusted, nothing is changed.
  const autoClean = isTrusted ? textOf(read(Settings.lockAutoClean)) : 'off';
  const waitMs = read(Settings.lockWaitMs);
  return {
    ...(store === undefined ? {} : { LOCKSTEP_HOME: store }),
    ...(roots === '' ? {} : { LOCKSTEP_LOCK_ROOTS: roots }),
    ...(sharedRoots === '' ? {} : { LOCKSTEP_LOCK_SHARED_ROOTS: sharedRoots }),
    ...(autoClean === '' ? {} : { LOCKSTEP_LOCK_AUTO_CLEAN: autoClean }),
    ...(typeof waitMs === 'number' ? { LOCKSTEP_LOCK_WAIT_MS: String(waitMs) } : {}),
  };
}

function folders(name: string, read: ReadSetting, home: string): string {
  const set = read(name);
  const paths = (Array.isArray(set) ? set : [])
    .map((path) => underHome(textOf(path).trim(), home))
    .filter((path) => path !== '');
  for (const path of paths) {
    if (isAbsolute(path)) continue;
    throw new Error(
      `The setting ${Settings.section}.${name} has to hold absolute paths, and "${path}" is not one.`,
    );
  }
  return paths.join(delimiter);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
