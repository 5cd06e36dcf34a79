import * as z from 'zod';
import type { Connection } from '../connection.ts';
import type { Field, Fields } from './record.ts';
import { columnsOf, type FoundTable } from './schemaTable.ts';

const columnInfo = z.object({
  name: z.string(),
  type: z.string(),
  notnull: z.int(),
  dflt_value: z.unknown(),
});

/** A column as the newest schema has it. */
export interface Column {
  readonly name: string;
  /** `TEXT`, `INTEGER` or `REAL`. */
  readonly type: string;
  readonly required: boolean;
  /** Whether a row may be written without it; one that is older than the column has none. */
  readonly optional: boolean;
}

/** A table: its columns as the new store has them, and their order in the damaged one. */
export interface TableColumns {
  readonly columns: readonly Column[];
  readonly order: readonly string[];
}

/** `name` is one of ours. Columns that later schema steps add need no change here. */
export function tableColumns(
  connection: Connection,
  name: string,
  found: FoundTable | undefined,
): TableColumns {
  const columns = connection
    .sql(`PRAGMA table_info(${name})`)
    .all()
    .map((row) => columnInfo.parse(row))
    .map(({ name, type, notnull, dflt_value: otherwise }) => ({
      name,
      type,
      required: notnull === 1,
      optional: notnull === 0 || otherwise !== null,
    }));
  const known = columns.map(({ name }) => name);
  const order = found ? columnsOf(found.sql) : [];
  // An order with names that nobody knows is damaged; steps only add columns, so ours begins as every older one.
  const isBelievable = order.length > 0 && order.every((name) => known.includes(name));
  return { columns, order: isBelievable ? order : known };
}

/** The fields of a record by the names of its columns. Undefined: unreadable. Not there: younger than the row. */
export function byName(fields: Fields, { order }: TableColumns): Map<string, Field | undefined> {
  return new Map(fields.map((field, index) => [order[index] ?? '', field]));
}
