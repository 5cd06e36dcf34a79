import type { CallParamsOf } from '../../server/protocol/method.ts';
import {
  migrationApply,
  migrationPlan,
  migrationRestore,
  migrationVerify,
  type MigrationDamage,
  type MigrationItem,
  type MigrationStats,
  type MigrationSummary,
} from '../../server/protocol/migrationMethods.ts';
import type { Call } from './call.ts';

/** What is migrated, and where to. */
export type MigrationRequest = Omit<CallParamsOf<typeof migrationPlan>, 'cursor'>;

/** All parts of a plan together. */
export interface MigrationPlan {
  readonly items: readonly MigrationItem[];
  readonly damaged: readonly MigrationDamage[];
  readonly notes: readonly string[];
}

export type MigrationStep = 'plan' | 'backup' | 'migrate' | 'verify' | 'restore' | 'done';

/** Somebody who looks on while a migration is under way, and may stop it between two parts. */
export interface Onlooker {
  readonly isCancelled: () => boolean;
  /** `done` of `total`: sessions, or files of a backup. */
  readonly onProgress: (step: MigrationStep, done: number, total: number) => void;
}

/** How it ended. What is `failed` can be gone on with once its cause is gone, and so can what was cancelled. */
type End = { readonly end: 'done' | 'cancelled' } | { readonly end: 'failed'; readonly error: unknown };

export type Applied = End & {
  readonly stats: MigrationStats;
  /** Absent where there was nothing to do. */
  readonly migration: MigrationSummary | undefined;
};

export type Restored = End & {
  readonly migration: MigrationSummary;
  readonly removed: readonly string[];
  readonly restored: readonly string[];
  readonly left: readonly MigrationDamage[];
};

/** What a restore would do. */
export interface RestorePreview {
  /** Sessions that are as the migration wrote them. */
  readonly same: number;
  /** Those that are not, and so are left. */
  readonly changed: readonly { readonly key: string; readonly to: string; readonly reason: string }[];
}

/** The whole plan; undefined where it was cancelled. */
export async function planAll(
  call: Call,
  request: MigrationRequest,
  { isCancelled, onProgress }: Onlooker,
): Promise<MigrationPlan | undefined> {
  const items: MigrationItem[] = [];
  const damaged: MigrationDamage[] = [];
  const notes: string[] = [];
  let cursor: string | undefined;
  do {
    if (isCancelled()) return undefined;
    const part = await call(migrationPlan, { ...request, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...part.items);
    damaged.push(...part.damaged);
    notes.push(...part.notes);
    onProgress('plan', part.done, part.total);
    cursor = part.nextCursor;
  } while (cursor !== undefined);
  return { items, damaged, notes };
}

/**
 * Migrates what a plan has found, or goes on with a migration that was not finished. To cancel it is to make no more
 * calls: what is migrated by then stays.
 * @throws what the first call throws; what a later one throws is in the answer
 */
export async function applyAll(
  call: Call,
  begin: (MigrationRequest & { readonly items: readonly MigrationItem[] }) | { readonly manifest: string },
  { isCancelled, onProgress }: Onlooker,
): Promise<Applied> {
  let part = await call(
    migrationApply,
    'manifest' in begin
      ? begin
      : { ...begin, items: begin.items.map(({ fingerprint, to }) => ({ fingerprint, to })) },
  );
  for (;;) {
    const { stats, migration, phase, done, total, nextCursor } = part;
    onProgress(phase, done, total);
    if (nextCursor === undefined) return { end: 'done', stats, migration };
    if (isCancelled()) return { end: 'cancelled', stats, migration };
    try {
      part = await call(migrationApply, { cursor: nextCursor });
    } catch (error) {
      return { end: 'failed', error, stats, migration };
    }
  }
}

/** What came of a migration, with what its plan had left out: the migration was given only the rest. */
export function withLeftOut(stats: MigrationStats, { items, damaged }: MigrationPlan): MigrationStats {
  const told = new Set(stats.errors.map(({ path }) => path));
  const untold = damaged.filter(({ path }) => !told.has(path));
  const there = items.filter(({ state }) => state === 'done').length;
  const conflicts = items.filter(({ state }) => state === 'conflict');
  return {
    found: stats.found + there + conflicts.length + untold.length,
    migrated: stats.migrated,
    already: stats.already + there,
    skipped: [
      ...stats.skipped,
      ...conflicts.map(({ key, path, conflict = '' }) => ({ key, path, reason: conflict })),
    ],
    errors: [...stats.errors, ...untold],
  };
}

/** What taking back a migration would do; undefined where it was cancelled. */
export async function previewRestore(
  call: Call,
  manifest: string,
  { isCancelled, onProgress }: Onlooker,
): Promise<RestorePreview | undefined> {
  const changed: RestorePreview['changed'][number][] = [];
  let same = 0;
  let cursor: string | undefined;
  do {
    if (isCancelled()) return undefined;
    const part = await call(migrationVerify, { manifest, ...(cursor === undefined ? {} : { cursor }) });
    same += part.same;
    changed.push(...part.changed);
    onProgress('verify', part.done, part.total);
    cursor = part.nextCursor;
  } while (cursor !== undefined);
  return { same, changed };
}

/**
 * Takes a migration back.
 * @throws what the first call throws; what a later one throws is in the answer
 */
export async function restoreAll(
  call: Call,
  manifest: string,
  { isCancelled, onProgress }: Onlooker,
): Promise<Restored> {
  const removed: string[] = [];
  const restored: string[] = [];
  const left: MigrationDamage[] = [];
  let part = await call(migrationRestore, { manifest });
  for (;;) {
    removed.push(...part.removed);
    restored.push(...part.restored);
    left.push(...part.left);
    const { migration, done, total, nextCursor } = part;
    onProgress('restore', done, total);
    const soFar = { migration, removed, restored, left };
    if (nextCursor === undefined) return { end: 'done', ...soFar };
    if (isCancelled()) return { end: 'cancelled', ...soFar };
    try {
      part = await call(migrationRestore, { manifest, cursor: nextCursor });
    } catch (error) {
      return { end: 'failed', error, ...soFar };
    }
  }
}
