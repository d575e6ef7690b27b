/** Our database handle, and a transaction on it, as pg-boss takes them. */
import { CompiledQuery } from "kysely";
import type { Db } from "pg-boss";
import type { Database, Queryable } from "../../../db/index.ts";
import { OutboxError } from "../../errors.ts";

/**
 * The database for pg-boss' own statements; it needs no pool of its own.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS` where it is not Postgres
 */
export function bossDatabase({ postgres }: Database): Db {
  if (postgres === undefined) {
    throw new OutboxError(
      "WX_OUTBOX_OPTIONS",
      "The engine pg-boss needs Postgres, and this database is SQLite. Set DATABASE_URL to a postgres:// URL, or use the embedded engine.",
    );
  }
  return { executeSql: async (text, values) => ({ rows: await postgres.run(text, values) }) };
}

/** A transaction, whoever began it: what pg-boss writes is one commit with the rest of it. */
export function bossTransaction(tx: Queryable): Db {
  return {
    executeSql: async (text, values = []) => ({
      rows: (await tx.executeQuery<object>(CompiledQuery.raw(text, values))).rows,
    }),
  };
}
