/** Gives the space of deleted rows back to the disk. */
import { sql } from "kysely";
import type { Database } from "../../db/index.ts";
import { sqliteBytes } from "./store.ts";

/** The size of the database file before and after, in bytes; on Postgres neither is known. */
export interface VacuumReport {
  before: number | undefined;
  after: number | undefined;
}

const TABLES = ["outbox_messages", "outbox_bodies", "outbox_recipients", "outbox_attempts", "outbox_bulk_recipients"];

/**
 * SQLite keeps the space of deleted rows for new ones; this writes the file anew without it. It needs as much room on the
 * disk again, and nobody else can write meanwhile, so it is for a quiet hour and never done by itself.
 *
 * Postgres' autovacuum does this all the time; here it is asked to do it at once, which locks nobody out.
 *
 * @example
 * const { before, after } = await vacuum(database);
 */
export async function vacuum(database: Database): Promise<VacuumReport> {
  const { kysely, dialect } = database;
  if (dialect === "postgres") {
    for (const table of TABLES) await sql`vacuum (analyze) ${sql.table(table)}`.execute(kysely);
    return { before: undefined, after: undefined };
  }
  const before = await sqliteBytes(kysely);
  await sql`vacuum`.execute(kysely);
  await sql`pragma wal_checkpoint(truncate)`.execute(kysely);
  return { before, after: await sqliteBytes(kysely) };
}
