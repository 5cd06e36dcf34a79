import type { Fields } from './record.ts';

/** A table as the damaged file's own schema tells of it. */
export interface FoundTable {
  readonly name: string;
  readonly rootPage: number;
  readonly sql: string;
}

const SCHEMA_TYPES: ReadonlySet<unknown> = new Set(['table', 'index', 'view', 'trigger']);

/** Whether a record is a row of `sqlite_schema`: type, name, table's name, root page, SQL. */
export function isSchemaRow(fields: Fields): boolean {
  return fields.length === 5 && SCHEMA_TYPES.has(fields[0]?.value) && typeof fields[3]?.value === 'number';
}

/** A table, index, view or trigger as a row of `sqlite_schema` tells of it. */
export interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly sql: string;
}

/**
 * What a row of `sqlite_schema` tells of; undefined for what SQLite makes by itself, and has no statement.
 * 'damaged' where the row contradicts itself: the statement has to begin and end as one, and to hold the name.
 */
export function objectOf(fields: Fields): SchemaObject | 'damaged' | undefined {
  const [type, name, table, rootPage, sql] = fields.map((field) =>
    field?.sound === true ? field.value : undefined,
  );
  if (fields.length !== 5 || typeof type !== 'string' || !SCHEMA_TYPES.has(type)) return 'damaged';
  if (typeof name !== 'string' || typeof table !== 'string' || typeof rootPage !== 'number') return 'damaged';
  const isOwn = name.startsWith('sqlite_');
  if (sql === null && type === 'index') return isOwn ? undefined : 'damaged';
  if (typeof sql !== 'string' || !sql.startsWith('CREATE ')) return 'damaged';
  const words = new Set(sql.split(/\W+/));
  if (!words.has(name) || !words.has(table)) return 'damaged';
  return isOwn ? undefined : { type, name, sql };
}

/** A table, where a row of `sqlite_schema` tells of one. */
export function tableOf(fields: Fields): FoundTable | undefined {
  const [type, name, , rootPage, sql] = fields.map((field) => field?.value);
  if (!isSchemaRow(fields) || type !== 'table') return undefined;
  if (typeof name !== 'string' || typeof rootPage !== 'number' || typeof sql !== 'string') return undefined;
  return rootPage >= 2 ? { name, rootPage, sql } : undefined;
}

/**
 * The names of the columns of a CREATE TABLE statement, in their order; empty where it cannot be understood. Not
 * left to SQLite: a statement from a damaged file is not run.
 */
export function columnsOf(sql: string): string[] {
  const open = sql.indexOf('(');
  if (open === -1) return [];
  const columns: string[] = [];
  let depth = 0;
  let definition = '';
  for (const character of sql.slice(open)) {
    if (character === ')') depth--;
    if (depth === 0 || (depth === 1 && character === ',')) {
      const [name = ''] = definition.trim().split(/[\s(]/, 1);
      if (/^\w+$/.test(name) && !/^(?:primary|unique|check|foreign|constraint)$/i.test(name))
        columns.push(name);
      if (depth === 0 && character === ')') return columns;
      definition = '';
    } else definition += character;
    if (character === '(') depth++;
  }
  return [];
}
