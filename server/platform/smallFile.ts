import { createHash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { lstat, open } from 'node:fs/promises';

// Without O_NONBLOCK, opening a named pipe would wait for a writer; Windows has neither flag.
const FLAGS =
  constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK | constants.O_NOFOLLOW);

export interface SmallFile {
  readonly stats: BigIntStats;
  /** Undefined for what is not a plain file, or is larger than was asked for. */
  readonly content: Buffer | undefined;
}

/**
 * A file as it is, with at most `maxBytes` of content. Links are not followed, and pipes, devices and folders are not
 * read.
 * @throws the system's error where there is nothing, or it may not be read
 */
export async function readSmallFile(path: string, maxBytes: number): Promise<SmallFile> {
  const stats = await lstat(path, { bigint: true });
  if (!stats.isFile() || stats.size > maxBytes) return { stats, content: undefined };
  const file = await open(path, FLAGS);
  try {
    const opened = await file.stat({ bigint: true });
    if (!opened.isFile() || opened.size > maxBytes) return { stats: opened, content: undefined };
    const buffer = Buffer.alloc(maxBytes + 1);
    let filled = 0;
    for (let read = -1; read !== 0 && filled < buffer.length; filled += read) {
      ({ bytesRead: read } = await file.read(buffer, filled, buffer.length - filled, filled));
    }
    // It may have grown since it was asked for its size.
    return { stats: opened, content: filled > maxBytes ? undefined : buffer.subarray(0, filled) };
  } finally {
    await file.close();
  }
}

/** Differs when the file at a path was replaced, rewritten or touched. */
export function fileFingerprint(path: string, { stats, content }: SmallFile): string {
  const hash = createHash('sha256');
  for (const part of [path, stats.dev, stats.ino, stats.mode, stats.mtimeNs, stats.size])
    hash.update(`${part}\0`);
  if (content) hash.update(content);
  return hash.digest('hex').slice(0, 32);
}
