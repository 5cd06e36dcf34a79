import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';

/** Why a program could not be started, as a sentence that says what to do. */
export function startFailure(program: string, cwd: string, error: unknown): string {
  // The system says ENOENT, EACCES and ENOTDIR of the folder as well.
  const folder = folderFailure(cwd);
  if (folder !== undefined) return `The agent cannot run in the folder ${cwd}: ${folder}.`;
  switch (systemErrorCode(error)) {
    case 'ENOENT':
      return isAbsolute(program)
        ? `The agent cannot be started: ${program} does not exist. Check its command in the setting lockstep.agents.`
        : `The agent cannot be started: there is no program ${program} on its PATH. Install it, or give its whole path in the setting lockstep.agents.`;
    case 'EACCES':
    case 'EPERM':
      return `The agent cannot be started: ${program} may not be run by you. Make it executable, or check its command in the setting lockstep.agents.`;
    case 'E2BIG':
      return 'The agent cannot be started: its arguments are longer than the system allows. Let it have its prompt by standard input ("prompt": "stdin").';
    default:
      return `The agent cannot be started: ${program}: ${systemErrorReason(error)}.`;
  }
}

function folderFailure(cwd: string): string | undefined {
  try {
    return statSync(cwd).isDirectory() ? undefined : 'it is not a folder';
  } catch (error) {
    return systemErrorReason(error);
  }
}
