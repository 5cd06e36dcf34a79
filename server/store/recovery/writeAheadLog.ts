import type { Pace } from './pace.ts';
import type { RawFile } from './rawFile.ts';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** The magic number but for its last bit, which says whether checksums are big-endian. */
const MAGIC = 0x377f0682;

/** Where pages are in a write-ahead log: offsets of their bytes, by page number. */
export interface Log {
  readonly pageSize: number;
  /** What SQLite itself would read: the newest copy of each page, up to the last commit before any damage. */
  readonly committed: ReadonlyMap<number, number>;
  /** Whole copies of committed pages after the first damage, which SQLite would not see any more. */
  readonly later: ReadonlyMap<number, number>;
  /** Pages of the database at the last commit before any damage; 0 without one. */
  readonly databasePages: number;
  readonly damaged: boolean;
}

/** Sums of https://www.sqlite.org/fileformat2.html#checksum_algorithm. */
interface Sums {
  readonly a: number;
  readonly b: number;
}

/** What a page size can be: a power of two from 512 to 65536. */
export function isPageSize(size: number): boolean {
  return size >= 512 && size <= 65536 && (size & (size - 1)) === 0;
}

/** The page size that a log's header says, where it can be believed. */
export function pageSizeOfLog(file: RawFile): number | undefined {
  const header = file.read(0, HEADER_BYTES);
  if (!header || header.length < HEADER_BYTES || (header.readUInt32BE(0) & ~1) !== MAGIC) return undefined;
  const size = header.readUInt32BE(8);
  return isPageSize(size) && isSound(header) ? size : undefined;
}

/**
 * Reads a log (https://www.sqlite.org/fileformat2.html#the_write_ahead_log). The sums of a frame go on from those
 * of the frame before it, so frames after a damaged one can be verified too, all but the first.
 */
export async function readLog(file: RawFile, pageSize: number, pace: Pace): Promise<Log> {
  const committed = new Map<number, number>();
  const later = new Map<number, number>();
  const header = file.read(0, HEADER_BYTES);
  let isWhole = header !== undefined && isSound(header) && header.readUInt32BE(8) === pageSize;
  let damaged = !isWhole && file.size > 0;
  const littleEndian = header?.length !== HEADER_BYTES || (header.readUInt32BE(0) & 1) === 0;
  let salt = isWhole ? header?.subarray(16, 24) : undefined;
  let sums = isWhole && header ? storedSums(header, 24) : undefined;
  let databasePages = 0;
  let pending: [page: number, offset: number][] = [];

  const frameBytes = FRAME_HEADER_BYTES + pageSize;
  for (let at = HEADER_BYTES; at + frameBytes <= file.size; at += frameBytes) {
    const wait = pace();
    if (wait) await wait;
    const frame = file.read(at, frameBytes);
    const before = sums;
    sums = frame && storedSums(frame, 16);
    if (frame) salt ??= frame.subarray(8, 16);
    // Frames with another salt are left from before the log was begun anew.
    const isCurrent = frame !== undefined && salt?.equals(frame.subarray(8, 16)) === true;
    const isVerified =
      isCurrent && before !== undefined && isSame(sums, sumsOfFrame(frame, littleEndian, before));
    if (!isVerified) {
      if (isCurrent || !frame) damaged = true;
      // What was not committed before the damage may have been by a frame after it: it stays pending.
      isWhole = false;
      continue;
    }
    pending.push([frame.readUInt32BE(0), at + FRAME_HEADER_BYTES]);
    const pagesAfterCommit = frame.readUInt32BE(4);
    if (pagesAfterCommit === 0) continue;
    if (isWhole) databasePages = pagesAfterCommit;
    else damaged = true;
    for (const [page, offset] of pending) (isWhole ? committed : later).set(page, offset);
    pending = [];
  }
  return { pageSize, committed, later, databasePages, damaged };
}

function isSound(header: Buffer): boolean {
  if (header.length < HEADER_BYTES) return false;
  const magic = header.readUInt32BE(0);
  if ((magic & ~1) !== MAGIC) return false;
  const sums = addSums(header.subarray(0, 24), (magic & 1) === 0, { a: 0, b: 0 });
  return isSame(storedSums(header, 24), sums);
}

function sumsOfFrame(frame: Buffer, littleEndian: boolean, before: Sums): Sums {
  const first = addSums(frame.subarray(0, 8), littleEndian, before);
  return addSums(frame.subarray(FRAME_HEADER_BYTES), littleEndian, first);
}

function addSums(bytes: Buffer, littleEndian: boolean, before: Sums): Sums {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let { a, b } = before;
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    a = (a + view.getUint32(at, littleEndian) + b) >>> 0;
    b = (b + view.getUint32(at + 4, littleEndian) + a) >>> 0;
  }
  return { a, b };
}

function storedSums(bytes: Buffer, at: number): Sums {
  return { a: bytes.readUInt32BE(at), b: bytes.readUInt32BE(at + 4) };
}

function isSame(one: Sums | undefined, other: Sums): boolean {
  return one?.a === other.a && one.b === other.b;
}
