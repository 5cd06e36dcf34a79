import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { LockstepError } from '../domain/errors.ts';
import { writeFileAtomic } from '../platform/atomicFile.ts';
import { systemErrorReason } from '../platform/systemError.ts';
import {
  migrationFormat,
  type MigrationDamage,
  type MigrationStats,
  type MigrationSummary,
} from '../protocol/migrationMethods.ts';
import { fileProblem } from './fileProblem.ts';

const text = z.string();
const count = z.int().min(0);

const item = z.object({
  key: text,
  path: text,
  format: migrationFormat,
  /** Of the plan; undefined where there was none, and whatever is read is migrated. */
  fingerprint: text.optional(),
  to: text.optional(),
  /** Absolute path of the transcript that was written. */
  file: text.optional(),
  /** Of what was written. */
  digest: text.optional(),
  events: count.optional(),
  /** Undefined: not begun. `writing`: may have been written. */
  outcome: z.enum(['writing', 'migrated', 'already', 'skipped', 'failed']).optional(),
  reason: text.optional(),
  /** Of what was written: sentences. */
  losses: z.array(text).optional(),
  notes: z.array(text).optional(),
});
export type ManifestItem = z.output<typeof item>;

const manifest = z.object({
  lockstep: z.literal('migration'),
  version: z.literal(1),
  id: text.regex(/^[0-9a-f-]{36}$/),
  phase: z.enum(['backup', 'migrate', 'verify', 'done', 'undo', 'files', 'restored']),
  /** Items, or files, that the phase is done with. */
  position: count,
  path: text,
  to: z.enum(['lockstep', 'openclaw']),
  agentId: text,
  stateDir: text.optional(),
  startedAt: text,
  finishedAt: text.optional(),
  /** What was copied stands in the manifest of the backup itself. */
  backup: z.object({ folder: text, files: count, bytes: count }).optional(),
  /** In the order in which they are migrated. */
  items: z.array(item),
  damaged: z.array(z.object({ path: text, reason: text })),
});
export type Manifest = z.output<typeof manifest>;

const backupManifest = z.object({ lockstep: z.literal('migration-backup'), migration: text });

/** The manifests of all migrations, in a folder of their own. */
export class Manifests {
  readonly folder: string;
  /** The one that was saved last, and how its file looked then: to read one of 10,000 sessions again takes long. */
  #saved: { readonly manifest: Manifest; readonly looks: string } | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  pathOf(id: string): string {
    return join(this.folder, `${id}.json`);
  }

  /** @throws LockstepError STORE_UNAVAILABLE */
  save(saved: Manifest): void {
    const path = this.pathOf(saved.id);
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      writeFileAtomic(path, { content: `${JSON.stringify(saved)}\n`, mode: 0o600 });
      this.#saved = { manifest: saved, looks: looksOf(path) };
    } catch (error) {
      throw fileProblem(path, error);
    }
  }

  /**
   * @param given an id, or the absolute path of a manifest; that of a backup will do
   * @throws LockstepError INVALID_PARAMS where there is none, or it is none
   */
  load(given: string): Manifest {
    const path = isAbsolute(given) ? given : this.pathOf(given);
    if (!isAbsolute(given) && !/^[0-9a-f-]{36}$/.test(given)) throw invalid(given, 'is no id of a migration');
    const saved = this.#saved;
    if (saved?.manifest.id === given && saved.looks === looksOf(path)) return saved.manifest;
    let value: unknown;
    try {
      value = JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      const reason = error instanceof SyntaxError ? 'it is not JSON' : systemErrorReason(error);
      throw invalid(given, `cannot be read: ${reason}`);
    }
    const of = backupManifest.safeParse(value).data;
    if (of) return this.load(of.migration);
    const parsed = manifest.safeParse(value);
    if (!parsed.success) throw invalid(given, 'is no manifest of a migration that this Lockstep knows');
    return parsed.data;
  }

  list(): { manifests: Manifest[]; problems: MigrationDamage[] } {
    let names: string[];
    try {
      names = readdirSync(this.folder);
    } catch {
      return { manifests: [], problems: [] };
    }
    const manifests: Manifest[] = [];
    const problems: MigrationDamage[] = [];
    for (const name of names.sort().reverse()) {
      if (!name.endsWith('.json')) continue;
      try {
        manifests.push(this.load(name.slice(0, -'.json'.length)));
      } catch (error) {
        if (!(error instanceof LockstepError)) throw error;
        problems.push({ path: join(this.folder, name), reason: error.message });
      }
    }
    return { manifests, problems };
  }

  summaryOf(m: Manifest): MigrationSummary {
    return {
      id: m.id,
      manifest: this.pathOf(m.id),
      status: statusOf(m.phase),
      path: m.path,
      to: m.to,
      agentId: m.agentId,
      ...(m.stateDir === undefined ? {} : { stateDir: m.stateDir }),
      startedAt: m.startedAt,
      ...(m.finishedAt === undefined ? {} : { finishedAt: m.finishedAt }),
      ...(m.backup === undefined ? {} : { backup: { ...m.backup } }),
      stats: statsOf(m),
    };
  }
}

function looksOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}

function statusOf(phase: Manifest['phase']): MigrationSummary['status'] {
  if (phase === 'done' || phase === 'restored') return phase;
  return phase === 'undo' || phase === 'files' ? 'restoring' : 'running';
}

export function statsOf({ items, damaged }: Pick<Manifest, 'items' | 'damaged'>): MigrationStats {
  const of = (outcome: ManifestItem['outcome']) => items.filter((one) => one.outcome === outcome);
  return {
    found: items.length + damaged.length,
    migrated: of('migrated').length,
    already: of('already').length,
    skipped: of('skipped').map(({ key, path, reason = '' }) => ({ key, path, reason })),
    losses: of('migrated').flatMap(({ key, path, losses = [] }) =>
      losses.map((reason) => ({ key, path, reason })),
    ),
    notes: of('migrated').flatMap(({ key, path, notes = [] }) =>
      notes.map((reason) => ({ key, path, reason })),
    ),
    errors: [...damaged, ...of('failed').map(({ path, reason = '' }) => ({ path, reason }))],
  };
}

function invalid(given: string, problem: string): LockstepError {
  return new LockstepError('INVALID_PARAMS', `manifest: ${given} ${problem}.`, {
    details: { param: 'manifest' },
  });
}
