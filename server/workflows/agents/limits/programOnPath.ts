import { access, constants, stat } from 'node:fs/promises';
import { posix, win32 } from 'node:path';

/**
 * The whole path of a program; undefined where no folder of `PATH` has it. Entries that are empty or relative are left
 * out: what they mean is the choice of the folder that a program is started in.
 */
export async function programOnPath(
  name: string,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): Promise<string | undefined> {
  const isWindows = platform === 'win32';
  const path = isWindows ? win32 : posix;
  // Windows has it as `Path`.
  const [, searched = ''] =
    Object.entries(env).find(([key]) => (isWindows ? key.toUpperCase() : key) === 'PATH') ?? [];
  for (const folder of searched.split(path.delimiter).filter((folder) => path.isAbsolute(folder)))
    for (const ending of isWindows ? ['', '.com', '.exe'] : ['']) {
      const program = path.join(folder, `${name}${ending}`);
      if (await isProgram(program)) return program;
    }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
