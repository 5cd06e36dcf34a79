import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { LockFinding, LockFolder } from '../domain/lockFinding.ts';
import { systemErrorCode, systemErrorReason } from '../platform/systemError.ts';
import type { Lock } from '../protocol/lock.ts';
import { isLockName, LOCK_SUFFIX, placeOfAside, type LockFiles } from './lockFiles.ts';

/** The most entries of one folder tree that are looked at. */
const MOST_ENTRIES = 100_000;

/** Folders that hold no sessions and are large. */
const PASSED_OVER: ReadonlySet<string> = new Set(['node_modules', '.git']);

/** A lock that a cleaner has moved aside, and the path that it had. */
export interface Aside {
  readonly path: string;
  readonly place: string;
}

export interface FolderFinding extends LockFinding {
  /** What cleaners that were killed have left. */
  readonly asides: readonly Aside[];
}

/**
 * The lock files in a folder tree. Links to folders are not followed, so that nothing outside of the tree is reached;
 * the folder itself may be one. Rejects never: what cannot be looked at is a problem.
 */
export async function findLocks(folder: LockFolder, files: LockFiles): Promise<FolderFinding> {
  const locks: Lock[] = [];
  const asides: Aside[] = [];
  const problems: { path: string; message: string }[] = [];
  let entriesLeft = MOST_ENTRIES;
  const tell = (path: string, error: unknown) => problems.push({ path, message: systemErrorReason(error) });

  async function entriesOf(path: string): Promise<Dirent[]> {
    try {
      return await readdir(path, { withFileTypes: true });
    } catch (error) {
      // A folder that is not there holds no locks.
      if (systemErrorCode(error) !== 'ENOENT') tell(path, error);
      return [];
    }
  }

  async function lookAt(path: string): Promise<void> {
    try {
      const lock = await files.look(path);
      if (lock) locks.push(lock);
    } catch (error) {
      tell(path, error);
    }
  }

  if (!isAbsolute(folder.path)) {
    problems.push({ path: folder.path, message: 'it is not an absolute path' });
    return { locks, asides, problems };
  }
  const root = await realpath(folder.path).catch(() => folder.path);
  const queue = [{ path: root, depth: folder.depth }];
  for (const { path, depth } of queue) {
    for (const entry of await entriesOf(path)) {
      if (entriesLeft-- <= 0) {
        problems.push({
          path: root,
          message: `it holds more than ${MOST_ENTRIES} files: the rest was not looked at`,
        });
        return { locks, asides, problems };
      }
      const child = join(path, entry.name);
      const isFolder = entry.isDirectory();
      if (isLockName(entry.name) || (isFolder && entry.name.endsWith(LOCK_SUFFIX))) await lookAt(child);
      else {
        const place = placeOfAside(child);
        // What cannot have been a lock of ours to move is left alone, whatever its name is.
        if (place !== undefined && (await files.isMovable(place, entry))) asides.push({ path: child, place });
      }
      if (isFolder && depth > 0 && !PASSED_OVER.has(entry.name))
        queue.push({ path: child, depth: depth - 1 });
    }
  }
  return { locks, asides, problems };
}
