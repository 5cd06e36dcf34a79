import { createHash, type Hash } from 'node:crypto';
import { lstatSync, readdirSync, watch as watchFs } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import type { Disposable } from './disposable.ts';
import { systemErrorCode } from './systemError.ts';

/**
 * The most folders of one tree that are watched, those nearest to its root first. The system's watches are shared
 * with the editor, and old Linux systems have 8192 of them.
 */
const MAX_WATCHES = 1024;

export interface WatchedFolder {
  /** Absolute path; the folder need not exist yet. */
  readonly path: string;
  /** How many levels of folders below it are watched too. */
  readonly depth: number;
}

/** Watches the entries of one folder, not those below. Throws where it cannot. */
export type WatchFolder = (
  path: string,
  onEvent: (event: string, name: string | null) => void,
  onError: (error: unknown) => void,
) => Disposable;

export interface WatchSettings {
  /** Milliseconds from a first change to the one call for it and all that came after it; 150. */
  readonly joinMs?: number;
  /** Milliseconds between two looks at folders that cannot be watched; 2000. */
  readonly pollMs?: number;
  readonly watchFolder?: WatchFolder;
}

const watchFolderOfNode: WatchFolder = (path, onEvent, onError) => {
  const watcher = watchFs(path, { persistent: false }, onEvent);
  watcher.on('error', onError);
  return { dispose: () => watcher.close() };
};

/**
 * Calls back some time after files in `folders` were added, changed or removed; bursts are joined. No change made
 * after the return of this function is missed in the folders that it watches. A folder that does not exist, or for
 * which the system has no watches left, is looked at every two seconds instead. Keeps no process alive.
 */
export function watchFolders(
  folders: readonly WatchedFolder[],
  onChange: () => void,
  settings: WatchSettings = {},
): Disposable {
  const { joinMs = 150, pollMs = 2000, watchFolder = watchFolderOfNode } = settings;
  let timer: NodeJS.Timeout | undefined;
  let disposed = false;
  // From the first change on, not from the last: a file that is written all the time must not hold the call back.
  function changed(): void {
    if (disposed) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange();
    }, joinMs).unref();
  }
  const trees = folders.map((folder) => watchTree(folder, { changed, pollMs, watchFolder }));
  return {
    dispose() {
      disposed = true;
      clearTimeout(timer);
      for (const tree of trees) tree.dispose();
    },
  };
}

interface TreeContext {
  readonly changed: () => void;
  readonly pollMs: number;
  readonly watchFolder: WatchFolder;
}

/** Not `recursive`: on Linux that walks and watches without bound, and follows no depth. */
function watchTree(folder: WatchedFolder, context: TreeContext): Disposable {
  const watches = new Map<string, Disposable>();
  let timer: NodeJS.Timeout | undefined;
  let disposed = false;

  function unwatch(path: string): void {
    for (const [watched, watch] of watches) {
      if (watched !== path && !watched.startsWith(path + sep)) continue;
      watch.dispose();
      watches.delete(watched);
    }
  }

  /**
   * Watches the folder at `path` and those below it, level by level. Throws where `path` itself cannot be watched, or
   * the system has no watches left; a folder below that is gone or not ours to read is passed over.
   */
  function watchFrom(path: string, level: number): void {
    const queue = [{ path, level }];
    for (const next of queue) {
      if (watches.size >= MAX_WATCHES) return;
      try {
        watchOne(next.path, next.level);
        if (next.level < folder.depth) {
          for (const child of subfolders(next.path)) queue.push({ path: child, level: next.level + 1 });
        }
      } catch (error) {
        if (next.path === path || !isPassedOver(error)) throw error;
      }
    }
  }

  function watchOne(path: string, level: number): void {
    if (watches.has(path)) return;
    const watch = context.watchFolder(
      path,
      (event, name) => onEvent(path, level, event, name),
      (error) => onError(path, error),
    );
    watches.set(path, watch);
  }

  function onEvent(path: string, level: number, event: string, name: string | null): void {
    if (disposed) return;
    context.changed();
    if (event !== 'rename') return;
    try {
      if (name === null) {
        watchFrom(path, level);
        return;
      }
      const child = join(path, name);
      const found = lstatSync(child, { throwIfNoEntry: false });
      if (found?.isDirectory() === true) {
        if (level === folder.depth) return;
        unwatch(child); // it may be another folder of the same name
        watchFrom(child, level + 1);
      } else if (found === undefined) {
        unwatch(child);
        // A folder's own end is told under its own name.
        if (path === folder.path && name === basename(path)) start();
      }
    } catch (error) {
      if (!isPassedOver(error)) onError(path, error);
    }
  }

  function onError(path: string, error: unknown): void {
    if (disposed) return;
    context.changed();
    if (path !== folder.path && systemErrorCode(error) === 'EPERM')
      unwatch(path); // Windows: it was removed
    else poll(undefined);
  }

  /** Tries to watch, and polls where that fails. */
  function start(): void {
    unwatch(folder.path);
    try {
      watchFrom(folder.path, 0);
    } catch (error) {
      poll(systemErrorCode(error) === 'ENOENT' ? '' : undefined);
    }
  }

  /** `last` is the fingerprint that was seen last: empty where there was no folder, undefined where it is unknown. */
  function poll(last: string | undefined): void {
    unwatch(folder.path);
    clearTimeout(timer);
    timer = setTimeout(() => {
      void fingerprint(folder).then((now) => {
        if (disposed) return;
        if (now !== last) context.changed();
        if (now !== last && last === '') start();
        else poll(now);
      });
    }, context.pollMs).unref();
  }

  start();
  return {
    dispose() {
      disposed = true;
      clearTimeout(timer);
      unwatch(folder.path);
    },
  };
}

// Called after its watch began: a folder made between the two steps is seen by one of them.
function subfolders(path: string): string[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name));
}

function isPassedOver(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(systemErrorCode(error) ?? '');
}

/** Changes when a file at a watched level changes; empty where there is no folder. Never rejects. */
async function fingerprint(folder: WatchedFolder): Promise<string> {
  const hash = createHash('sha256');
  const exists = await addFolder(hash, folder.path, folder.depth);
  return exists ? hash.digest('base64') : '';
}

async function addFolder(hash: Hash, path: string, depth: number): Promise<boolean> {
  let entries;
  try {
    entries = await readdir(path, { withFileTypes: true });
  } catch (error) {
    hash.update(`${path}\0${systemErrorCode(error) ?? ''}\n`);
    return systemErrorCode(error) !== 'ENOENT';
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) {
      hash.update(`${child}${sep}\n`);
      if (depth > 0) await addFolder(hash, child, depth - 1);
      continue;
    }
    try {
      const { size, mtimeMs } = await stat(child);
      hash.update(`${child}\0${size}\0${mtimeMs}\n`);
    } catch {
      hash.update(`${child}\n`); // gone since, or a link to nowhere
    }
  }
  return true;
}
