import { basename, dirname } from 'node:path/posix';
import { mapBounded } from '../../platform/concurrency.ts';
import { scanFolder, SESSION_SUFFIX, type FileProblem, type SessionFile } from '../jsonl/sessionFiles.ts';

const FOLDERS_AT_ONCE = 8;

export interface ClaudeFiles {
  readonly sessions: readonly SessionFile[];
  /** Those in the folder of a session, with the path that the session's file has, if it is there. */
  readonly subAgents: readonly { readonly file: SessionFile; readonly parentPath: string }[];
  /** Those that stand beside the sessions, as older versions put them: only their content tells whose they are. */
  readonly looseSubAgents: readonly SessionFile[];
  readonly problems: readonly FileProblem[];
}

/** Whether a file's name is that of a sub-agent. */
function isSubAgentFile({ path }: SessionFile): boolean {
  return basename(path).startsWith('agent-');
}

/**
 * The layout below `projects/`: `<project>/<session>.jsonl`, `<project>/<session>/subagents/agent-*.jsonl`,
 * `<project>/<session>/subagents/workflows/<id>/agent-*.jsonl`, and in older versions `<project>/agent-*.jsonl`.
 */
export async function discoverClaudeFiles(root: string): Promise<ClaudeFiles> {
  const problems: FileProblem[] = [];
  async function scan(paths: readonly string[]) {
    const scans = await mapBounded(paths, FOLDERS_AT_ONCE, (path) => scanFolder(root, path));
    for (const found of scans) problems.push(...found.problems);
    return { files: scans.flatMap(({ files }) => files), folders: scans.flatMap(({ folders }) => folders) };
  }

  const top = await scan(['']);
  const projects = await scan(top.folders);
  const inSessions = await scan(projects.folders.map((folder) => `${folder}/subagents`));
  const workflows = await scan(inSessions.folders.filter((folder) => basename(folder) === 'workflows'));
  const inWorkflows = await scan(workflows.folders);

  const files = [...top.files, ...projects.files];
  return {
    sessions: files.filter((file) => !isSubAgentFile(file)),
    looseSubAgents: files.filter(isSubAgentFile),
    subAgents: [...inSessions.files, ...inWorkflows.files].filter(isSubAgentFile).map((file) => ({
      file,
      parentPath: parentPathOf(file.path),
    })),
    problems,
  };
}

/** `<project>/<session>/subagents/…` is of `<project>/<session>.jsonl`. */
function parentPathOf(path: string): string {
  const [project = '', session = ''] = path.split('/');
  return `${project}/${session}${SESSION_SUFFIX}`;
}

/** The path of the session beside `file` that has the id `sessionId`. */
export function siblingPath(file: SessionFile, sessionId: string): string {
  return `${dirname(file.path)}/${sessionId}${SESSION_SUFFIX}`;
}
