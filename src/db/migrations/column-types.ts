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

/** The column type of a text that is searched by its beginning: compared by its bytes, whatever the database's language. */
export function keyType(db: Kysely<unknown>): ColumnDataType | RawBuilder<unknown> {
  return isPostgres(db) ? sql`text collate "C"` : "text";
}

/** Ends a table whose rows stand in the order of its key: on SQLite in the key's own tree, which saves a second one. */
export function inKeyOrder(db: Kysely<unknown>): RawBuilder<unknown> {
  return isPostgres(db) ? sql`` : sql`without rowid`;
}

/**
 * Ends a table whose rows change once, in columns that no index has: Postgres leaves half of each page empty, so that the
 * new row finds room beside the old one, and the indexes stay as they are.
 */
export function roomToChange(db: Kysely<unknown>): RawBuilder<unknown> {
  return isPostgres(db) ? sql`with (fillfactor = 50)` : sql``;
}
