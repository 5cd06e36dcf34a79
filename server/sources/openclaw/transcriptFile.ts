import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, win32 } from 'node:path';
import { isWithin, realOrSame } from '../../platform/paths.ts';
import { systemErrorCode } from '../../platform/systemError.ts';
import { openForReading, type OpenFile, type ReadableFile } from '../jsonl/readableFile.ts';
import type { StoredEntry } from './sessionEntry.ts';

const SUFFIX = '.jsonl';

/** Where transcripts of an agent of the file era may be. */
export interface TranscriptPlace {
  readonly era: 'file';
  readonly sessionsDir: string;
  readonly storePath: string;
}

/**
 * The paths that a session's transcript may have, likeliest first. What an entry says is believed only below the
 * folders of the agent: elsewhere may be any file. A state directory that was moved still names its old place, so the
 * name alone is looked for too.
 */
export function transcriptPaths(place: TranscriptPlace, entry: StoredEntry): string[] {
  const folders = foldersOf(place);
  const paths: string[] = [];
  const { sessionFile, sessionId, lastThreadId } = entry;
  if (sessionFile?.endsWith(SUFFIX) === true && !sessionFile.includes('\0')) {
    const said = resolve(place.sessionsDir, sessionFile);
    if (folders.some((folder) => isInside(folder, said))) paths.push(said);
    const name = win32.basename(basename(sessionFile)); // its writer may have run on Windows
    paths.push(...folders.map((folder) => join(folder, name)));
  }
  if (sessionId !== undefined && /^[\w-][\w.-]{0,127}$/.test(sessionId)) {
    paths.push(...folders.map((folder) => join(folder, `${sessionId}${SUFFIX}`)));
    if (lastThreadId !== undefined) {
      // A lone surrogate has no form in a URL, nor in a file's name.
      const topic = encodeURIComponent(String(lastThreadId).toWellFormed());
      paths.push(...folders.map((folder) => join(folder, `${sessionId}-topic-${topic}${SUFFIX}`)));
    }
  }
  return [...new Set(paths)];
}

function foldersOf({ sessionsDir, storePath }: TranscriptPlace): string[] {
  return [...new Set([sessionsDir, dirname(storePath)])];
}

/** A file right in a folder or below it, but not the folder itself. */
function isInside(folder: string, path: string): boolean {
  return path !== folder && isWithin(folder, path);
}

/**
 * Reads of the first transcript that is there; undefined where there is none. Links lead no further than the folders
 * of the agent.
 * @throws the system's error where it is there and cannot be read
 */
export async function withTranscript<T>(
  place: TranscriptPlace,
  entry: StoredEntry,
  read: (file: ReadableFile, size: number) => Promise<T>,
  open: OpenFile = openForReading,
): Promise<T | undefined> {
  for (const path of transcriptPaths(place, entry)) {
    try {
      const real = await realpath(path);
      const roots = await Promise.all(foldersOf(place).map(realOrSame));
      if (!roots.some((root) => isInside(root, real))) continue;
      const file = await open(real);
      try {
        const { isFile, size } = await file.stat();
        if (isFile) return await read(file, size);
      } finally {
        await file.close();
      }
    } catch (error) {
      const code = systemErrorCode(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ENAMETOOLONG') throw error;
    }
  }
  return undefined;
}

/**
 * The paths of a session's transcripts that are there, likeliest first: plain files within the folders of the agent.
 * @throws the system's error where one cannot be looked at
 */
export async function existingTranscripts(place: TranscriptPlace, entry: StoredEntry): Promise<string[]> {
  const roots = await Promise.all(foldersOf(place).map(realOrSame));
  const found = new Map<string, string>();
  for (const path of transcriptPaths(place, entry)) {
    try {
      const real = await realpath(path);
      if (roots.some((root) => isInside(root, real)) && (await lstat(path)).isFile() && !found.has(real))
        found.set(real, path);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ENAMETOOLONG') throw error;
    }
  }
  return [...found.values()];
}
