import { isAbsolute, join } from 'node:path';

/**
 * The folder that the setting `lockstep.store` names, or undefined where it is empty. `~/` is the home folder, as
 * people write it in settings.
 * @throws Error where it is relative: to what, would be anybody's guess, and sessions would seem to be gone.
 */
export function storeFolder(setting: string, home: string): string | undefined {
  const set = setting.trim();
  if (set === '') return undefined;
  const path = set === '~' ? home : /^~[\\/]/.test(set) ? join(home, set.slice(2)) : set;
  if (!isAbsolute(path)) {
    throw new Error(`The setting lockstep.store has to be an absolute path, and "${set}" is not one.`);
  }
  return path;
}
