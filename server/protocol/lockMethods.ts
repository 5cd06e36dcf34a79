import * as z from 'zod';
import { text } from './json.ts';
import { leaseOwner, lock } from './lock.ts';
import { defineMethod } from './method.ts';

/** The longest that an acquire may wait, in milliseconds. */
export const MAX_WAIT_MS = 10 * 60_000;
/** The longest that a lease may last without being renewed, in milliseconds. */
export const MAX_TTL_MS = 24 * 60 * 60_000;

const token = z.string().min(1).max(128).describe('the secret that `locks.acquire` gave');
const ttlMs = z.int().min(1).max(MAX_TTL_MS);
const roots = z
  .array(text(4096))
  .max(100)
  .optional()
  .describe('absolute paths of folders; when given, lock files are looked for there and nowhere else');

/** The right to drive a session, as its holder gets it. */
export const grant = z.strictObject({
  session: z.string(),
  token: z.string().describe('secret: whoever shows it is the holder'),
  fence: z.int().min(1).describe('grows with every grant in the store, and is never used again'),
  owner: leaseOwner,
  expiresAt: z.iso.datetime(),
});
export type Grant = z.infer<typeof grant>;

export const locksAcquire = defineMethod({
  name: 'locks.acquire',
  summary: 'Take the lease on a session: the exclusive right to drive it. Waiters are served in order',
  mutates: true,
  waits: true,
  deadlineMs: MAX_WAIT_MS + 60_000,
  params: z.strictObject({
    session: z.string().describe('session id'),
    ttlMs: ttlMs.default(30_000).describe('how long it lasts unless it is renewed'),
    waitMs: z
      .int()
      .min(0)
      .max(MAX_WAIT_MS)
      .default(10_000)
      .describe('the one deadline of this call; 0: no waiting'),
    name: text(256).optional().describe('what the holder is called when others are told of it'),
    ownerPid: z
      .int()
      .min(1)
      .optional()
      .describe('the process that the lease is for, which then renews it; the door itself if unset'),
  }),
  result: grant,
});

export const locksRenew = defineMethod({
  name: 'locks.renew',
  summary: 'Let a lease last from now on for its time, or another one',
  mutates: true,
  params: z.strictObject({ token, ttlMs: ttlMs.optional().describe('as at the grant if unset') }),
  result: grant,
});

export const locksRelease = defineMethod({
  name: 'locks.release',
  summary: 'Give a lease back',
  mutates: true,
  params: z.strictObject({ token }),
  result: z.strictObject({ released: z.boolean().describe('false: it was gone already') }),
});

const problem = z.strictObject({ path: z.string(), message: z.string() });

export const locksList = defineMethod({
  name: 'locks.list',
  summary: 'Leases and lock files, with their owners and what is known of them',
  mutates: false,
  params: z.strictObject({ roots }),
  result: z.strictObject({
    locks: z.array(lock),
    problems: z.array(problem).describe('places that could not be looked at, or not wholly'),
  }),
});

/** A planned item: its fingerprint, or the lock itself as the plan showed it. */
const item = z.union([
  z.string(),
  z.looseObject({ fingerprint: z.string() }).transform(({ fingerprint }) => fingerprint),
]);

export const locksClean = defineMethod({
  name: 'locks.clean',
  summary: 'Plan what stale locks to remove, or remove them',
  mutates: true,
  params: z.strictObject({
    roots,
    staleMs: z.int().min(0).default(1_800_000).describe('older locks are marked `too-old`, no more'),
    dryRun: z.boolean().default(true).describe('true: only the plan'),
    formats: z.array(lock.shape.format).optional().describe('only locks of these forms'),
    items: z
      .array(item)
      .max(10_000)
      .optional()
      .describe('only these, as the plan gave them (or their fingerprints)'),
  }),
  result: z.strictObject({
    planned: z.array(lock).describe('what is stale and can be removed'),
    removed: z.array(lock),
    skipped: z
      .array(z.strictObject({ fingerprint: z.string(), path: z.string().optional(), message: z.string() }))
      .describe('what was asked for and left, and why'),
    problems: z.array(problem).describe('places that could not be looked at, or not wholly'),
  }),
});
export type CleanResult = z.output<typeof locksClean.result>;
