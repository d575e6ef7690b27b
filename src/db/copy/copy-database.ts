/** Moves everything to another database: all of it, checked, or nothing. */
import type { Database } from "../database.ts";
import { DatabaseError } from "../errors.ts";
import { migrate, requireMigrated } from "../migrate.ts";
import type { Schema, Transaction } from "../schema.ts";
import { copiedTables } from "./copied-tables.ts";
import { readRows } from "./read-rows.ts";
import { TableHash } from "./table-hash.ts";

/** What was copied of one table, and found again in the target. */
export interface CopiedTable {
  table: keyof Schema;
  rows: number;
  /** SHA-256 of its rows, added up: the same in both databases. */
  hash: string;
}

/** How a database is copied. */
export interface CopyOptions {
  /** Copy although a worker is sending: what it has under way may be sent twice. Default false. */
  force?: boolean;
  /** Told after each batch. */
  onProgress?: (progress: { table: keyof Schema; rows: number }) => void;
  /** The time, in milliseconds since 1970. */
  now?: number;
}

/**
 * Copies every table into an empty database, whose tables it makes.
 *
 * The source is locked against writing meanwhile, and not changed. All that is written to the target is one
 * transaction, committed after every table was read back and compared by its count and its hash; where anything fails,
 * the target's tables are there and empty.
 *
 * @throws DatabaseError `WX_DB_COPY`, with what to do; `WX_DB_BEHIND` for a source that is; `WX_DB_FULL` and the like
 * @example
 * await using source = await openDatabase("sqlite:.waxseal/waxseal.db");
 * await using target = await openDatabase("postgres://waxseal:secret@db:5432/waxseal");
 * const tables = await copyDatabase(source, target);
 */
export async function copyDatabase(
  source: Database,
  target: Database,
  options: CopyOptions = {},
): Promise<CopiedTable[]> {
  await requireMigrated(source);
  await requireOurs(target);
  await migrate(target);
  return source.kysely.transaction().execute(async (from) => {
    await lockForReading(from, source.dialect);
    await refuseNul(from, source.dialect);
    if (options.force !== true) await requireIdle(from, options.now ?? Date.now());
    return target.kysely.transaction().execute(async (to) => {
      await requireEmpty(to);
      const copied: CopiedTable[] = [];
      for (const table of copiedTables) {
        const sent = new TableHash();
        for await (const rows of readRows(from, source.dialect, table)) {
          await to
            .insertInto(table)
            .values(rows as never)
            .execute(); // each row fits the table that it is of
          for (const row of rows) sent.add(row);
          options.onProgress?.({ table, rows: sent.rows });
        }
        copied.push({ table, rows: sent.rows, hash: sent.digest() });
      }
      for (const table of copied) await requireSame(to, target.dialect, table);
      return copied;
    });
  });
}

/** @throws DatabaseError `WX_DB_COPY` when tables of our names are there that no migration of ours made */
async function requireOurs(target: Database): Promise<void> {
  const { sql } = await import("kysely");
  const names = (await target.kysely.introspection.getTables({ withInternalKyselyTables: true })).map(
    ({ name }) => name,
  );
  if (names.includes("kysely_migration")) {
    const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(target.kysely);
    if (rows.some((row) => row.name === "0001-initial")) return;
  }
  const taken = copiedTables.filter((table) => names.includes(table));
  if (taken.length === 0) return;
  throw refused(`it has a table ${taken.join(", ")} that is not Waxseal's. Make a database of its own for Waxseal`);
}

async function requireEmpty(target: Transaction): Promise<void> {
  for (const table of copiedTables) {
    const row = await target.selectFrom(table).selectAll().limit(1).executeTakeFirst();
    if (row !== undefined) throw refused(`its table ${table} is not empty. Name an empty database`);
  }
}

/** Nothing may be written that is not copied. SQLite's transaction holds the lock from its start. */
async function lockForReading(source: Transaction, dialect: Database["dialect"]): Promise<void> {
  if (dialect === "sqlite") return;
  const { sql } = await import("kysely");
  const tables = sql.join(copiedTables.map((table) => sql.table(table)));
  await sql`lock table ${tables} in share mode`.execute(source);
}

/** @throws DatabaseError `WX_DB_COPY` while a worker holds a lease: the target's workers would send the same again */
async function requireIdle(source: Transaction, now: number): Promise<void> {
  for (const table of ["outbox_messages", "outbox_webhook_calls"] as const) {
    const held = await source
      .selectFrom(table)
      .select(["lease_owner", "due_at"])
      .where("lease_owner", "is not", null)
      .where("due_at", ">", now)
      .limit(1)
      .executeTakeFirst();
    if (held === undefined) continue;
    throw new DatabaseError(
      "WX_DB_COPY",
      `The worker ${held.lease_owner} is still sending, until ${new Date(held.due_at ?? now).toISOString()} at the longest. Stop every process that uses the old database, and run this again once that time has passed; or say --force, and what is under way may be sent twice.`,
    );
  }
}

/**
 * Postgres cannot hold U+0000 in a text, and not every driver reads all of one from SQLite.
 *
 * @throws DatabaseError `WX_DB_COPY`, which names the row
 */
async function refuseNul(source: Transaction, dialect: Database["dialect"]): Promise<void> {
  if (dialect === "postgres") return;
  const { sql } = await import("kysely");
  for (const { name, columns } of await source.introspection.getTables()) {
    const texts = columns.filter((column) => /^text$/i.test(column.dataType)).map((column) => column.name);
    const [key] = columns;
    if (key === undefined || texts.length === 0) continue;
    const findings = texts.map((text) => sql`when instr(${sql.ref(text)}, char(0)) > 0 then ${sql.lit(text)}`);
    const finding = sql`case ${sql.join(findings, sql` `)} end`;
    const { rows } = await sql<{ found: string; id: unknown }>`
      select ${finding} as found, ${sql.ref(key.name)} as id from ${sql.table(name)} where ${finding} is not null limit 1`.execute(
      source,
    );
    const [row] = rows;
    if (row === undefined) continue;
    throw refused(
      `the column ${row.found} of ${name} holds U+0000, which no text of Postgres can, in the row whose ${key.name} is ${JSON.stringify(row.id)}. Correct or delete that row`,
    );
  }
}

async function requireSame(target: Transaction, dialect: Database["dialect"], sent: CopiedTable): Promise<void> {
  const found = new TableHash();
  for await (const rows of readRows(target, dialect, sent.table)) for (const row of rows) found.add(row);
  if (found.rows === sent.rows && found.digest() === sent.hash) return;
  throw refused(
    `of the ${sent.rows} rows of ${sent.table}, it gives back ${found.rows}${found.rows === sent.rows ? ", and not the same" : ""}. Look for triggers or rules on its tables`,
  );
}

function refused(why: string): DatabaseError {
  return new DatabaseError("WX_DB_COPY", `The copy was not made, and nothing of it remains: ${why}.`);
}
