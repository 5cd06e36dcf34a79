import * as z from 'zod';

const pid = z.int().min(1);
const milliseconds = z.int().min(0);

/**
 * Who holds a lock. With `host`, `bootId`, `pidNamespace` and `processStart` it can be told whether just this process
 * still lives; other tools' lock files often hold no more than a pid.
 */
export const lockOwner = z.strictObject({
  pid: pid.optional(),
  processStart: z.string().optional().describe('when the process began, in a form of its system'),
  bootId: z.string().optional().describe("names this run of the host's kernel"),
  pidNamespace: z.string().optional().describe('the pid namespace that the pid counts in'),
  host: z.string().optional(),
  name: z.string().optional().describe('what the owner calls itself'),
});
export type LockOwner = z.infer<typeof lockOwner>;

export const leaseOwner = lockOwner.required({ pid: true, host: true });
export type LeaseOwner = z.infer<typeof leaseOwner>;

/** `dead` needs proof; whatever cannot be proved either way is `unverifiable`. */
export const lockVerdict = z.enum(['alive', 'dead', 'unverifiable']);
export type LockVerdict = z.infer<typeof lockVerdict>;

/** Why a lock has its verdict, and what else is notable about it. */
export const lockReason = z.enum([
  'dead-pid',
  'recycled-pid',
  'other-boot',
  'not-held',
  'missing-pid',
  'invalid-createdAt',
  'too-old',
  'expired',
  'other-host',
  'other-namespace',
  'shared-root',
  'guarded-file-changed',
  'probe-failed',
  'no-owner-recorded',
  'unreadable',
]);
export type LockReason = z.infer<typeof lockReason>;

/** Whose form a lock has. */
export const lockFormat = z.enum([
  'lockstep',
  'openclaw',
  'proper-lockfile',
  'claude-code',
  'codex',
  'opencode',
]);
export type LockFormat = z.infer<typeof lockFormat>;

/** A lock as lists and plans show it. */
export const lock = z.strictObject({
  kind: z.enum(['lease', 'file']),
  format: lockFormat,
  session: z.string().optional().describe('of a lease: the session that it is on'),
  path: z.string().optional().describe('of a file: its absolute path'),
  guards: z.string().describe("what it keeps others from: the session's title, or a path"),
  owner: lockOwner,
  ageMs: milliseconds.describe('since it was made'),
  verdict: lockVerdict.describe("the owner's; `dead` is what makes a lock stale"),
  reasons: z.array(lockReason),
  fingerprint: z.string().describe('changes when the lock does; names it in the `items` of `locks.clean`'),
  removable: z.boolean().describe('whether Lockstep ever removes such a lock, given proof'),
  fence: z.int().min(1).optional().describe('of a lease'),
  expiresAt: z.iso.datetime().optional().describe('of a lease'),
});
export type Lock = z.infer<typeof lock>;

/** Whether a lock is stale and Lockstep's to remove. The server plans by it, and clients show by it. */
export function isStale({ verdict, removable }: Lock): boolean {
  return removable && verdict === 'dead';
}
