import { DatabaseSync } from 'node:sqlite';
import { schemaSteps } from '../schema.ts';
import type { DatabaseFile } from './databaseFile.ts';
import type { SchemaObject } from './schemaTable.ts';
import type { StoreTables } from './storeTables.ts';

/**
 * Whether the store was written by a newer Lockstep, of which recovery would lose what it does not know. The version
 * that the header tells may be a wrong byte, so the schema has to bear it out: nothing else in the header is wrong,
 * the whole schema is readable, and it is that of no version known here, whichever of tables, columns, indexes and
 * triggers it has more, fewer or others of. Statements are compared by their length, which a wrong byte leaves as it
 * is; a wrong byte in a name contradicts the statement, and then the schema is damaged.
 *
 * So it takes three faults that fit each other for a damaged store to be refused, while a newer store that is
 * damaged just there is recovered, as far as it is known here; the damaged file is kept. A newer version that changes
 * rows alone, and nothing in the schema, is not told from a wrong byte.
 */
export function isNewer({ userVersion, headerSound }: DatabaseFile, { objects }: StoreTables): boolean {
  if (userVersion <= schemaSteps.length || !headerSound || objects === undefined) return false;
  return !knownSchemas().has(outlineOf(objects));
}

function knownSchemas(): ReadonlySet<string> {
  const db = new DatabaseSync(':memory:');
  try {
    const known = new Set<string>();
    for (const step of schemaSteps) {
      db.exec(step);
      const rows = db.prepare(
        "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
      );
      known.add(
        outlineOf(
          rows
            .all()
            .map(({ type, name, sql }) => ({ type: String(type), name: String(name), sql: String(sql) })),
        ),
      );
    }
    return known;
  } finally {
    db.close();
  }
}

function outlineOf(objects: readonly SchemaObject[]): string {
  return objects
    .map(({ type, name, sql }) => `${type} ${name} ${sql.length}`)
    .sort()
    .join('\n');
}
