import type { PageSource } from './pageSource.ts';
import { readRecord, readVarint, type Fields } from './record.ts';

export type PageKind = 'table-leaf' | 'table-interior' | 'index-leaf' | 'index-interior' | 'other';

/** 64 MiB: no row of ours is as large, so a row that says so is damaged, and not read further. */
const MOST_PAYLOAD = 64 * 1024 * 1024;
/** The first page begins with the header of the file. */
const FILE_HEADER_BYTES = 100;

/** How many overflow pages may still be read: a damaged file can name one page a million times. */
export interface OverflowBudget {
  left: number;
}

export function overflowBudget({ pageCount }: PageSource): OverflowBudget {
  // Whole files need two reads of a page at most: one to find a row, one to write it.
  return { left: 4 * pageCount + 1024 };
}

/** What is in one page. */
export interface PageRecords {
  readonly records: readonly { readonly cell: number; readonly fields: Fields }[];
  /** Overflow pages that the records go on in. */
  readonly overflow: readonly number[];
  /** Cells that could not be read, or not wholly. */
  readonly damaged: number;
}

/** What the page's type byte says it is (https://www.sqlite.org/fileformat2.html#b_tree_pages). */
export function pageKind(page: Buffer, number: number): PageKind {
  switch (page[startOf(number)]) {
    case 0x0d:
      return 'table-leaf';
    case 0x05:
      return 'table-interior';
    case 0x0a:
      return 'index-leaf';
    case 0x02:
      return 'index-interior';
    default:
      return 'other';
  }
}

/**
 * The records of a page, read as one of the given kind; interior pages of indexes have records too, those of tables
 * have none.
 */
export function recordsOf(
  source: PageSource,
  number: number,
  kind: PageKind,
  budget: OverflowBudget,
): PageRecords {
  const records: { cell: number; fields: Fields }[] = [];
  const overflow: number[] = [];
  const page = source.page(number);
  if (!page || kind === 'table-interior') return { records, overflow, damaged: page ? 0 : 1 };
  const { offsets, damaged: missing } = cellsOf(page, number, kind);
  let damaged = missing;
  offsets.forEach((at, cell) => {
    const payload = payloadAt(source, page, at, kind, budget);
    const record = payload && readRecord(payload.bytes);
    if (record) records.push({ cell, fields: record.fields });
    if (payload) overflow.push(...payload.overflow);
    if (!record || !payload.complete || record.end !== payload.bytes.length) damaged++;
  });
  return { records, overflow, damaged };
}

/** One record of a page again. */
export function recordAt(
  source: PageSource,
  number: number,
  cell: number,
  budget: OverflowBudget,
): Fields | undefined {
  const page = source.page(number);
  const at = page && cellsOf(page, number, 'table-leaf').offsets[cell];
  if (!page || at === undefined) return undefined;
  const payload = payloadAt(source, page, at, 'table-leaf', budget);
  return payload && readRecord(payload.bytes)?.fields;
}

/** The pages below an interior page, in the order of their keys. `most` is the highest number that can be right. */
export function childrenOf(page: Buffer, number: number, most: number): { pages: number[]; damaged: number } {
  const { offsets, damaged: missing } = cellsOf(page, number, pageKind(page, number));
  const pages: number[] = [];
  let damaged = missing;
  const last = startOf(number) + 8;
  for (const at of [...offsets, last]) {
    const child = at + 4 <= page.length ? page.readUInt32BE(at) : 0;
    if (child >= 2 && child <= most) pages.push(child);
    else damaged++;
  }
  return { pages, damaged };
}

function startOf(number: number): number {
  return number === 1 ? FILE_HEADER_BYTES : 0;
}

/** Where the cells are; `damaged` counts those that are nowhere. */
function cellsOf(page: Buffer, number: number, kind: PageKind): { offsets: number[]; damaged: number } {
  const start = startOf(number);
  const first = start + (kind === 'table-interior' || kind === 'index-interior' ? 12 : 8);
  const count = page.readUInt16BE(start + 3);
  const offsets: number[] = [];
  let damaged = 0;
  for (let index = 0; index < count; index++) {
    const pointer = first + 2 * index;
    if (pointer + 2 > page.length) return { offsets, damaged: damaged + 1 };
    const at = page.readUInt16BE(pointer);
    if (at >= first && at < page.length) offsets.push(at);
    else damaged++;
  }
  return { offsets, damaged };
}

interface Payload {
  readonly bytes: Buffer;
  readonly overflow: readonly number[];
  /** Whether all of it was there. */
  readonly complete: boolean;
}

/** The payload of the cell at an offset, as far as it can be read. */
function payloadAt(
  source: PageSource,
  page: Buffer,
  at: number,
  kind: PageKind,
  budget: OverflowBudget,
): Payload | undefined {
  const size = readVarint(page, kind === 'index-interior' ? at + 4 : at);
  if (!size || size.value === 0) return undefined;
  const rowid = kind === 'index-leaf' || kind === 'index-interior' ? size : readVarint(page, size.end);
  if (!rowid) return undefined;
  const local = localBytes(size.value, page.length, kind);
  const bytes = page.subarray(rowid.end, rowid.end + local);
  if (local === size.value || bytes.length < local) {
    return { bytes, overflow: [], complete: bytes.length === size.value };
  }
  const chained = rowid.end + local;
  if (chained + 4 > page.length) return { bytes, overflow: [], complete: false };
  return withOverflow(source, bytes, page.readUInt32BE(chained), size.value, budget);
}

/**
 * How much of a payload is in the page itself (https://www.sqlite.org/fileformat2.html#b_tree_pages). A page's
 * reserved space is left out of account: stores have none, and a header that says otherwise is damaged.
 */
function localBytes(size: number, usable: number, kind: PageKind): number {
  const isTable = kind !== 'index-leaf' && kind !== 'index-interior';
  const most = isTable ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23;
  if (size <= most) return size;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((size - least) % (usable - 4));
  return fitting <= most ? fitting : least;
}

function withOverflow(
  source: PageSource,
  local: Buffer,
  first: number,
  size: number,
  budget: OverflowBudget,
): Payload {
  const wanted = Math.min(size, MOST_PAYLOAD);
  const parts = [local];
  const seen = new Set<number>();
  let missing = wanted - local.length;
  for (let next = first; missing > 0;) {
    if (seen.has(next) || budget.left <= 0) break;
    const page = next >= 2 && next <= source.pageCount ? source.page(next) : undefined;
    if (!page) break;
    budget.left--;
    seen.add(next);
    const part = page.subarray(4, Math.min(page.length, 4 + missing));
    parts.push(part);
    missing -= part.length;
    next = page.readUInt32BE(0);
  }
  return { bytes: Buffer.concat(parts), overflow: [...seen], complete: missing === 0 && wanted === size };
}
