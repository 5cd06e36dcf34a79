import { systemErrorCode } from '../../platform/systemError.ts';
import { systemProcesses } from '../../platform/systemProcesses.ts';
import { linuxMembers } from './linuxMembers.ts';
import type { GroupMembers, ProcessGroup } from './processGroup.ts';

const NONE: GroupMembers = { ours: [], doubtful: [] };

/**
 * The agent's processes that are there: on Linux its group, its session and all that have its marker. Elsewhere the
 * group alone, of which the leader's number stands for all. Not found is a process that has begun a session of its own
 * and cleared its environment; elsewhere than on Linux, one that has begun a session of its own. Nothing outlives the
 * kernel's run that it was started in. In another pid namespace (a container that was made anew) the marker alone is
 * looked for, since the number says nothing there: to doubt every such agent for ever was rejected, as its supervisor ends
 * it long before the lease of its runner can be taken over.
 * @param isOursForSure  the group was made by this process just now, so that nobody else can have its number
 */
export async function groupMembers(group: ProcessGroup, isOursForSure = false): Promise<GroupMembers> {
  const known = await knownHere(group);
  if (known === undefined) return NONE;
  const members = await lookOnce(known, isOursForSure);
  // A process that is started while the list is read, by one that ends meanwhile, is on the next list.
  return members.ours.length + members.doubtful.length > 0 ? members : lookOnce(known, isOursForSure);
}

/** Proved gone: nothing of it is there, not even in doubt. */
export async function isGroupGone(group: ProcessGroup): Promise<boolean> {
  const { ours, doubtful } = await groupMembers(group);
  return ours.length === 0 && doubtful.length === 0;
}

/** What of a record counts here; undefined where the system has been started anew since. */
async function knownHere(group: ProcessGroup): Promise<ProcessGroup | undefined> {
  const { bootId, pidNamespace, marker } = group;
  if (bootId === undefined && pidNamespace === undefined) return group;
  const here = await systemProcesses().machine();
  if (isOther(bootId, here.bootId)) return undefined;
  return isOther(pidNamespace, here.pidNamespace) ? { marker } : group;
}

function isOther(recorded: string | undefined, here: string | undefined): boolean {
  return recorded !== undefined && here !== undefined && recorded !== here;
}

async function lookOnce(group: ProcessGroup, isOursForSure: boolean): Promise<GroupMembers> {
  const found = process.platform === 'linux' ? await linuxMembers(group, isOursForSure) : undefined;
  return found ?? otherMembers(group, isOursForSure);
}

async function otherMembers(
  { pid, processStart }: ProcessGroup,
  isOursForSure: boolean,
): Promise<GroupMembers> {
  if (pid === undefined || !isGroupThere(pid)) return NONE;
  const ours = { ours: [{ pid, isInGroup: true }], doubtful: [] };
  const leader = await systemProcesses().look(pid);
  if (leader.state === 'running' && leader.start !== undefined && processStart !== undefined)
    return leader.start === processStart ? ours : NONE;
  return isOursForSure ? ours : { ours: [], doubtful: ours.ours };
}

/** What names the group of that leader to the system. Windows has no groups: the leader stands alone. */
export function groupId(pid: number): number {
  return process.platform === 'win32' ? pid : -pid;
}

function isGroupThere(pid: number): boolean {
  try {
    process.kill(groupId(pid), 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) !== 'ESRCH';
  }
}
