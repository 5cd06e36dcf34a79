import type { SessionFile } from '../jsonl/sessionFiles.ts';
import { isCronRun } from './sessionKey.ts';
import type { OpenclawSession } from './stateDirectory.ts';

/** A session and those that it began. */
export interface OpenclawTree {
  readonly session: OpenclawSession;
  readonly children: readonly OpenclawTree[];
}

/** Newest first, and so are the children of each. */
export function treesOf(sessions: ReadonlyMap<string, OpenclawSession>): OpenclawTree[] {
  const ordered = [...sessions.values()]
    .filter((session) => !isSameAsJob(session, sessions))
    .sort((a, b) => usedAt(b) - usedAt(a));
  const childrenOf = new Map<string, OpenclawSession[]>();
  const roots: OpenclawSession[] = [];
  for (const session of ordered) {
    const parent = parentOf(session, sessions);
    if (parent === undefined) roots.push(session);
    else {
      const siblings = childrenOf.get(parent.key);
      if (siblings === undefined) childrenOf.set(parent.key, [session]);
      else siblings.push(session);
    }
  }
  const seen = new Set<OpenclawSession>();
  const treeOf = (session: OpenclawSession): OpenclawTree => {
    seen.add(session);
    const children = (childrenOf.get(session.key) ?? []).filter((child) => !seen.has(child));
    return { session, children: children.map(treeOf) };
  };
  const trees = roots.map(treeOf);
  // Those that began each other, as the store says, hang on no root.
  for (const session of ordered) if (!seen.has(session)) trees.push(treeOf(session));
  return trees;
}

function usedAt({ entry }: OpenclawSession): number {
  return entry.updatedAt ?? 0;
}

/** The runs of a cron job belong to it, and so does a sub-agent to the session that began it. */
function parentOf(
  session: OpenclawSession,
  sessions: ReadonlyMap<string, OpenclawSession>,
): OpenclawSession | undefined {
  const key = isCronRun(session.key) ? jobOf(session.key) : session.spawnedBy;
  return key === undefined || key === session.key ? undefined : sessions.get(key);
}

function jobOf(key: string): string {
  return key.replace(/:run:[^:]+$/, '');
}

/** The newest run of a cron job has the job's own transcript. */
function isSameAsJob(
  { key, entry }: OpenclawSession,
  sessions: ReadonlyMap<string, OpenclawSession>,
): boolean {
  if (!isCronRun(key)) return false;
  const job = sessions.get(jobOf(key));
  return job !== undefined && job.entry.sessionId === entry.sessionId;
}

/** The newest `limit` of both, newest first. */
export function newestOf(
  trees: readonly OpenclawTree[],
  files: readonly SessionFile[],
  limit: number,
): (OpenclawTree | { readonly file: SessionFile })[] {
  const all = [
    ...trees.slice(0, limit).map((tree) => ({ at: usedAt(tree.session), top: tree })),
    ...files.map((file) => ({ at: file.mtimeMs, top: { file } })),
  ];
  return all
    .sort((a, b) => b.at - a.at)
    .slice(0, limit)
    .map(({ top }) => top);
}
