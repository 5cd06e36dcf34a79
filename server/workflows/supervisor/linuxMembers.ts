import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { mapBounded } from '../../platform/concurrency.ts';
import { hasMarker } from './marker.ts';
import type { GroupMembers, Member, ProcessGroup } from './processGroup.ts';

const PROC = '/proc';
/** How many processes are looked at at once. */
const WIDTH = 8;

interface Stat {
  readonly hasEnded: boolean;
  readonly group: number;
  readonly session: number;
  /** Ticks since boot, as `Processes.look` gives them. */
  readonly start: string;
}

/** The members of a group as procfs shows them. Undefined where there is none, or that of another pid namespace. */
export async function linuxMembers(
  group: ProcessGroup,
  isOursForSure: boolean,
): Promise<GroupMembers | undefined> {
  const pids = await otherPids();
  if (pids === undefined) return undefined;
  const stats = await mapBounded(pids, WIDTH, async (pid) => ({
    pid,
    stat: parsed(await text(pid, 'stat')),
  }));

  const leader = stats.find(({ pid }) => pid === group.pid)?.stat;
  const isReused =
    leader !== undefined && group.processStart !== undefined && leader.start !== group.processStart;
  const found: (Member & { readonly isNear: boolean; readonly isMarked: boolean })[] = [];
  for (const { pid, stat } of stats) {
    // None of the agent's is older than the agent: saves reading most environments.
    if (stat === undefined || stat.hasEnded || isOlder(stat, group)) continue;
    const isInGroup = stat.group === group.pid;
    const isNear = isInGroup || stat.session === group.pid;
    const isMarked = hasMarker(await text(pid, 'environ'), group.marker);
    if (isNear || isMarked) found.push({ pid, isInGroup, isNear, isMarked });
  }
  const isOurs =
    !isReused &&
    (isOursForSure || leader !== undefined || found.some(({ isNear, isMarked }) => isNear && isMarked));
  return {
    ours: found
      .filter(({ isNear, isMarked }) => isMarked || (isNear && isOurs))
      // A marked process of a group that is not ours is told alone.
      .map(({ pid, isInGroup }) => ({ pid, isInGroup: isInGroup && isOurs })),
    doubtful: isOurs || isReused ? [] : found.filter(({ isMarked }) => !isMarked),
  };
}

/** Whether the environment of another process holds the entry; undefined where procfs does not tell of our processes. */
export async function isInEnvironment(entry: string): Promise<boolean | undefined> {
  const pids = await otherPids();
  const found = await mapBounded(pids ?? [], WIDTH, async (pid) =>
    (await text(pid, 'environ')).split('\0').includes(entry),
  );
  return pids === undefined ? undefined : found.includes(true);
}

/** All processes but this one; undefined where there is no procfs, or that of another pid namespace. */
async function otherPids(): Promise<number[] | undefined> {
  const [self, names] = await Promise.all([
    readlink(`${PROC}/self`).catch(() => undefined),
    readdir(PROC).catch(() => []),
  ]);
  if (self !== String(process.pid)) return undefined;
  return names.filter((name) => /^\d+$/.test(name) && name !== self).map(Number);
}

/** When a process began, in ticks since boot; asked before this process waits for anything, it is told of a child for sure. */
export function startOfChild(pid: number): string | undefined {
  try {
    return parsed(readFileSync(`${PROC}/${pid}/stat`, 'utf8'))?.start;
  } catch {
    return undefined;
  }
}

/** Empty where the process is gone, or another user's. */
function text(pid: number, file: 'stat' | 'environ'): Promise<string> {
  return readFile(`${PROC}/${pid}/${file}`, 'utf8').catch(() => '');
}

function isOlder(stat: Stat, { processStart }: ProcessGroup): boolean {
  return processStart !== undefined && Number(stat.start) < Number(processStart);
}

/** Format: proc_pid_stat(5). The name, in parentheses, may hold anything; no later field holds a parenthesis. */
function parsed(stat: string): Stat | undefined {
  const from3 = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads, start] = [from3[0], from3[20 - 3], from3[22 - 3]];
  const [group, session] = [Number(from3[5 - 3]), Number(from3[6 - 3])];
  if (state === undefined || start === undefined || Number.isNaN(group) || Number.isNaN(session))
    return undefined;
  // A program whose first thread has ended looks like a zombie while its other threads go on.
  return { hasEnded: state === 'X' || (state === 'Z' && Number(threads) <= 1), group, session, start };
}
