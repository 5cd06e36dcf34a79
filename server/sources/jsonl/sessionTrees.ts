import { mapBounded } from '../../platform/concurrency.ts';
import type { Row, RowReader } from './rows.ts';
import type { FileProblem, SessionFile } from './sessionFiles.ts';

export const FILES_READ_AT_ONCE = 8;

/** A session and its sub-agents. */
export interface Tree<T> {
  readonly parent: T;
  readonly children: readonly T[];
}

export interface TreeListing<F> {
  readonly trees: readonly Tree<Row<F>>[];
  /** How many of the given trees are sessions, as far as they were looked at. */
  readonly total: number;
  readonly problems: readonly FileProblem[];
}

/**
 * Reads the newest `limit` trees, by the time their files changed: a file is opened only if it is asked for. Where a
 * parent cannot be read, its children are trees of their own.
 */
export async function readTrees<F>(
  files: readonly Tree<SessionFile>[],
  limit: number,
  rows: RowReader<F>,
): Promise<TreeListing<F>> {
  const newest = files.toSorted((a, b) => b.parent.mtimeMs - a.parent.mtimeMs).slice(0, limit);
  const wanted = newest.flatMap(({ parent, children }) => [parent, ...children]);
  const readings = await mapBounded(wanted, FILES_READ_AT_ONCE, (file) => rows.read(file));
  const rowOf = new Map<SessionFile, Row<F>>();
  const problems: FileProblem[] = [];
  for (const [index, file] of wanted.entries()) {
    const reading = readings[index];
    if (reading === undefined) continue;
    if ('problem' in reading) problems.push(reading.problem);
    else rowOf.set(file, reading.row);
  }
  const trees = newest.flatMap(({ parent, children }): Tree<Row<F>>[] => {
    const parentRow = rowOf.get(parent);
    const childRows = children.flatMap((child) => rowOf.get(child) ?? []);
    if (parentRow !== undefined) return [{ parent: parentRow, children: childRows }];
    return childRows.map((row) => ({ parent: row, children: [] }));
  });
  return { trees, total: files.length - newest.length + trees.length, problems };
}
