import * as z from 'zod';
import { timeOfMaking } from '../domain/lockVerdict.ts';
import { MAX_PID } from '../platform/signals.ts';
import { leaseOwner, type LeaseOwner } from '../protocol/lock.ts';

const pid = z.int().min(1).max(MAX_PID);

/** Loose: other tools write what they like, and one odd field must not hide the rest. */
const payload = z.looseObject({
  pid: pid.optional().catch(undefined),
  // Not all that `Date.parse` takes: it finds a year in "1", and a lock of that year would be any process's.
  createdAt: z.iso.datetime({ offset: true }).optional().catch(undefined),
  startedAt: z.number().optional().catch(undefined),
  starttime: z.int().min(0).optional().catch(undefined),
  owner: leaseOwner.optional().catch(undefined),
});

/** What a lock file of OpenClaw's form says of its owner. */
export interface LockPayload {
  readonly pid: number | undefined;
  /** The owner's start: field 22 of `/proc/<pid>/stat`, as text. */
  readonly processStart: string | undefined;
  /** When the lock was made, in milliseconds since the epoch. */
  readonly madeAt: number | undefined;
  /** In the locks that Lockstep makes on OpenClaw's files: its death can be proved without a doubt. */
  readonly owner: LeaseOwner | undefined;
}

/**
 * The forms of OpenClaw 2026.2 to 2026.7: `{pid, createdAt: ISO, maxHoldMs?, starttime?}` for a transcript,
 * `{pid, startedAt: epoch ms}` for a store. Never throws: bytes that are none of these give nothing.
 */
export function parseLockPayload(content: Buffer, now: number): LockPayload {
  const parsed = payload.safeParse(parseJson(content.toString('utf8'))).data;
  const created = parsed?.createdAt === undefined ? undefined : Date.parse(parsed.createdAt);
  return {
    pid: parsed?.pid,
    processStart: parsed?.starttime === undefined ? undefined : String(parsed.starttime),
    madeAt: timeOfMaking(created, now) ?? timeOfMaking(parsed?.startedAt, now),
    owner: parsed?.owner?.pid === parsed?.pid ? parsed?.owner : undefined,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}
