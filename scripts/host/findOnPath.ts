import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The first of these programs that is on the PATH; an earlier name wins over an earlier folder. */
export async function findOnPath(names: readonly string[]): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const candidate of names.flatMap((name) => folders.map((folder) => join(folder, name)))) {
    if (await isExecutable(candidate)) {
      return candidate;
    }
  }
  return undefined;
}

/** A program; a folder of that name is none, though it may be entered, which is the same permission. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
