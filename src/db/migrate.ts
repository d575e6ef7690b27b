/** Brings a database to this version's tables, and refuses one that a newer version has changed. */
import type { Kysely } from "kysely";
import { describeError } from "../base/index.ts";
import { DatabaseError } from "./errors.ts";
import { loadMigrations, migrationNames as known } from "./migrations/index.ts";
import type { Schema } from "./schema.ts";

/** Kysely's ledger of the migrations that have run. */
const LEDGER = "kysely_migration";

/** The migrations that have run here, in order. */
async function applied(kysely: Kysely<Schema>): Promise<string[]> {
  if (!(await hasLedger(kysely))) return [];
  const rows = await (kysely as unknown as Kysely<Record<typeof LEDGER, { name: string }>>)
    .selectFrom(LEDGER)
    .select("name")
    .orderBy("name")
    .execute();
  return rows.map((row) => row.name);
}

/** Whether there is a ledger; on Postgres where a statement without a schema would find it. */
async function hasLedger(kysely: Kysely<Schema>): Promise<boolean> {
  const [{ sql }, { isPostgres }] = await Promise.all([import("kysely"), import("./migrations/column-types.ts")]);
  const query = isPostgres(kysely)
    ? sql`select 1 where to_regclass(${LEDGER}) is not null`
    : sql`select 1 from sqlite_schema where type = 'table' and name = ${LEDGER}`;
  return (await query.execute(kysely)).rows.length > 0;
}

/**
 * Reads the ledger, changing nothing.
 *
 * @throws DatabaseError `WX_DB_NEWER` when a migration has run that this version does not know
 */
export async function refuseNewer(kysely: Kysely<Schema>): Promise<void> {
  const unknown = (await applied(kysely)).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new DatabaseError(
    "WX_DB_NEWER",
    `The database was changed by a newer Waxseal: it has the migration ${unknown.join(", ")}, and this version knows up to ${known.at(-1)}. Nothing was touched. Upgrade waxseal, or name another database in DATABASE_URL.`,
  );
}

/**
 * Passes when every migration of this version has run; changes nothing.
 *
 * @throws DatabaseError `WX_DB_BEHIND` when migrations are still to be run, `WX_DB_NEWER`
 * @example
 * await requireMigrated(database);
 */
export async function requireMigrated(database: { kysely: Kysely<Schema> }): Promise<void> {
  await refuseNewer(database.kysely);
  const done = await applied(database.kysely);
  const missing = known.filter((name) => !done.includes(name));
  if (missing.length === 0) return;
  throw new DatabaseError(
    "WX_DB_BEHIND",
    `The database lacks the migration ${missing.join(", ")}. Run \`waxseal migrate\`.`,
  );
}

/**
 * Runs the migrations that have not run yet, all in one transaction.
 *
 * @returns The names of those that ran now; empty when there was nothing to do.
 * @throws DatabaseError `WX_DB_NEWER`, or `WX_DB_MIGRATION` (then the database is as it was)
 * @example
 * await using database = await openDatabase("sqlite:shop.db");
 * const done = await migrate(database);
 */
export async function migrate(database: { kysely: Kysely<Schema> }): Promise<string[]> {
  await refuseNewer(database.kysely);
  const { Migrator } = await import("kysely");
  const migrator = new Migrator({ db: database.kysely, provider: { getMigrations: loadMigrations } });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) {
    const failed = results.find((result) => result.status === "Error")?.migrationName ?? "a migration";
    throw new DatabaseError("WX_DB_MIGRATION", `${failed} failed, and nothing of it remains: ${describeError(error)}`, {
      cause: error,
    });
  }
  return results.map((result) => result.migrationName);
}
