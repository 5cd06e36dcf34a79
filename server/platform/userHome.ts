import { userInfo } from 'node:os';

/**
 * Absolute path of the user's home folder: `$HOME` (`%USERPROFILE%` on Windows), else what the system has on record.
 * Not `os.homedir()`, which takes an empty variable for the answer and throws where there is no record. Where nobody
 * knows, a folder that cannot be: all that is below it then says that it is missing.
 */
export function userHome(env: NodeJS.ProcessEnv): string {
  const set = process.platform === 'win32' ? env['USERPROFILE'] : env['HOME'];
  if (set !== undefined && set !== '') return set;
  try {
    return userInfo().homedir;
  } catch {
    return '/nonexistent';
  }
}
