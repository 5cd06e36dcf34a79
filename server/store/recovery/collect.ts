import { overflowBudget, pageKind, recordsOf, type PageKind } from './btree.ts';
import type { DatabaseFile } from './databaseFile.ts';
import type { Freelist } from './freelist.ts';
import type { Pace } from './pace.ts';
import type { PageSource } from './pageSource.ts';
import type { Fields } from './record.ts';
import type { FoundTable } from './schemaTable.ts';
import { walk, type PageTally } from './treeWalk.ts';

/** Where a record was found, to be read again. */
export interface Place {
  readonly source: PageSource;
  readonly page: number;
  readonly cell: number;
}

export interface FoundRecord {
  readonly fields: Fields;
  readonly place: Place;
  /**
   * Whether it is known to be of the store's present: on a page of its table, or on a whole page of the log. Other
   * pages may hold what was deleted or changed since.
   */
  readonly trusted: boolean;
  /** Whether the page said what it is; where not, only rows without any fault are rows. */
  readonly certain: boolean;
}

/** The tables whose rows are kept in the order of their own key, in a tree of the other kind. */
const WITHOUT_ROWID: ReadonlySet<string> = new Set(['removals']);

/**
 * Gives the records of the tables page by page, and then those of all other pages that are not free. Nothing is said
 * of which table a record is of, but for those without row ids, which cannot be told from an index: `onKeyed` gets
 * them.
 */
export async function* collectRecords(
  database: DatabaseFile,
  tables: readonly FoundTable[],
  freelist: Freelist,
  tally: PageTally,
  onKeyed: (table: string, fields: Fields) => void,
  pace: Pace,
): AsyncGenerator<readonly FoundRecord[]> {
  const budget = overflowBudget(database);

  function read(source: PageSource, number: number, kind: PageKind, trusted: boolean): FoundRecord[] {
    const certain = kind === 'table-leaf';
    const { records, overflow, damaged } = recordsOf(source, number, 'table-leaf', budget);
    if (source === database) {
      for (const page of overflow) tally.used.add(page);
      if (damaged > 0 || !certain) tally.unreadable.add(number);
    }
    return records.map(({ cell, fields }) => ({
      fields,
      place: { source, page: number, cell },
      trusted,
      certain,
    }));
  }

  for (const table of tables) {
    const isKeyed = WITHOUT_ROWID.has(table.name);
    for await (const { number, kind } of walk(database, table.rootPage, tally, pace)) {
      const trusted = !freelist.pages.has(number);
      if (!isKeyed) yield read(database, number, kind, trusted);
      else if (kind === 'index-leaf' || kind === 'index-interior') {
        const { records, damaged } = recordsOf(database, number, kind, budget);
        for (const { fields } of records) onKeyed(table.name, fields);
        if (damaged > 0) tally.unreadable.add(number);
      } else tally.unreadable.add(number);
    }
  }

  for (const number of database.later.pages) {
    const wait = pace();
    if (wait) await wait;
    const { source } = database.later;
    const page = source.page(number);
    if (page && pageKind(page, number) === 'table-leaf') yield read(source, number, 'table-leaf', true);
  }

  const zeros = Buffer.alloc(database.pageSize);
  for (let number = 1; number <= database.pageCount; number++) {
    const wait = pace();
    if (wait) await wait;
    if (tally.used.has(number) || freelist.pages.has(number)) continue;
    const page = database.page(number);
    const kind = page && pageKind(page, number);
    if (!page || page.equals(zeros)) tally.unreadable.add(number);
    else if (kind === 'table-leaf') yield read(database, number, kind, false);
    // An overflow page begins with the next one's number: a zero, where the file has not many millions of pages.
    else if (kind === 'other' && (number === 1 || page[0] !== 0)) {
      yield read(database, number, 'other', false);
    }
  }
}
