import * as z from 'zod';
import { defineMethod } from './method.ts';
import { isoTime } from './session.ts';
import { sourceKind } from './sourceSession.ts';

const count = z.int().min(0);
const text = z
  .string()
  .min(1)
  .max(4096)
  .refine((value) => !value.includes('\0'), 'must not hold a NUL character');

/** The most items of one plan. */
export const MAX_MIGRATED = 100_000;

export const migrationFormat = z
  .enum(['message-files', 'session-folders', 'openclaw', 'source', 'lockstep'])
  .describe(
    '`message-files`: <id>.json with messages; `session-folders`: session_<id>/session.json; `openclaw`: sessions.json and its transcripts; `source`: the sessions of another agent; `lockstep`: the store',
  );
export type MigrationFormat = z.infer<typeof migrationFormat>;

/** What stands before the colon of a path that is none of files. */
export const migrationOrigin = z.enum([...sourceKind.options, 'lockstep']);

const path = text.describe(
  'absolute path of a file or folder; or `<source>:`, such as `claude-code:`, for all sessions of an agent, or `<source>:<path>` for one; or `lockstep:` for the store, `lockstep:<session id>` for one of its sessions',
);
const cursor = z.string().max(4096).optional().describe('`nextCursor` of the part before');
const nextCursor = z.string().optional().describe('absent with the last part');
const target = {
  to: z.enum(['lockstep', 'openclaw']).default('lockstep'),
  agentId: text.default('main').describe('the agent that gets the sessions; for `openclaw`'),
  stateDir: text.optional().describe('absolute path; for `openclaw`; the one that is discovered if unset'),
};

/** What could not be read, and was left where it is. */
const damage = z.strictObject({ path: z.string(), reason: z.string().describe('a sentence') });
export type MigrationDamage = z.infer<typeof damage>;

const inspected = z.strictObject({
  format: migrationFormat,
  path: z.string().describe('absolute path of the folder that holds them'),
  sessions: count,
  bytes: count,
});

export const migrationInspect = defineMethod({
  name: 'migration.inspect',
  summary: 'What sessions there are at a path that could be migrated; nothing is changed',
  mutates: false,
  params: z.strictObject({ path }),
  result: z.strictObject({
    path: z.string(),
    found: z.array(inspected),
    sessions: count.describe('of all formats together'),
    damaged: z.array(damage),
    notes: z.array(z.string()).describe('sentences: what is there and is no session'),
  }),
  deadlineMs: 600_000,
});

/** One session of a plan. */
export const migrationItem = z.strictObject({
  key: z.string().describe('names it within the path that is migrated'),
  format: migrationFormat,
  path: z.string().describe('absolute path of its file'),
  id: z.string().describe('that it has now'),
  title: z.string(),
  to: z.string().describe('the id that it gets, or the key for `openclaw`'),
  state: z
    .enum(['new', 'done', 'conflict'])
    .describe('`done`: it is there already; `conflict`: it cannot be migrated, `conflict` says why'),
  conflict: z.string().optional().describe('a sentence'),
  losses: z.array(z.string()).describe('sentences: what the target cannot hold'),
  notes: z.array(z.string()).describe('sentences: what becomes another, such as an id or a label'),
  events: count,
  messages: count,
  bytes: count.describe('of its files'),
  modifiedAt: isoTime.optional().describe('when its files were changed last'),
  sha256: z.string().describe('of what was read'),
  fingerprint: z.string().describe('differs once the session has changed'),
});
export type MigrationItem = z.infer<typeof migrationItem>;

export const migrationPlan = defineMethod({
  name: 'migration.plan',
  summary: 'What a migration would do, session by session: a dry run, in parts',
  mutates: false,
  params: z.strictObject({ path, ...target, cursor }),
  result: z.strictObject({
    items: z.array(migrationItem).describe('of this part'),
    damaged: z.array(damage).describe('of this part'),
    notes: z.array(z.string()).describe('sentences about the whole; with the first part'),
    done: count.describe('sessions that were looked at, in all parts so far'),
    total: count,
    nextCursor,
  }),
  deadlineMs: 600_000,
});

const stats = z.strictObject({
  found: count,
  migrated: count,
  already: count.describe('are there from before'),
  skipped: z
    .array(z.strictObject({ key: z.string(), path: z.string(), reason: z.string() }))
    .describe('changed since the plan, or in conflict'),
  losses: z
    .array(z.strictObject({ key: z.string(), path: z.string(), reason: z.string() }))
    .optional()
    .describe('what the target could not hold of those that were migrated'),
  notes: z
    .array(z.strictObject({ key: z.string(), path: z.string(), reason: z.string() }))
    .optional()
    .describe('what became another of those that were migrated'),
  errors: z.array(damage).describe('could not be read or written, and were left as they are'),
});
export type MigrationStats = z.infer<typeof stats>;

const backup = z.strictObject({
  folder: z.string().describe('absolute path; its `manifest.json` names each file with size and SHA-256'),
  files: count,
  bytes: count,
});

export const migrationSummary = z.strictObject({
  id: z.string(),
  manifest: z.string().describe('absolute path'),
  status: z
    .enum(['running', 'done', 'restoring', 'restored'])
    .describe('`running` and `restoring`: not finished; to go on, call `apply` or `restore` with it'),
  path: z.string(),
  to: target.to.unwrap(),
  agentId: z.string(),
  stateDir: z.string().optional(),
  startedAt: isoTime,
  finishedAt: isoTime.optional(),
  backup: backup.optional(),
  stats,
});
export type MigrationSummary = z.infer<typeof migrationSummary>;

/** A planned item: its fingerprint, or the item itself as the plan showed it. */
const item = z.union([
  text.transform((fingerprint): { fingerprint: string; to?: string | undefined } => ({ fingerprint })),
  z
    .looseObject({ fingerprint: text, to: z.string().optional() })
    .transform(({ fingerprint, to }): { fingerprint: string; to?: string | undefined } => ({
      fingerprint,
      to,
    })),
]);

export const migrationApply = defineMethod({
  name: 'migration.apply',
  summary: 'Migrate sessions, in parts: call again with `nextCursor` until there is none; to stop, do not',
  mutates: true,
  params: z
    .strictObject({
      path: path.optional(),
      ...target,
      items: z
        .array(item)
        .max(MAX_MIGRATED)
        .optional()
        .describe('only these, as the plan gave them (or their fingerprints); all of them if unset'),
      backup: z.boolean().default(true).describe('copy the old files under backup_old_format/ first'),
      manifest: text.optional().describe('id of a migration that was not finished: goes on with it'),
      cursor,
    })
    .refine(
      ({ path: from, manifest, cursor: at }) =>
        [from, manifest, at].filter((one) => one !== undefined).length === 1,
      { error: 'give one of `path`, `manifest` and `cursor`', path: ['path'] },
    ),
  result: z.strictObject({
    phase: z.enum(['backup', 'migrate', 'verify', 'done']),
    done: count.describe('sessions that this phase is done with'),
    total: count,
    stats,
    migration: migrationSummary.optional().describe('absent where there was nothing to do'),
    nextCursor,
  }),
  deadlineMs: 600_000,
});

const checked = z.strictObject({ key: z.string(), to: z.string(), reason: z.string() });

export const migrationVerify = defineMethod({
  name: 'migration.verify',
  summary: 'Compare what a migration wrote with what it read then, in parts',
  mutates: false,
  params: z.strictObject({ manifest: text.describe('id of a migration, or path of its manifest'), cursor }),
  result: z.strictObject({
    same: count.describe('in this part'),
    changed: z.array(checked).describe('differ, or are gone; with why'),
    done: count,
    total: count,
    nextCursor,
  }),
  deadlineMs: 600_000,
});

export const migrationRestore = defineMethod({
  name: 'migration.restore',
  summary: 'Take back what a migration wrote, in parts; what was changed since is left',
  mutates: true,
  params: z.strictObject({ manifest: text.describe('id of a migration, or path of its manifest'), cursor }),
  result: z.strictObject({
    removed: z
      .array(z.string())
      .describe('in this part: ids or keys; sessions of the store are in the trash'),
    restored: z.array(z.string()).describe('in this part: files that were put back from the backup'),
    left: z
      .array(z.strictObject({ path: z.string(), reason: z.string() }))
      .describe('in this part: ids, keys or files that are newer, and why'),
    done: count,
    total: count,
    migration: migrationSummary,
    nextCursor,
  }),
  deadlineMs: 600_000,
});

export const migrationList = defineMethod({
  name: 'migration.list',
  summary: 'The migrations that were made or begun, newest first',
  mutates: false,
  params: z.strictObject({}),
  result: z.strictObject({
    migrations: z.array(migrationSummary),
    problems: z.array(damage).describe('manifests that cannot be read'),
  }),
});
