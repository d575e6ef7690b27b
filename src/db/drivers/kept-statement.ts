/** A prepared statement of SQLite that is kept, its parameters made storable. */
import { storable } from "./storable.ts";

/** What is used of a statement of node:sqlite. */
export interface SqliteStatement {
  all(...parameters: readonly unknown[]): unknown[];
  get(...parameters: readonly unknown[]): unknown;
  run(...parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  iterate(...parameters: readonly unknown[]): IterableIterator<unknown>;
  /** One entry for each column that the statement returns. */
  columns(): readonly unknown[];
}

export class KeptStatement {
  readonly #statement: SqliteStatement;
  readonly sql: string;
  readonly returnsRows: boolean;

  constructor(statement: SqliteStatement, sql: string) {
    this.#statement = statement;
    this.sql = sql;
    this.returnsRows = statement.columns().length > 0;
  }

  all(parameters: readonly unknown[]): unknown[] {
    return this.#statement.all(...storable(parameters));
  }

  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    return this.#statement.run(...storable(parameters));
  }
}
