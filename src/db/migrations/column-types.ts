/** Where the dialects have different names for the same column. */
import { type ColumnDataType, type Kysely, PostgresAdapter, type RawBuilder, sql } from "kysely";

/** True on Postgres, and what speaks it. */
export function isPostgres<Tables>(db: Kysely<Tables>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/** The column type of bytes. */
export function bytesType(db: Kysely<unknown>): ColumnDataType | RawBuilder<unknown> {
  return isPostgres(db) ? sql`bytea` : "blob";
}

/** Ends a table whose rows stand in the order of its key: on SQLite in the key's own tree, which saves a second one. */
export function inKeyOrder(db: Kysely<unknown>): RawBuilder<unknown> {
  return isPostgres(db) ? sql`` : sql`without rowid`;
}
