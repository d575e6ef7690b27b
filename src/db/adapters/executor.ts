/** A connection of the caller's own, inside of a transaction that the caller began: it runs one statement at a time. */
import { DatabaseError } from "../errors.ts";

/** What a statement came to. */
export interface SqlResult {
  rows: readonly object[];
  /** How many rows it inserted, changed or deleted; of no meaning where rows come back. */
  affectedRows?: number | bigint | undefined;
}

/**
 * The caller's transaction, whatever library it was begun with; `fromKysely`, `fromPg`, `fromSqlite`, `fromDrizzle`,
 * `fromPrisma` and `fromKnex` make one.
 *
 * The connection must be to the database that Waxseal uses. Who begins the transaction also ends it.
 */
export interface SqlExecutor {
  readonly dialect: "sqlite" | "postgres";
  /**
   * Runs a statement.
   *
   * @param sql With `$1`, `$2` and so on as placeholders on Postgres, each once and in order; with `?` on SQLite.
   * @param parameters Strings, numbers, bigints, nulls and Buffers.
   * @param returnsRows Whether rows come back (SELECT, RETURNING).
   */
  execute(sql: string, parameters: readonly unknown[], returnsRows: boolean): Promise<SqlResult>;
}

/** Fails where statements would not run in a transaction, for then a message could be sent of what was rolled back. */
export function requireTransaction(isOne: boolean, mend: string): void {
  if (isOne) return;
  throw new DatabaseError(
    "WX_DB_TRANSACTION",
    `This is no transaction: what it writes would be committed at once. ${mend}`,
  );
}
