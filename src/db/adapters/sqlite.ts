/** A database of node:sqlite, @photostructure/sqlite or better-sqlite3 on which a transaction was begun. */
import type { SqlExecutor } from "./executor.ts";
import { requireTransaction } from "./executor.ts";

/** What is used of a `DatabaseSync` or a `Database`. */
export interface SqliteLike {
  prepare(sql: string): {
    all(...parameters: never[]): unknown[];
    run(...parameters: never[]): { changes: number | bigint };
  };
  /** node:sqlite says so (not in Node 23), and better-sqlite3. */
  readonly isTransaction?: boolean;
  readonly inTransaction?: boolean;
}

/**
 * The caller's SQLite database, after its BEGIN. (`database.transaction(work)` of better-sqlite3 will not do: it ends
 * before `enqueue`, which is asynchronous, has written.)
 *
 * @throws DatabaseError `WX_DB_TRANSACTION`
 * @example
 * database.exec("BEGIN IMMEDIATE");
 * database.prepare("INSERT INTO orders (id) VALUES (?)").run(id);
 * await outbox.enqueue(message, { tx: fromSqlite(database) });
 * database.exec("COMMIT");
 */
export function fromSqlite(handle: SqliteLike): SqlExecutor {
  const begun = handle.isTransaction ?? handle.inTransaction ?? true;
  requireTransaction(begun, 'Run database.exec("BEGIN IMMEDIATE") before, and COMMIT after it.');
  return {
    dialect: "sqlite",
    async execute(sql, parameters, returnsRows) {
      const statement = handle.prepare(sql);
      const values = parameters as never[]; // each library names what it binds; all bind what an executor is given
      if (returnsRows) return { rows: statement.all(...values) as object[] };
      return { rows: [], affectedRows: statement.run(...values).changes };
    },
  };
}
