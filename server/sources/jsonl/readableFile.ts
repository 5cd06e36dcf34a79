import { constants, type BigIntStats } from 'node:fs';
import { open } from 'node:fs/promises';

/** The part of a file handle that the sources use, so that tests can count what is read. */
export interface ReadableFile {
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  stat(): Promise<FileFacts>;
  close(): Promise<void>;
}

export interface FileFacts {
  readonly isFile: boolean;
  /** Bytes. */
  readonly size: number;
  /** Names the file on this machine, for as long as it exists. */
  readonly identity: string;
  /** Nanoseconds since the epoch, as text. */
  readonly modified: string;
}

/** @throws the system's error where the file cannot be opened. */
export type OpenFile = (path: string) => Promise<ReadableFile>;

// Without O_NONBLOCK, opening a named pipe waits for someone to write to it. Windows has neither.
const FLAGS = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK);

export const openForReading: OpenFile = async (path) => {
  const handle = await open(path, FLAGS);
  return {
    read: (buffer, offset, length, position) => handle.read(buffer, offset, length, position),
    async stat() {
      return fileFacts(await handle.stat({ bigint: true }));
    },
    close: () => handle.close(),
  };
};

export function fileFacts(stats: BigIntStats): FileFacts {
  return {
    isFile: stats.isFile(),
    size: Number(stats.size),
    identity: `${stats.dev}:${stats.ino}:${stats.birthtimeNs}`,
    modified: `${stats.mtimeNs}`,
  };
}

/** The bytes at `from <= position < until`; fewer where the file ends before. */
export async function readRange(file: ReadableFile, from: number, until: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.max(0, until - from));
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, from + filled);
    if (bytesRead === 0) break; // cut off by its writer since we asked for its size
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
