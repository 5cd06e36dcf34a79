import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';
import { readHeadAndTail } from './headTail.ts';
import type { FileLine } from './lines.ts';
import type { OpenFile } from './readableFile.ts';
import { readRecord, type ParseRecord } from './record.ts';
import type { FileProblem, SessionFile } from './sessionFiles.ts';

/** The records that a list reads of a file. */
export interface ListedRecords<R> {
  /** Those of the head, then those of the tail. */
  readonly all: readonly R[];
  /** The last ones, which stand right before the end of the file; all of them where the whole file was read. */
  readonly last: readonly R[];
  /** Whether something between the head and the tail was not read. */
  readonly partial: boolean;
}

/** What a list keeps of one file. */
export interface Row<F> {
  readonly file: SessionFile;
  readonly facts: F;
  readonly partial: boolean;
  readonly damagedLines: number;
}

export interface RowReader<F> {
  /** The row of a file, or why it cannot be read; undefined where it is gone. */
  read(file: SessionFile): Promise<{ row: Row<F> } | { problem: FileProblem } | undefined>;
  /** Forgets the rows of all other files. */
  keepOnly(files: readonly SessionFile[]): void;
}

/** Reads a file's row once for each size and time of change, and remembers it. */
export function createRowReader<R, F>(
  open: OpenFile,
  parse: ParseRecord<R>,
  factsOf: (records: ListedRecords<R>) => F,
): RowReader<F> {
  const rows = new Map<string, Row<F>>();

  async function readRow(listed: SessionFile): Promise<Row<F>> {
    const file = await open(listed.absolutePath);
    try {
      const { head, tail, partial } = await readHeadAndTail(file, listed.size);
      const first = readLines(head, parse);
      const last = partial ? readLines(tail, parse) : first;
      const facts = factsOf({
        all: partial ? [...first.records, ...last.records] : first.records,
        last: last.records,
        partial,
      });
      const damagedLines = first.damaged + (partial ? last.damaged : 0);
      return { file: listed, facts, partial, damagedLines };
    } finally {
      await file.close();
    }
  }

  return {
    async read(file) {
      const kept = rows.get(file.path);
      if (kept !== undefined && kept.file.size === file.size && kept.file.mtimeMs === file.mtimeMs) {
        return { row: kept };
      }
      try {
        const row = await readRow(file);
        rows.set(file.path, row);
        return { row };
      } catch (error) {
        if (systemErrorCode(error) === 'ENOENT') return undefined;
        const message = `The session cannot be read: ${systemErrorReason(error)}.`;
        return { problem: { path: file.absolutePath, message } };
      }
    },
    keepOnly(files) {
      const paths = new Set(files.map(({ path }) => path));
      for (const path of rows.keys()) if (!paths.has(path)) rows.delete(path);
    },
  };
}

function readLines<R>(lines: readonly FileLine[], parse: ParseRecord<R>): { records: R[]; damaged: number } {
  const records: R[] = [];
  let damaged = 0;
  for (const line of lines) {
    const reading = readRecord(line, parse);
    if (reading.kind === 'record') records.push(reading.record);
    else if (reading.kind === 'damaged') damaged += 1;
  }
  return { records, damaged };
}
