import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

/** How many paths are looked at together, of at most 200 that one message asks about. */
const AT_ONCE = 8;
/** A relative path is looked for in so many folders; a workspace seldom has more. */
const MOST_FOLDERS = 10;

/** Where the files that a transcript names can be. All paths are absolute. */
export interface FilePlaces {
  /** The folders of the workspace. */
  readonly folders: readonly string[];
  /** The folder that the session worked in. */
  readonly place: string | undefined;
  readonly home: string;
}

interface Folder {
  readonly path: string;
  readonly real: string;
}

/** Finds the files of the workspace that a transcript names. What is elsewhere on the disk is not told of. */
export class WorkspaceFiles {
  readonly #places: () => FilePlaces;

  constructor(places: () => FilePlaces) {
    this.#places = places;
  }

  /** The absolute path of a file, as it stands in the workspace; undefined where there is none. Never rejects. */
  async find(path: string): Promise<string | undefined> {
    const places = this.#places();
    return fileIn(await realFolders(places), candidates(path, places));
  }

  /** Which of the paths are files that `find` finds. Never rejects. */
  async check(paths: readonly string[]): Promise<{ path: string; exists: boolean }[]> {
    const places = this.#places();
    const folders = await realFolders(places);
    const rest = new Set(paths).values();
    const found: { path: string; exists: boolean }[] = [];
    const look = async (): Promise<void> => {
      // All of them take from the one iterator.
      for (const path of rest)
        found.push({ path, exists: (await fileIn(folders, candidates(path, places))) !== undefined });
    };
    await Promise.all(Array.from({ length: AT_ONCE }, look));
    return found;
  }
}

function candidates(path: string, { folders, place, home }: FilePlaces): string[] {
  if (path === '' || path.includes('\0')) return [];
  if (/^~[/\\]/.test(path)) return [join(home, path.slice(2))];
  if (isAbsolute(path)) return [resolve(path)];
  const bases = [...(place === undefined || !isAbsolute(place) ? [] : [place]), ...folders];
  return [...new Set(bases.map((base) => resolve(base, path)))];
}

async function realFolders({ folders }: FilePlaces): Promise<Folder[]> {
  const all = folders.slice(0, MOST_FOLDERS).map(async (path) => {
    const real = await realPath(path);
    return real === undefined ? [] : [{ path, real }];
  });
  return (await Promise.all(all)).flat();
}

async function fileIn(folders: readonly Folder[], paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths.slice(0, MOST_FOLDERS + 1)) {
    // Windows would ask another computer, and tell it who asks.
    if (path.startsWith('\\\\') && !folders.some((folder) => isWithin(folder.path, path))) continue;
    const real = await realPath(path);
    const folder = real === undefined ? undefined : folders.find((each) => isWithin(each.real, real));
    if (real !== undefined && folder !== undefined && (await isFile(real)))
      return join(folder.path, relative(folder.real, real));
  }
  return undefined;
}

function isWithin(folder: string, path: string): boolean {
  const rest = relative(folder, path);
  return rest !== '' && rest !== '..' && !rest.startsWith(`..${sep}`) && !isAbsolute(rest);
}

/** Undefined for what is not there, or cannot be looked at. */
async function realPath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch {
    return undefined;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
