/** A transaction of Drizzle's, on Postgres or SQLite. */
import type { SqlExecutor, SqlResult } from "./executor.ts";
import { requireTransaction } from "./executor.ts";
import { splitAtPlaceholders } from "./placeholders.ts";

/** What is used of a transaction: `execute` on Postgres, `all` and `run` on SQLite. */
export interface DrizzleLike {
  rollback(): never;
  execute?(query: never): PromiseLike<unknown>;
  all?(query: never): unknown;
  run?(query: never): unknown;
}

/** Drizzle's tag for SQL; it knows how to bind parameters. */
export type DrizzleSql = (strings: TemplateStringsArray, ...parameters: never[]) => unknown;

/**
 * The caller's Drizzle transaction.
 *
 * @param sql `sql` of "drizzle-orm".
 * @throws DatabaseError `WX_DB_TRANSACTION`
 * @example
 * import { sql } from "drizzle-orm";
 * await db.transaction(async (tx) => {
 *   await tx.insert(orders).values(order);
 *   await outbox.enqueue(message, { tx: fromDrizzle(tx, sql) });
 * });
 */
export function fromDrizzle(tx: DrizzleLike, sql: DrizzleSql): SqlExecutor {
  requireTransaction(typeof tx.rollback === "function", "Give the tx of db.transaction(async (tx) => ...).");
  const dialect = tx.execute === undefined ? "sqlite" : "postgres";
  return {
    dialect,
    async execute(text, parameters, returnsRows) {
      const parts = splitAtPlaceholders(text, dialect);
      const query = sql(Object.assign(parts, { raw: parts }), ...(parameters as never[])) as never;
      if (tx.execute !== undefined) return resultOf(await tx.execute(query));
      if (returnsRows) return { rows: (await tx.all?.(query)) as object[] };
      return resultOf(await tx.run?.(query));
    },
  };
}

/** Each of the drivers below Drizzle has its own words. */
function resultOf(result: unknown): SqlResult {
  const said = result as {
    rows?: object[];
    rowCount?: number | null;
    rowsAffected?: number;
    affectedRows?: number;
    changes?: number;
    count?: number;
  };
  return {
    rows: Array.isArray(result) ? (result as object[]) : (said.rows ?? []),
    affectedRows: said.rowCount ?? said.rowsAffected ?? said.affectedRows ?? said.changes ?? said.count,
  };
}
