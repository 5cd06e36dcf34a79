import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join, win32 } from 'node:path';
import { mapBounded } from '../../platform/concurrency.ts';
import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';
import { SESSION_SUFFIX, type FileProblem, type SessionFile } from '../jsonl/sessionFiles.ts';
import type { OpenclawAgent } from './agents.ts';
import type { StoredEntry } from './sessionEntry.ts';
import type { OpenclawSession } from './stateDirectory.ts';

const STATS_AT_ONCE = 8;

export interface LooseTranscripts {
  /** Transcripts that no session names; `path` is below the state directory. */
  readonly files: readonly SessionFile[];
  /** All names in the folders of the agents' transcripts, as absolute paths. */
  readonly all: ReadonlySet<string>;
  readonly problems: readonly FileProblem[];
}

/**
 * The transcripts that no session names: of a session that was reset by OpenClaw 2026.2, or deleted without them, and all
 * of an agent whose store cannot be read. Archives are none, nor is what lies beside a transcript under its name.
 * Rejects never.
 */
export async function looseTranscripts(
  agents: readonly OpenclawAgent[],
  sessions: Iterable<OpenclawSession>,
): Promise<LooseTranscripts> {
  const folders = new Map<string, { names: ReadonlySet<string>; loose: Set<string> }>();
  const problems: FileProblem[] = [];
  for (const { sessionsDir } of agents) {
    const names = await namesIn(sessionsDir, problems);
    folders.set(sessionsDir, { names, loose: new Set([...names].filter(isTranscript)) });
  }
  const folderOf = new Map(agents.map(({ id, sessionsDir }) => [id, folders.get(sessionsDir)]));
  for (const { entry, agentId, place } of sessions) {
    const folder =
      place.era === 'file'
        ? folders.get(place.sessionsDir)
        : folderOf.get(agentId ?? basename(dirname(dirname(place.database))));
    const named = folder && namesOf(entry).find((name) => folder.names.has(name));
    if (named !== undefined) folder?.loose.delete(named);
  }
  const loose = [...folders].flatMap(([folder, own]) => [...own.loose].map((name) => ({ folder, name })));
  const files = await mapBounded(loose, STATS_AT_ONCE, ({ folder, name }) => fileAt(folder, name, problems));
  return {
    files: files.flatMap((file) => file ?? []),
    all: new Set([...folders].flatMap(([folder, { names }]) => [...names].map((name) => join(folder, name)))),
    problems,
  };
}

/** Below the state directory, with `/` between its parts. */
function pathBelowState(folder: string, name: string): string {
  return `agents/${basename(dirname(folder))}/sessions/${name}`;
}

async function namesIn(folder: string, problems: FileProblem[]): Promise<ReadonlySet<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT')
      problems.push({ path: folder, message: `The folder cannot be read: ${systemErrorReason(error)}.` });
    return new Set();
  }
}

function isTranscript(name: string): boolean {
  return name.endsWith(SESSION_SUFFIX) && !/\.trajectory\.jsonl$|\.checkpoint\.[\w-]+\.jsonl$/.test(name);
}

/** What the transcript of an entry may be called, likeliest first. */
function namesOf({ sessionFile, sessionId, lastThreadId }: StoredEntry): string[] {
  const names: string[] = [];
  if (sessionFile !== undefined) names.push(win32.basename(basename(sessionFile)));
  if (sessionId === undefined) return names;
  names.push(`${sessionId}${SESSION_SUFFIX}`);
  if (lastThreadId !== undefined) {
    const topic = encodeURIComponent(String(lastThreadId).toWellFormed());
    names.push(`${sessionId}-topic-${topic}${SESSION_SUFFIX}`);
  }
  return names;
}

async function fileAt(
  folder: string,
  name: string,
  problems: FileProblem[],
): Promise<SessionFile | undefined> {
  const absolutePath = join(folder, name);
  try {
    const found = await lstat(absolutePath);
    if (found.isFile() && !/[\\\uFFFD]/.test(name)) {
      const { size, mtimeMs } = found;
      return { path: pathBelowState(folder, name), absolutePath, size, mtimeMs };
    }
    problems.push({ path: absolutePath, message: 'This is not a file, or its name is none to refer to.' });
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT')
      problems.push({ path: absolutePath, message: `It cannot be read: ${systemErrorReason(error)}.` });
  }
  return undefined;
}
