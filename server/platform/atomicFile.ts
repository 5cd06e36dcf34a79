import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
  type BigIntStats,
} from 'node:fs';
import { dirname } from 'node:path';

export interface AtomicWrite {
  /** Text, or parts of it that follow each other; no part begins or ends within a character. */
  readonly content: string | readonly string[];
  /** Of the file, whatever the umask. */
  readonly mode: number;
  /** Called when all is on disk and only the rename is left, with no turn of the event loop in between. */
  readonly check?: () => void;
}

/** Parts are joined up to so many characters before they are written. */
const BATCH = 4 * 1024 * 1024;

/**
 * Puts a file in its place in one step: whoever reads it sees the old one or the new one, whole, also after a crash.
 * What a killed process leaves is `<path>.<pid>.<uuid>.tmp`, the form that OpenClaw's own leftovers have.
 * Gives what the new file looks like.
 * @throws what `check` throws, or the system's error; the old file is then as it was
 */
export function writeFileAtomic(path: string, { content, mode, check }: AtomicWrite): BigIntStats {
  let stats: BigIntStats;
  const temporary = `${path}.${process.pid}.${randomUUID()}.tmp`;
  try {
    const file = openSync(temporary, 'wx', mode);
    try {
      fchmodSync(file, mode);
      for (const text of batches(typeof content === 'string' ? [content] : content)) writeAll(file, text);
      fsyncSync(file);
      stats = fstatSync(file, { bigint: true });
    } finally {
      closeSync(file);
    }
    check?.();
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
  return stats;
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}

function* batches(parts: readonly string[]): Generator<string> {
  let batch: string[] = [];
  let length = 0;
  for (const part of parts) {
    batch.push(part);
    length += part.length;
    if (length < BATCH) continue;
    yield batch.join('');
    batch = [];
    length = 0;
  }
  if (batch.length > 0) yield batch.join('');
}

/** Makes a new name in a folder last. Windows has no such call, and sees to that itself. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
