import { readFile } from 'node:fs/promises';
import * as z from 'zod';

const object = z.record(z.string(), z.unknown());
const storeFile = z.record(
  z.string(),
  z.looseObject({
    sessionId: z.string(),
    label: z.unknown().optional(),
    updatedAt: z.number().optional(),
    spawnedBy: z.string().optional(),
  }),
);
const line = z.looseObject({
  type: z.string(),
  version: z.number().optional(),
  id: z.string(),
  parentId: z.string().nullish(),
});
const backupManifest = z.looseObject({
  files: z.array(
    z.looseObject({ path: z.string(), copy: z.string(), bytes: z.number(), sha256: z.string() }),
  ),
});

/** A value that has to be an object; none is an empty one. */
export function objectIn(value: unknown): Record<string, unknown> {
  return object.parse(value ?? {});
}

export function jsonOf(text: string): unknown {
  return JSON.parse(text);
}

/** A value as it comes out of a file. */
export function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

export async function readStoreFile(path: string): Promise<z.output<typeof storeFile>> {
  return storeFile.parse(jsonOf(await readFile(path, 'utf8')));
}

export async function readLines(path: string): Promise<z.output<typeof line>[]> {
  return z.array(line).parse((await readFile(path, 'utf8')).trimEnd().split('\n').map(jsonOf));
}

export async function readBackupManifest(path: string): Promise<z.output<typeof backupManifest>> {
  return backupManifest.parse(jsonOf(await readFile(path, 'utf8')));
}
