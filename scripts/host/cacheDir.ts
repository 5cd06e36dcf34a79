import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * Where the host keeps what it installs. Never inside the repository: VS Code takes everything below the folder of an
 * extension under development for that extension's, its own themes included, and then ignores the colour theme.
 */
export function cacheDir(): string {
  const configured = process.env['XDG_CACHE_HOME'];
  const base = configured !== undefined && isAbsolute(configured) ? configured : join(homedir(), '.cache');
  return join(base, 'lockstep-host');
}

/**
 * The cache folder called `name`, filled first if it is not there. `fill` works in a private folder that is renamed
 * when complete, so a killed run leaves no half-filled entry. Two runs may fill at once: the loser of the rename
 * throws its copy away. (A lock would need an answer to "is its owner still alive?"; doing the work twice does not.)
 */
export async function cacheEntry(
  name: string,
  fill: (folder: string, finalPath: string) => Promise<void>,
): Promise<string> {
  const finalPath = join(cacheDir(), name);
  if (await exists(finalPath)) {
    return finalPath;
  }
  await mkdir(cacheDir(), { recursive: true });
  await removeAbandoned();
  const folder = await mkdtemp(`${finalPath}${FILLING}`);
  try {
    await fill(folder, finalPath);
    await rename(folder, finalPath);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    // Another run filling the same entry may have renamed its copy first; then that one is as good as ours.
    if (!(await exists(finalPath))) {
      throw error;
    }
  }
  return finalPath;
}

const FILLING = '.filling-';
const ABANDONED_AFTER_MS = 60 * 60_000;

/** What killed runs left behind is hundreds of megabytes; nothing takes an hour to fill. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(cacheDir())) {
    if (name.includes(FILLING)) {
      const path = join(cacheDir(), name);
      // Another run may finish and rename its folder at this moment.
      const started = await stat(path).then(
        (found) => found.birthtimeMs,
        () => Infinity,
      );
      if (started < Date.now() - ABANDONED_AFTER_MS) {
        await rm(path, { recursive: true, force: true });
      }
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
