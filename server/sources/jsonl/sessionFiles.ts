import type { Dirent } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { mapBounded } from '../../platform/concurrency.ts';
import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';

const STATS_AT_ONCE = 8;

/** A file on disk that has the name of a session. */
export interface SessionFile {
  /** Relative to the source's root, with `/` between its parts. */
  readonly path: string;
  readonly absolutePath: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly mtimeMs: number;
}

export interface FileProblem {
  readonly path: string;
  readonly message: string;
}

export interface FolderScan {
  /** Those whose name ends in `.jsonl`. */
  readonly files: readonly SessionFile[];
  /** Paths relative to the root. */
  readonly folders: readonly string[];
  readonly problems: readonly FileProblem[];
}

type Entry = { file: SessionFile } | { folder: string } | { problem: FileProblem };

export const SESSION_SUFFIX = '.jsonl';

/** The sessions and the folders in the folder at `path`, relative to `root`. Rejects never; no folder, no entries. */
export async function scanFolder(root: string, path: string): Promise<FolderScan> {
  const absolutePath = join(root, path);
  let names: Dirent[];
  try {
    names = await readdir(absolutePath, { withFileTypes: true });
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return { files: [], folders: [], problems: [] };
    const message = `The folder cannot be read: ${systemErrorReason(error)}.`;
    return { files: [], folders: [], problems: [{ path: absolutePath, message }] };
  }
  const entries = await mapBounded(names, STATS_AT_ONCE, (name) => look(root, path, name));
  return {
    files: entries.flatMap((entry) => (entry !== undefined && 'file' in entry ? [entry.file] : [])),
    folders: entries.flatMap((entry) => (entry !== undefined && 'folder' in entry ? [entry.folder] : [])),
    problems: entries.flatMap((entry) => (entry !== undefined && 'problem' in entry ? [entry.problem] : [])),
  };
}

async function look(root: string, folder: string, entry: Dirent): Promise<Entry | undefined> {
  const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
  const absolutePath = join(root, folder, entry.name);
  const isSession = entry.name.endsWith(SESSION_SUFFIX);
  const problem = (message: string): Entry => ({ problem: { path: absolutePath, message } });
  try {
    // A link to a folder is not followed: below the root it would show the same sessions twice.
    if (!isSession && !entry.isDirectory()) {
      return entry.isSymbolicLink() && (await leadsToFolderOutside(root, absolutePath))
        ? problem('This is a link to a folder elsewhere, which is not followed.')
        : undefined;
    }
    if (entry.name.includes('\\'))
      return problem('Its name holds a backslash, so that it cannot be referred to.');
    if (!isSession) return { folder: path };
    if (entry.isSymbolicLink() && !(await isBelow(root, absolutePath))) {
      return problem('This is a link to a file elsewhere, which is not followed.');
    }
    const { size, mtimeMs, ...facts } = await statOf(absolutePath);
    if (facts.isFile) return { file: { path, absolutePath, size, mtimeMs } };
    return problem(
      facts.isFolder
        ? 'This is a folder with the name of a session.'
        : 'This is neither a file nor a folder.',
    );
  } catch (error) {
    // Gone since the folder was read, unless it is a link to nowhere or a name that Node cannot give back.
    const isGone = systemErrorCode(error) === 'ENOENT' && !entry.isSymbolicLink();
    if (isGone && !entry.name.includes('\uFFFD')) return undefined;
    return problem(`It cannot be read: ${systemErrorReason(error)}.`);
  }
}

async function statOf(path: string) {
  const facts = await stat(path);
  return { size: facts.size, mtimeMs: facts.mtimeMs, isFile: facts.isFile(), isFolder: facts.isDirectory() };
}

async function isBelow(root: string, path: string): Promise<boolean> {
  return (await realpath(path)).startsWith((await realpath(root)) + sep);
}

async function leadsToFolderOutside(root: string, path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory() && !(await isBelow(root, path));
  } catch {
    return false; // not a link to a folder
  }
}

/**
 * The real path of the session at `path`, relative to `root` with `/` between its parts; undefined where that is not
 * a path of a session below the root, links included. Rejects with the system's error where it cannot be looked up.
 */
export async function realSessionPath(root: string, path: string): Promise<string | undefined> {
  if (!path.endsWith(SESSION_SUFFIX) || /[\\\0]/.test(path)) return undefined;
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) return undefined;
  const [realRoot, realPath] = await Promise.all([realpath(root), realpath(join(root, path))]);
  if (!realPath.startsWith(realRoot + sep)) return undefined;
  return (await lstat(realPath)).isFile() ? realPath : undefined;
}
