import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { LockstepError } from '../domain/errors.ts';
import { systemErrorCode, systemErrorReason } from '../platform/systemError.ts';
import type { SessionSource } from '../sources/source.ts';
import { AgentSessions } from './agentSessions.ts';
import { MessageFiles, MESSAGE_FOLDER } from './messageFiles.ts';
import { Damaged, type MigrationSource } from './migrationSource.ts';
import { isSessionsFolder, OpenclawFiles, STORE_NAME } from './openclawFiles.ts';
import { OwnSessions, type ReadingStore } from './ownSessions.ts';
import { isSessionFolder, SessionFolders } from './sessionFolders.ts';
import { isMissing, readWhole, fileStats } from './smallReads.ts';

const OWN = 'lockstep';

/** What there is at a path. */
export interface Place {
  /** As it was given, made absolute. */
  readonly path: string;
  readonly sources: readonly MigrationSource[];
  /** The folder beside whose contents a backup goes; undefined where none is made. */
  readonly base: string | undefined;
}

export interface PlaceParts {
  readonly store: ReadingStore;
  /** Absolute path of the store's folder. */
  readonly home: string;
  readonly userHome: string;
  readonly agents: readonly SessionSource[];
}

/**
 * Finds the forms of sessions at a path.
 * @throws LockstepError INVALID_PARAMS where there is nothing that could be migrated
 */
export function placeAt(path: string, { store, home, userHome, agents }: PlaceParts): Place {
  const colon = path.indexOf(':');
  const origin = path.slice(0, Math.max(0, colon));
  const only = path.slice(colon + 1) || undefined;
  if (origin === OWN) return { path, sources: [new OwnSessions(store, home, only)], base: undefined };
  const agent = agents.find(({ kind }) => kind === origin);
  if (agent) return { path, sources: [new AgentSessions(agent, only)], base: undefined };
  if (!isAbsolute(path))
    throw invalid(path, 'is neither an absolute path nor a source, such as claude-code:');
  const real = realPath(path);
  const sources = sourcesAt(real, userHome);
  if (sources.length === 0)
    throw invalid(
      path,
      `holds no sessions that could be migrated: no ${MESSAGE_FOLDER} folder, no session_<id> folders, no ${STORE_NAME}`,
    );
  return { path: real, sources, base: baseOf(real, sources) };
}

/** Beside a folder of sessions, but within a state directory, and beside the folders of single sessions. */
function baseOf(path: string, sources: readonly MigrationSource[]): string {
  const [first, ...others] = sources;
  if (first === undefined || others.length > 0)
    return basename(path) === MESSAGE_FOLDER ? dirname(path) : path;
  const { root } = first;
  const isInOwnFolder =
    first instanceof MessageFiles || (first instanceof OpenclawFiles && isSessionsFolder(root));
  return isInOwnFolder ? dirname(root) : root;
}

function sourcesAt(path: string, userHome: string): MigrationSource[] {
  const stats = lstatSync(path);
  const folder = dirname(path);
  const name = basename(path);
  if (stats.isFile()) {
    if (name === STORE_NAME) return [new OpenclawFiles(folder, userHome)];
    if (name === 'session.json' && isSessionFolder(basename(folder)))
      return [new SessionFolders(dirname(folder), basename(folder))];
    return name.endsWith('.json') ? [new MessageFiles(folder, name)] : [];
  }
  if (isSessionFolder(name) && fileStats(join(path, 'session.json')))
    return [new SessionFolders(folder, name)];
  if (name === MESSAGE_FOLDER) return [...foldersIn(path), new MessageFiles(path)];
  const sources: MigrationSource[] = [];
  if (isSessionsFolder(path) || isFolder(join(path, 'agents')))
    sources.push(new OpenclawFiles(path, userHome));
  const messages = realFolder(join(path, MESSAGE_FOLDER));
  if (messages !== undefined) sources.push(...foldersIn(messages), new MessageFiles(messages));
  sources.push(...foldersIn(path));
  if (sources.length === 0 && hasMessageFiles(path)) sources.push(new MessageFiles(path));
  return sources;
}

function foldersIn(path: string): MigrationSource[] {
  return namesIn(path).some((name) => isSessionFolder(name) && mayBeFolder(join(path, name)))
    ? [new SessionFolders(path)]
    : [];
}

/** Files that are looked at in a folder of another name, in which every JSON file could be anything. */
const LOOKS = 20;

function hasMessageFiles(path: string): boolean {
  const names = namesIn(path).filter((name) => name.endsWith('.json'));
  if (names.includes('session_map.json')) return true;
  return names.slice(0, LOOKS).some((name) => {
    try {
      return readWhole(join(path, name)).content.includes('"messages"');
    } catch (error) {
      if (error instanceof Damaged) return false;
      throw error;
    }
  });
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    throw invalid(path, `cannot be read: ${systemErrorReason(error)}`);
  }
}

/**
 * A folder that is there, or that a link leads to, as for a path that was given.
 * @throws LockstepError INVALID_PARAMS where it cannot be told
 */
function realFolder(path: string): string | undefined {
  try {
    const real = realpathSync(path);
    return isFolder(real) ? real : undefined;
  } catch (error) {
    if (isMissing(path)) return undefined;
    const isLost = systemErrorCode(error) === 'ENOENT';
    throw invalid(
      path,
      isLost ? 'is a link to what does not exist' : `cannot be read: ${systemErrorReason(error)}`,
    );
  }
}

/** Whether a source has to say something of it: of a link, or of what cannot be told, that it is damaged. */
function mayBeFolder(path: string): boolean {
  const stats = fileStats(path);
  return stats === undefined || stats.isDirectory() || stats.isSymbolicLink();
}

function isFolder(path: string): boolean {
  return fileStats(path)?.isDirectory() ?? false;
}

function realPath(path: string): string {
  try {
    return realpathSync(resolve(path));
  } catch (error) {
    throw invalid(path, `cannot be read: ${systemErrorReason(error)}`);
  }
}

function invalid(path: string, problem: string): LockstepError {
  return new LockstepError('INVALID_PARAMS', `path: ${path} ${problem}.`, {
    details: { param: 'path', path },
  });
}
