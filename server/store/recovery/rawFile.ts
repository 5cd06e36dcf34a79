import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** 64 KiB: what is read at once. */
const CHUNK_BYTES = 64 * 1024;
/** 4 MiB in all. */
const MOST_CHUNKS = 64;

/** A file that is read at any place, and never written. */
export interface RawFile {
  readonly size: number;
  /** Fewer bytes at the end of the file; undefined where the disk does not give them. */
  read(offset: number, length: number): Buffer | undefined;
  close(): void;
}

/**
 * Opens a plain file, following links. Reads are synchronous, so that whoever decodes pages needs no await for each;
 * callers let others in between pages.
 * @throws the system's error, or NotAFile
 */
export function openRawFile(path: string): RawFile {
  // Without O_NONBLOCK, opening a named pipe would wait for a writer.
  const fd = openSync(path, constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK));
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new NotAFile();
    return reading(fd, stats.size);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** There is something at the path, but it is a folder, a pipe or a device. */
export class NotAFile extends Error {}

function reading(fd: number, size: number): RawFile {
  const chunks = new Map<number, Buffer | undefined>();
  const chunk = (number: number): Buffer | undefined => {
    const cached = chunks.get(number);
    if (cached !== undefined || chunks.has(number)) {
      // A map keeps the order of insertion: the first is the one that was not used for longest.
      chunks.delete(number);
      chunks.set(number, cached);
      return cached;
    }
    const start = number * CHUNK_BYTES;
    const bytes = readFully(fd, start, Math.min(CHUNK_BYTES, size - start));
    chunks.set(number, bytes);
    const [oldest] = chunks.keys();
    if (chunks.size > MOST_CHUNKS && oldest !== undefined) chunks.delete(oldest);
    return bytes;
  };
  return {
    size,
    read(offset, length) {
      const end = Math.min(offset + length, size);
      if (offset >= end) return Buffer.alloc(0);
      const parts: Buffer[] = [];
      for (let at = offset; at < end;) {
        const number = Math.floor(at / CHUNK_BYTES);
        const start = number * CHUNK_BYTES;
        const stop = Math.min(end, start + CHUNK_BYTES);
        // A bad sector spoils a read of all that surrounds it: what is wanted may be readable alone.
        const part = chunk(number)?.subarray(at - start, stop - start) ?? readFully(fd, at, stop - at);
        if (part === undefined || part.length < stop - at) return undefined;
        parts.push(part);
        at = stop;
      }
      const [only] = parts;
      return parts.length === 1 && only ? only : Buffer.concat(parts);
    },
    close: () => closeSync(fd),
  };
}

/** Undefined where the disk fails, which is what recovery is for. */
function readFully(fd: number, offset: number, length: number): Buffer | undefined {
  const buffer = Buffer.alloc(length);
  try {
    for (let filled = 0; filled < length;) {
      const read = readSync(fd, buffer, filled, length - filled, offset + filled);
      if (read === 0) return buffer.subarray(0, filled);
      filled += read;
    }
    return buffer;
  } catch {
    return undefined;
  }
}
