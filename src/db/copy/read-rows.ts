/** All rows of a table, batch by batch, so that a big one needs no more memory than a small one. */
import type { Transaction } from "../schema.ts";
import type { Schema } from "../schema.ts";
import type { Row } from "./table-hash.ts";

/** Rows at a time; those with whole messages in them are few. */
const BATCH = { plain: 500, bytes: 16 };
const withBytes: ReadonlySet<keyof Schema> = new Set(["outbox_bodies", "inbox_messages"]);

/** Reads in the transaction, which no other statement may use until this has ended. */
export async function* readRows(
  tx: Transaction,
  dialect: "sqlite" | "postgres",
  table: keyof Schema,
): AsyncGenerator<Row[]> {
  const size = withBytes.has(table) ? BATCH.bytes : BATCH.plain;
  yield* dialect === "postgres" ? fetchRows(tx, table, size) : streamRows(tx, table, size);
}

async function* streamRows(tx: Transaction, table: keyof Schema, size: number): AsyncGenerator<Row[]> {
  let batch: Row[] = [];
  for await (const row of tx.selectFrom(table).selectAll().stream()) {
    batch.push(row as unknown as Row);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function* fetchRows(tx: Transaction, table: keyof Schema, size: number): AsyncGenerator<Row[]> {
  const { sql } = await import("kysely");
  await sql`declare waxseal_copy no scroll cursor for select * from ${sql.table(table)}`.execute(tx);
  try {
    for (;;) {
      const { rows } = await sql<Row>`fetch ${sql.lit(size)} from waxseal_copy`.execute(tx);
      if (rows.length === 0) return;
      yield rows;
    }
  } finally {
    await sql`close waxseal_copy`.execute(tx);
  }
}
