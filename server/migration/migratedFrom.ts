import * as z from 'zod';
import type { JsonObject } from '../protocol/json.ts';
import { migrationFormat } from '../protocol/migrationMethods.ts';

/** Where in the metadata of a session, and in the extra field of an entry, it stands. */
export const MIGRATED_FROM = 'migratedFrom';

/** Whence a session came, and what it was when it was written: by that, nothing is migrated twice or undone wrongly. */
export const migratedFrom = z.object({
  /** The migration that wrote it. */
  migration: z.string(),
  format: migrationFormat,
  path: z.string(),
  key: z.string(),
  /** The id that it had there. */
  id: z.string(),
  /** Of what was read. */
  sha256: z.string(),
  /** Of what was written. */
  digest: z.string(),
  label: z.string().optional(),
});
export type MigratedFrom = z.output<typeof migratedFrom>;

export function migratedFromOf(holder: JsonObject | undefined): MigratedFrom | undefined {
  return migratedFrom.safeParse(holder?.[MIGRATED_FROM]).data;
}

/** Whether both tell of the same session; a folder that was moved holds the same ones. */
export function isSameOrigin(
  a: Pick<MigratedFrom, 'format' | 'path' | 'key' | 'id' | 'sha256'>,
  b: Pick<MigratedFrom, 'format' | 'path' | 'key' | 'id' | 'sha256'>,
): boolean {
  if (a.format !== b.format || a.id !== b.id) return false;
  return (a.path === b.path && a.key === b.key) || a.sha256 === b.sha256;
}
