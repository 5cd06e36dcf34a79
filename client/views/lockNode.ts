import { isStale, type Lock } from '../../server/protocol/lock.ts';
import type { WireError } from '../../server/protocol/error.ts';
import type { PlaceProblem } from '../services/lockModel.ts';

/** What the Locks view parts its rows by. */
export const lockGroups = ['stale', 'held', 'unverifiable', 'leftBehind'] as const;
export type LockGroup = (typeof lockGroups)[number];

/** A row of the Locks tree. */
export type LockNode =
  | { readonly type: 'lockError'; readonly error: WireError }
  | { readonly type: 'lockGroup'; readonly group: LockGroup; readonly total: number }
  | { readonly type: 'lock'; readonly lock: Lock }
  | { readonly type: 'placeProblem'; readonly problem: PlaceProblem };

/** Notes of dead processes that their agent cleans itself are left behind, not stale: nothing is to be done. */
export function groupOfLock(lock: Lock): LockGroup {
  if (isStale(lock)) return 'stale';
  switch (lock.verdict) {
    case 'alive':
      return 'held';
    case 'dead':
      return 'leftBehind';
    case 'unverifiable':
      return 'unverifiable';
  }
}

/** Stays the same over refreshes, also when a lease is renewed. */
export function lockNodeId(node: LockNode): string {
  switch (node.type) {
    case 'lockError':
      return 'error';
    case 'lockGroup':
      return `group/${node.group}`;
    case 'lock':
      return `lock/${lockIdentity(node.lock)}`;
    case 'placeProblem':
      return `problem/${node.problem.path}`;
  }
}

/** Names one holding of a lock: the next holder's has another one, a renewal has not. */
export function lockIdentity({ kind, session, fence, path, owner }: Lock): string {
  return kind === 'lease' ? `${session}/${fence}` : `${path}/${owner.pid ?? ''}`;
}
