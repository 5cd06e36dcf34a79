import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** An agent's database, open for one short read. What is in it was written by another program: by whom, nobody knows. */
export class AgentDatabase {
  readonly path: string;
  /** Its `user_version`. */
  readonly schema: number;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #columns = new Map<string, ReadonlySet<string>>();

  /** @throws an error of SQLite */
  constructor(path: string, db: DatabaseSync) {
    this.path = path;
    this.#db = db;
    this.schema = Number(Object.values(db.prepare('PRAGMA user_version').get() ?? {})[0] ?? 0);
  }

  sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  get isEmpty(): boolean {
    return this.sql('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  }

  /**
   * The stored columns of a table; none where there is no such table. A view, a virtual table and a computed column
   * run what their maker wrote, for as long as that takes, so they do not count.
   */
  columnsOf(table: string): ReadonlySet<string> {
    let columns = this.#columns.get(table);
    if (columns === undefined) {
      const isTable = this.sql(
        "SELECT 1 FROM sqlite_schema WHERE name = ? AND type = 'table' AND sql LIKE 'CREATE TABLE%'",
      ).get(table);
      const rows =
        isTable === undefined
          ? []
          : this.sql('SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0').all(table);
      columns = new Set(rows.map(({ name }) => String(name)));
      this.#columns.set(table, columns);
    }
    return columns;
  }

  has(table: string, ...columns: readonly string[]): boolean {
    const there = this.columnsOf(table);
    return columns.every((column) => there.has(column));
  }
}
