import { childrenOf, pageKind, type PageKind } from './btree.ts';
import type { DatabaseFile } from './databaseFile.ts';
import type { Pace } from './pace.ts';

/** What is known of the pages, filled in while they are read. */
export interface PageTally {
  readonly used: Set<number>;
  readonly unreadable: Set<number>;
  /** Pages that others point to and that the file ends before. */
  readonly missing: Set<number>;
}

/** The pages of a tree that have records, or should have: those of a kind that a tree has no place for come too. */
export async function* walk(
  database: DatabaseFile,
  root: number,
  tally: PageTally,
  pace: Pace,
): AsyncGenerator<{ number: number; kind: PageKind }> {
  const most = Math.max(database.pageCount, database.declaredPages ?? 0);
  const ahead = [root];
  for (let number = ahead.pop(); number !== undefined; number = ahead.pop()) {
    const wait = pace();
    if (wait) await wait;
    if (tally.used.has(number)) continue;
    tally.used.add(number);
    const page = database.page(number);
    if (!page) {
      (number > database.pageCount ? tally.missing : tally.unreadable).add(number);
      continue;
    }
    const kind = pageKind(page, number);
    if (kind === 'table-interior' || kind === 'index-interior') {
      const { pages, damaged } = childrenOf(page, number, most);
      ahead.push(...pages.reverse());
      if (damaged > 0) tally.unreadable.add(number);
      // A leaf whose type was damaged has few children that could be pages.
      if (kind === 'table-interior') {
        if (damaged > 0) yield { number, kind: 'other' };
        continue;
      }
    }
    yield { number, kind };
  }
}
