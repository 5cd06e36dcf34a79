import { overflowBudget, pageKind, recordsOf } from './btree.ts';
import type { DatabaseFile } from './databaseFile.ts';
import type { Pace } from './pace.ts';
import type { Fields } from './record.ts';
import { objectOf, tableOf, type FoundTable, type SchemaObject } from './schemaTable.ts';
import { walk, type PageTally } from './treeWalk.ts';

/** In the order in which they are read: deletions come before what may have been deleted. */
const TABLES = ['removals', 'store_state', 'leases', 'sessions', 'events'];
/** What every store has had since the first schema, and cannot do without. */
const NEEDED = ['store_state', 'sessions', 'events'];

export interface StoreTables {
  readonly tables: readonly FoundTable[];
  /** Names of needed tables that the file does not tell of. */
  readonly missing: readonly string[];
  /** All that the file's schema defines, where every row of it was found at its place and agrees with itself. */
  readonly objects: readonly SchemaObject[] | undefined;
  /** Whether the schema was read without a fault, from its place. */
  readonly sound: boolean;
}

/** The store's tables, as far as the damaged file's own schema tells of them. */
export async function findTables(database: DatabaseFile, tally: PageTally, pace: Pace): Promise<StoreTables> {
  const found = new Map<string, FoundTable>();
  const budget = overflowBudget(database);
  const most = Math.max(database.pageCount, database.declaredPages ?? 0);
  const objects: SchemaObject[] = [];
  let isWhole = true;
  const keep = (records: readonly { readonly fields: Fields }[]) => {
    for (const { fields } of records) {
      const table = tableOf(fields);
      if (!table || !TABLES.includes(table.name) || found.has(table.name)) continue;
      if (table.rootPage <= most) found.set(table.name, table);
    }
  };
  let sound = true;
  for await (const { number, kind } of walk(database, 1, tally, pace)) {
    const { records, overflow, damaged } = recordsOf(database, number, 'table-leaf', budget);
    for (const page of overflow) tally.used.add(page);
    keep(records);
    for (const { fields } of records) {
      const object = objectOf(fields);
      if (object === 'damaged') isWhole = false;
      else if (object) objects.push(object);
    }
    if (kind === 'table-leaf' && damaged === 0) continue;
    sound = false;
    tally.unreadable.add(number);
  }
  if (found.size < TABLES.length) {
    if (NEEDED.some((name) => !found.has(name))) sound = false;
    // The schema takes several pages: those whose way from the first page is lost are among all the others.
    for (let number = 2; number <= database.pageCount; number++) {
      const wait = pace();
      if (wait) await wait;
      const page = tally.used.has(number) ? undefined : database.page(number);
      if (!page || pageKind(page, number) !== 'table-leaf') continue;
      keep(recordsOf(database, number, 'table-leaf', { left: 0 }).records);
    }
  }
  return {
    tables: TABLES.flatMap((name) => found.get(name) ?? []),
    missing: NEEDED.filter((name) => !found.has(name)),
    objects: sound && isWhole ? objects : undefined,
    sound,
  };
}
