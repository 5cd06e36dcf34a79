import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';

/** The whole path of a program; undefined where no folder of `PATH` has it. For systems whose programs have no extension. */
export async function programOnPath(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'))) {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}
