/** A prepared statement of SQLite that is kept: its parameters made storable, its faults named. */
import { nameSqliteFault } from "./sqlite-faults.ts";
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

export class KeptStatement implements Pick<SqliteStatement, "all" | "get" | "run"> {
  readonly #statement: SqliteStatement;
  readonly returnsRows: boolean;

  constructor(statement: SqliteStatement) {
    this.#statement = statement;
    this.returnsRows = statement.columns().length > 0;
  }

  all(...parameters: readonly unknown[]): unknown[] {
    try {
      return this.#statement.all(...storable(parameters));
    } catch (error) {
      throw nameSqliteFault(error);
    }
  }

  get(...parameters: readonly unknown[]): unknown {
    try {
      return this.#statement.get(...storable(parameters));
    } catch (error) {
      throw nameSqliteFault(error);
    }
  }

  run(...parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    try {
      return this.#statement.run(...storable(parameters));
    } catch (error) {
      throw nameSqliteFault(error);
    }
  }
}
