import { setTimeout as pause } from 'node:timers/promises';
import { groupId, groupMembers } from './groupMembers.ts';
import type { Member, ProcessGroup } from './processGroup.ts';

export const GRACE_MS = 5_000;
/** How long to wait after SIGKILL, which only a process in the hands of a driver outlives. */
const KILLED_MS = 10_000;
const FIRST_POLL_MS = 5;
const LAST_POLL_MS = 200;

export interface EndGroupOptions {
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs?: number;
  /** The group was made by this process just now, so that nobody else can have its number. */
  readonly isOursForSure?: boolean;
}

/**
 * Ends all processes of a group: SIGTERM once, and SIGKILL for what is there after `graceMs`, also for what they have
 * started meanwhile. Gives the pids of those that are left: those in doubt (`GroupMembers`), which were not touched,
 * and those that even SIGKILL has not ended within 10 s.
 */
export async function endGroup(
  group: ProcessGroup,
  { graceMs = GRACE_MS, isOursForSure = false }: EndGroupOptions = {},
): Promise<{ readonly left: readonly number[] }> {
  const look = () => groupMembers(group, isOursForSure);
  let members = await look();
  /** Waits until none is there, or the time is over. */
  const wait = async (ms: number, onLook: () => void) => {
    const until = performance.now() + ms;
    let poll = FIRST_POLL_MS;
    while (members.ours.length > 0) {
      onLook();
      const leftMs = until - performance.now();
      if (leftMs <= 0) return;
      await pause(Math.min(poll, leftMs));
      poll = Math.min(poll * 2, LAST_POLL_MS);
      members = await look();
    }
  };
  signalMembers(group, members.ours, 'SIGTERM');
  await wait(graceMs, () => undefined);
  // Again and again: what has its own session may have started another between the look and the signal.
  await wait(KILLED_MS, () => signalMembers(group, members.ours, 'SIGKILL'));
  return { left: [...members.ours, ...members.doubtful].map(({ pid }) => pid) };
}

function signalMembers(group: ProcessGroup, members: readonly Member[], signal: NodeJS.Signals): void {
  // The group at once, so that no member can start another between two signals.
  if (group.pid !== undefined && members.some(({ isInGroup }) => isInGroup)) send(groupId(group.pid), signal);
  for (const { pid, isInGroup } of members) if (!isInGroup) send(pid, signal);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone meanwhile, or another user's: the next look tells.
  }
}
