import { isSchemaRow } from './schemaTable.ts';
import type { Field, Fields } from './record.ts';

/** Which table a record is of. */
export type RowKind = 'session' | 'event' | 'lease' | 'state' | 'schema';

/**
 * Tells what a record is by its shape, whichever page it was found on: a damaged pointer leads into another table,
 * and a page that nothing points to any more belongs to none. Rows of each table differ in their first columns.
 *
 * | table | columns |
 * |---|---|
 * | sessions | 40 and more, the first a text |
 * | events | text, integer, integer, text, text |
 * | leases | text, text, integer, text, and three integers |
 * | store_state | null (the row's key), text, integer, and since schema 2 an integer |
 */
export function kindOf(fields: Fields): RowKind | undefined {
  const [first, second, third] = fields;
  const { length } = fields;
  if (isSchemaRow(fields)) return 'schema';
  if (first?.value === null) {
    const isState = (length === 3 || length === 4) && isText(second) && isInteger(third);
    return isState ? 'state' : undefined;
  }
  if (!isText(first)) return undefined;
  if (length >= 30) return 'session';
  // One of the two may be damaged, but not the key.
  if (isInteger(second) && (length === 5 || isInteger(third))) return 'event';
  if (length === 7 && isText(second) && isInteger(third)) return 'lease';
  return undefined;
}

function isText(field: Field | undefined): boolean {
  return typeof field?.value === 'string';
}

function isInteger(field: Field | undefined): boolean {
  return Number.isSafeInteger(field?.value);
}
