import { existsSync } from 'node:fs';
import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';
import { logOf } from '../connection.ts';
import { APPLICATION_ID } from '../schema.ts';
import { storeCorrupt, storeUnavailable, translateStoreError } from '../storeErrors.ts';
import { pageKind } from './btree.ts';
import type { Pace } from './pace.ts';
import type { PageSource } from './pageSource.ts';
import type { Problems } from './problems.ts';
import { NotAFile, openRawFile, type RawFile } from './rawFile.ts';
import { isPageSize, pageSizeOfLog, readLog, type Log } from './writeAheadLog.ts';

/** What SQLite gives every file that is not told otherwise, ours among them. */
const USUAL_PAGE_SIZE = 4096;
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
/** Pages that are looked at to tell their size. */
const SAMPLES = 256;

/** A damaged database as far as it is there: its file, under what its log says. */
export interface DatabaseFile extends PageSource {
  /** Whole pages of the log that SQLite would not read any more, because the log is damaged before them. */
  readonly later: { readonly pages: readonly number[]; readonly source: PageSource };
  /** How many pages the header says there are; undefined where it says nothing that could be. */
  readonly declaredPages: number | undefined;
  /** `PRAGMA user_version`, which is the version of the schema. */
  readonly userVersion: number;
  /** Whether the rest of the header is that of a store of ours, in every byte that does not change. */
  readonly headerSound: boolean;
  close(): void;
}

/**
 * Opens what is at `path`, and the log beside it. Never through SQLite, which would change both.
 * @throws LockstepError where there is nothing that could be read
 */
export async function openDatabaseFile(path: string, problems: Problems, pace: Pace): Promise<DatabaseFile> {
  const file = openMain(path, problems);
  let logFile: RawFile | undefined;
  try {
    logFile = openLog(logOf(path), problems);
    if (file.size === 0 && (logFile?.size ?? 0) === 0) throw storeCorrupt(path, 'it is empty');
    const pageSize = choosePageSize(file, logFile);
    const log = logFile && (await readLog(logFile, pageSize, pace));
    if (log?.damaged) {
      problems.say(
        log.later.size > 0
          ? `The log ${logOf(path)} is damaged; ${log.later.size} of the pages after the damage were used.`
          : `The log ${logOf(path)} ends with a change that is damaged or was not finished.`,
      );
    }
    return overlaid(file, logFile, log, pageSize);
  } catch (error) {
    file.close();
    logFile?.close();
    throw error;
  }
}

function openMain(path: string, problems: Problems): RawFile {
  try {
    return openRawFile(path);
  } catch (error) {
    // What was not yet moved out of the log can be saved without the file.
    if (systemErrorCode(error) === 'ENOENT' && existsSync(logOf(path))) {
      problems.say(`The file ${path} is gone; only its log is there.`);
      return noFile;
    }
    if (error instanceof NotAFile) {
      throw storeUnavailable('not-a-file', path, `${path} is not a file, so there is nothing to recover.`);
    }
    if (systemErrorCode(error) === undefined) throw translateStoreError(error, path);
    throw storeUnavailable('io', path, `${path} cannot be read: ${systemErrorReason(error)}.`, error);
  }
}

const noFile: RawFile = { size: 0, read: () => Buffer.alloc(0), close: () => undefined };

function openLog(path: string, problems: Problems): RawFile | undefined {
  try {
    return openRawFile(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') {
      const reason = error instanceof NotAFile ? 'it is not a file' : systemErrorReason(error);
      problems.say(`The log ${path} cannot be read: ${reason}.`);
    }
    return undefined;
  }
}

function overlaid(
  file: RawFile,
  logFile: RawFile | undefined,
  log: Log | undefined,
  pageSize: number,
): DatabaseFile {
  const filePages = Math.ceil(file.size / pageSize);
  const highest = (pages: Iterable<number>) => {
    let most = 0;
    for (const page of pages) most = Math.max(most, page);
    return most;
  };
  const pageCount = Math.max(filePages, highest(log?.committed.keys() ?? []));
  const fromLog = (offset: number) => whole(logFile?.read(offset, pageSize), pageSize);
  const page = (number: number): Buffer | undefined => {
    const offset = log?.committed.get(number);
    if (offset !== undefined) return fromLog(offset);
    if (number < 1 || number > filePages) return undefined;
    return whole(file.read((number - 1) * pageSize, pageSize), pageSize);
  };
  const laterOffsets = log?.later ?? new Map<number, number>();
  const later: PageSource = {
    pageSize,
    pageCount: Math.max(pageCount, highest(laterOffsets.keys())),
    page(number) {
      const offset = laterOffsets.get(number);
      return offset === undefined ? page(number) : fromLog(offset);
    },
  };
  const header = page(1);
  const hasMagic = header?.subarray(0, MAGIC.length).equals(MAGIC) === true;
  return {
    pageSize,
    pageCount,
    page,
    later: { pages: [...laterOffsets.keys()].sort((a, b) => a - b), source: later },
    declaredPages: header && hasMagic ? header.readUInt32BE(28) : undefined,
    userVersion: header && hasMagic ? header.readUInt32BE(60) : 0,
    headerSound: header !== undefined && hasMagic && isOurHeader(header),
    close() {
      file.close();
      logFile?.close();
    },
  };
}

/** What stands where in a header: https://www.sqlite.org/fileformat2.html#the_database_header */
function isOurHeader(header: Buffer): boolean {
  const declared = header.readUInt16BE(16);
  return (
    (declared === 1 ? 65536 : declared) === header.length &&
    // 2: with a log; a backup has 1.
    (header[18] === 1 || header[18] === 2) &&
    header[19] === header[18] &&
    // No reserved space, and fractions that are always the same.
    header.subarray(20, 24).equals(Buffer.from([0, 64, 32, 32])) &&
    // Format of the schema, and UTF-8.
    header.readUInt32BE(44) === 4 &&
    header.readUInt32BE(56) === 1 &&
    header.readUInt32BE(68) === APPLICATION_ID &&
    header.subarray(72, 92).every((byte) => byte === 0)
  );
}

function whole(bytes: Buffer | undefined, pageSize: number): Buffer | undefined {
  if (!bytes || bytes.length === pageSize) return bytes;
  return Buffer.concat([bytes, Buffer.alloc(pageSize - bytes.length)]);
}

/**
 * The header may be what is damaged, and a wrong size makes every page unreadable: of the sizes that come into
 * question, the one with which the most of the file looks like pages is taken.
 */
function choosePageSize(file: RawFile, logFile: RawFile | undefined): number {
  const ofLog = logFile && pageSizeOfLog(logFile);
  if (ofLog !== undefined) return ofLog;
  const declared = file.read(16, 2);
  const inHeader = declared?.length === 2 ? declared.readUInt16BE(0) : 0;
  // 65536 does not fit into two bytes, and is written as 1.
  const ofHeader = inHeader === 1 ? 65536 : inHeader;
  if (!isPageSize(ofHeader) || ofHeader === USUAL_PAGE_SIZE) return USUAL_PAGE_SIZE;
  return likeness(file, ofHeader) > likeness(file, USUAL_PAGE_SIZE) ? ofHeader : USUAL_PAGE_SIZE;
}

/** How many bytes of the file look like leaves of tables with that page size. */
function likeness(file: RawFile, pageSize: number): number {
  let found = 0;
  const pages = Math.min(Math.floor(file.size / pageSize), Math.ceil((SAMPLES * USUAL_PAGE_SIZE) / pageSize));
  for (let number = 2; number <= pages; number++) {
    const page = file.read((number - 1) * pageSize, pageSize);
    if (page?.length === pageSize && pageKind(page, number) === 'table-leaf' && isFilledFromEnd(page))
      found++;
  }
  return found * pageSize;
}

/** Cells stand at the end of a page, so where none does, it is half a page or two. */
function isFilledFromEnd(page: Buffer): boolean {
  const cells = page.readUInt16BE(3);
  if (cells === 0 || 8 + 2 * cells > page.length) return false;
  let last = 0;
  for (let index = 0; index < cells; index++) {
    const at = page.readUInt16BE(8 + 2 * index);
    if (at >= page.length) return false;
    last = Math.max(last, at);
  }
  return last > page.length / 2;
}
