import * as z from 'zod';
import { defineMethod } from './method.ts';
import { isoTime } from './session.ts';

const count = z.int().min(0);
const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((value) => !value.includes('\0'), 'must not hold a NUL character');

/** A backup of the store: a store itself, complete and closed. */
export const backup = z.strictObject({
  path: z.string(),
  bytes: count,
  madeAt: isoTime,
  kind: z
    .enum(['daily', 'manual', 'before-update'])
    .describe('daily ones are kept for a week; all others until somebody deletes them'),
});
export type Backup = z.infer<typeof backup>;

export const storeBackup = defineMethod({
  name: 'store.backup',
  summary: 'Write a backup of the whole store',
  mutates: false,
  params: z.strictObject({
    to: path
      .optional()
      .describe('absolute path of a file that does not exist; in the folder of the backups if unset'),
  }),
  result: backup,
  deadlineMs: 600_000,
});

export const storeBackups = defineMethod({
  name: 'store.backups',
  summary: 'The backups in the folder of the backups, newest first',
  mutates: false,
  params: z.strictObject({}),
  result: z.strictObject({ folder: z.string(), backups: z.array(backup) }),
});

export const storeRecover = defineMethod({
  name: 'store.recover',
  summary: 'Save what is readable of a damaged store; the damaged file is kept',
  mutates: true,
  params: z.strictObject({
    from: path
      .optional()
      .describe('absolute path of another file to read: a backup, a damaged copy; the store if unset'),
    dryRun: z.boolean().default(true).describe('true: only tell what would be saved'),
    fingerprint: z.string().optional().describe('of the plan: refused where the file has changed since'),
  }),
  result: z.strictObject({
    from: z.string(),
    fingerprint: z.string(),
    applied: z.boolean().describe('whether what was saved is the store now'),
    kept: z.string().optional().describe('where the file is now that was the store'),
    sessions: z.strictObject({
      saved: count,
      rebuilt: count.describe('besides, made anew from their events alone'),
    }),
    events: z.strictObject({
      saved: count,
      damaged: count.describe('besides, kept as text because they could not be read'),
      lost: count.describe('known to be missing; a note stands in their place'),
    }),
    pages: z.strictObject({ total: count, unreadable: count }),
    problems: z.array(z.string()).describe('at most 100 sentences'),
  }),
  deadlineMs: 600_000,
});
export type StoreRecovery = z.output<typeof storeRecover.result>;
