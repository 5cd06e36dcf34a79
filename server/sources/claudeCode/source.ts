import { basename } from 'node:path/posix';
import { join, resolve } from 'node:path';
import { mapBounded } from '../../platform/concurrency.ts';
import type { Processes } from '../../platform/processes.ts';
import { watchFolders } from '../../platform/watch.ts';
import type { CommandLine, SourceSession } from '../../protocol/sourceSession.ts';
import { openForReading, type OpenFile } from '../jsonl/readableFile.ts';
import { createRowReader, type Row, type RowReader } from '../jsonl/rows.ts';
import { SESSION_SUFFIX, type SessionFile } from '../jsonl/sessionFiles.ts';
import { readSessionPage, readSessionPicture } from '../jsonl/sessionPage.ts';
import { FILES_READ_AT_ONCE, readTrees, type Tree } from '../jsonl/sessionTrees.ts';
import { newestFirst } from '../newestFirst.ts';
import type { SessionSource, SourceListing } from '../source.ts';
import { fileTimeOf } from '../values.ts';
import { claudeActivity, claudeSubAgentActivity } from './activity.ts';
import { discoverClaudeFiles, siblingPath, type ClaudeFiles } from './discover.ts';
import { claudeImages, claudeItems } from './items.ts';
import { claudeFacts, type ClaudeFacts } from './listing.ts';
import { liveClaudeProcesses } from './processes.ts';
import { parseClaudeRecord, type ClaudeProcess } from './schema.ts';

export interface ClaudeCodeOptions {
  /** Absolute path of Claude Code's folder: {@link claudeCodeConfigDir}. */
  readonly configDir: string;
  readonly processes: Processes;
  readonly open?: OpenFile;
}

type ClaudeRow = Row<ClaudeFacts>;

const KIND = 'claude-code';

/** `$CLAUDE_CONFIG_DIR`, `~/.claude` if unset. */
export function claudeCodeConfigDir(env: NodeJS.ProcessEnv, home: string): string {
  const set = env['CLAUDE_CONFIG_DIR'];
  return set === undefined || set === '' ? join(home, '.claude') : resolve(set);
}

export function createClaudeCodeSource(options: ClaudeCodeOptions): SessionSource {
  const { configDir, processes, open = openForReading } = options;
  const root = join(configDir, 'projects');
  const processFolder = join(configDir, 'sessions');
  const rows = createRowReader(open, parseClaudeRecord, claudeFacts);
  const format = { parse: parseClaudeRecord, items: claudeItems, images: claudeImages };

  return {
    kind: KIND,
    label: 'Claude Code',
    root,
    async list(limit): Promise<SourceListing> {
      const [files, live] = await Promise.all([
        discoverClaudeFiles(root),
        liveClaudeProcesses(processFolder, open, processes),
      ]);
      const { trees, total, problems } = await readTrees(await treesOf(files, rows), limit, rows);
      rows.keepOnly([...files.sessions, ...files.looseSubAgents, ...files.subAgents.map(({ file }) => file)]);
      return {
        sessions: sessionsOf(trees, live),
        total,
        problems: [...files.problems, ...problems].map(({ path, message }) => ({
          source: KIND,
          path,
          message,
        })),
      };
    },
    page: (path, query) => readSessionPage({ kind: KIND, root, open }, path, query, format),
    image: (path, query) => readSessionPicture({ kind: KIND, root, open }, path, query, format),
    watch: (onChange) =>
      watchFolders(
        [
          { path: root, depth: 5 }, // down to `<project>/<session>/subagents/workflows/<id>`
          { path: processFolder, depth: 0 },
        ],
        onChange,
      ),
  };
}

/** Puts each sub-agent below its session, if that is there: a session on disk is always on the list. */
async function treesOf(
  { sessions, subAgents, looseSubAgents }: ClaudeFiles,
  rows: RowReader<ClaudeFacts>,
): Promise<Tree<SessionFile>[]> {
  const childrenOf = new Map(sessions.map(({ path }) => [path, new Array<SessionFile>()]));
  const orphans: SessionFile[] = [];
  const place = (file: SessionFile, parentPath: string | undefined) => {
    const siblings = parentPath === undefined ? undefined : childrenOf.get(parentPath);
    (siblings ?? orphans).push(file);
  };
  for (const { file, parentPath } of subAgents) place(file, parentPath);
  const readings = await mapBounded(looseSubAgents, FILES_READ_AT_ONCE, (file) => rows.read(file));
  for (const [index, file] of looseSubAgents.entries()) {
    const reading = readings[index];
    const facts = reading !== undefined && 'row' in reading ? reading.row.facts : undefined;
    const parentId = facts?.isSidechain === true ? facts.sessionId : undefined;
    place(file, parentId === undefined ? undefined : siblingPath(file, parentId));
  }
  return [
    ...sessions.map((parent) => ({ parent, children: childrenOf.get(parent.path) ?? [] })),
    ...orphans.map((parent): Tree<SessionFile> => ({ parent, children: [] })),
  ];
}

/** Newest first, the sub-agents of each after it in the order of their beginning. */
function sessionsOf(
  trees: readonly Tree<ClaudeRow>[],
  live: ReadonlyMap<string, ClaudeProcess>,
): SourceSession[] {
  const nested = trees.map(({ parent, children }) => {
    const session = isSubAgent(parent) ? subAgentOf(parent, undefined, live) : sessionOf(parent, live);
    const own = children.map((child) => subAgentOf(child, session.ref, live));
    return { session, children: own.sort((a, b) => compare(a.createdAt ?? '', b.createdAt ?? '')) };
  });
  return nested
    .sort((a, b) => newestFirst(a.session, b.session))
    .flatMap(({ session, children }) => [session].concat(children));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isSubAgent({ file, facts }: ClaudeRow): boolean {
  return facts.isSidechain && basename(file.path).startsWith('agent-');
}

function sessionOf(row: ClaudeRow, live: ReadonlyMap<string, ClaudeProcess>): SourceSession {
  // The name of the file, not `sessionId`: after a resume, a file begins with the lines of the session before it.
  const id = basename(row.file.path, SESSION_SUFFIX);
  return {
    ...common(row),
    id,
    activity: claudeActivity(row.facts.turn, live.get(id)),
    resume: resumeCommand(id, row.facts.cwd),
  };
}

function subAgentOf(
  row: ClaudeRow,
  parentRef: string | undefined,
  live: ReadonlyMap<string, ClaudeProcess>,
): SourceSession {
  const id = row.facts.agentId ?? basename(row.file.path, SESSION_SUFFIX).replace(/^agent-/, '');
  const process = row.facts.sessionId === undefined ? undefined : live.get(row.facts.sessionId);
  return { ...common(row), id, parentRef, activity: claudeSubAgentActivity(row.facts.turn, process) };
}

function common({ file, facts, partial, damagedLines }: ClaudeRow) {
  return {
    ref: `${KIND}:${file.path}`,
    source: KIND,
    path: file.absolutePath,
    title: facts.title,
    cwd: facts.cwd,
    createdAt: facts.createdAt,
    updatedAt: facts.updatedAt ?? fileTimeOf(file.mtimeMs),
    sizeBytes: file.size,
    model: facts.model,
    tokens: facts.tokens,
    partial,
    damagedLines,
  } as const;
}

/** An id that could be taken for an option of the program, or for more than one word, gives no command. */
function resumeCommand(id: string, cwd: string | undefined): CommandLine | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id)) return undefined;
  return { program: 'claude', args: ['--resume', id], cwd };
}
