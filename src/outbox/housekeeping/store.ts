/**
 * The SQL of housekeeping, one function for each statement. What is to be deleted is looked up first and deleted by its keys,
 * since Postgres may read the whole table for a `delete ... where id in (select ...)`.
 */
import { sql } from "kysely";
import type { Queryable, Schema } from "../../db/index.ts";

/** A place among the finished messages of one state. */
export type Finished = Pick<Schema["outbox_messages"], "id"> & { finished_at: number };

/** What one step may delete. */
export interface Batch {
  before: number;
  limit: number;
  /** Postgres: lock the messages, so that none is sent again meanwhile; SQLite has one writer as it is. */
  locks: boolean;
}

/** The ids of the oldest messages of a state. Index: `outbox_finished`. */
export async function selectMessages(db: Queryable, state: string, { before, limit, locks }: Batch): Promise<string[]> {
  const rows = await db
    .selectFrom("outbox_messages")
    .select("id")
    .where("state", "=", state)
    .where("finished_at", "<", before)
    .orderBy("finished_at")
    .limit(limit)
    .$if(locks, (query) => query.forUpdate().skipLocked())
    .execute();
  return rows.map(({ id }) => id);
}

/** On Postgres no cascade does this: see the migration. */
const PARTS = ["outbox_bodies", "outbox_recipients", "outbox_attempts"] as const;

/** Deletes messages and all that belongs to them. Index: the primary keys. */
export async function deleteMessages(db: Queryable, ids: readonly string[]): Promise<void> {
  for (const table of PARTS) await db.deleteFrom(table).where("message_id", "in", ids).execute();
  await db.deleteFrom("outbox_messages").where("id", "in", ids).execute();
}

/** The messages of a state behind a place, the oldest first. Index: `outbox_finished`. */
export function selectFinished(db: Queryable, state: string, after: Finished, batch: Batch): Promise<Finished[]> {
  return db
    .selectFrom("outbox_messages")
    .select(["id", (eb) => eb.ref("finished_at").$notNull().as("finished_at")])
    .where("state", "=", state)
    .where("finished_at", ">=", after.finished_at)
    .where("finished_at", "<", batch.before)
    .where((eb) => eb(eb.refTuple("finished_at", "id"), ">", eb.tuple(after.finished_at, after.id)))
    .orderBy("finished_at")
    .orderBy("id")
    .limit(batch.limit)
    .$if(batch.locks, (query) => query.forUpdate().skipLocked())
    .execute();
}

/** Deletes the bodies of messages. Index: the primary key. */
export async function deleteBodies(db: Queryable, ids: readonly string[]): Promise<number> {
  const result = await db.deleteFrom("outbox_bodies").where("message_id", "in", ids).executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Deletes what a bulk's template is filled in with. Index: the primary key. */
export async function wipeVariables(db: Queryable, ids: readonly string[]): Promise<number> {
  const result = await db
    .updateTable("outbox_messages")
    .set({ variables: null })
    .where("id", "in", ids)
    .where("variables", "is not", null)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}

/** The ids of the oldest reports. Index: `outbox_bounces_by_time`. */
export async function selectBounces(db: Queryable, { before, limit }: Batch): Promise<string[]> {
  const rows = await db
    .selectFrom("outbox_bounces")
    .select("id")
    .where("at", "<", before)
    .orderBy("at")
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** Index: the primary key. */
export async function deleteBounces(db: Queryable, ids: readonly string[]): Promise<void> {
  await db.deleteFrom("outbox_bounces").where("id", "in", ids).execute();
}

/** The ids of the calls that were done with first. Index: `outbox_webhook_calls_finished`. */
export async function selectWebhookCalls(db: Queryable, { before, limit }: Batch): Promise<string[]> {
  const rows = await db
    .selectFrom("outbox_webhook_calls")
    .select("id")
    .where("finished_at", "<", before)
    .orderBy("finished_at")
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

/** Index: the primary key. */
export async function deleteWebhookCalls(db: Queryable, ids: readonly string[]): Promise<void> {
  await db.deleteFrom("outbox_webhook_calls").where("id", "in", ids).execute();
}

/** The addresses whose suppressions ended first. Index: `outbox_suppressions_ending`. */
export async function selectEndedSuppressions(db: Queryable, { before, limit }: Batch): Promise<string[]> {
  const rows = await db
    .selectFrom("outbox_suppressions")
    .select("address_key")
    .where("expires_at", "<", before)
    .orderBy("expires_at")
    .limit(limit)
    .execute();
  return rows.map(({ address_key: key }) => key);
}

/** Deletes what has ended of these addresses. Index: the primary key. */
export async function deleteEndedSuppressions(db: Queryable, keys: readonly string[], before: number): Promise<void> {
  await db
    .deleteFrom("outbox_suppressions")
    .where("address_key", "in", keys)
    .where("expires_at", "<", before)
    .execute();
}

/**
 * A bulk whose list was read long ago, and that no message needs any more: one that waits, at a slow pace or on hold, is
 * rendered from its template. There are few bulks: they are looked through. Index: `outbox_bulk`.
 */
export async function findOldBulk(db: Queryable, before: number): Promise<string | undefined> {
  const row = await db
    .selectFrom("outbox_bulks")
    .select("id")
    .where("finished_at", "<", before)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom("outbox_messages")
            .select("outbox_messages.id")
            .where("outbox_messages.state", "in", ["queued", "deferred", "held", "unknown"])
            .whereRef("outbox_messages.bulk_id", "=", "outbox_bulks.id"),
        ),
      ),
    )
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

/** Some of those whom a bulk was sent to. Index: the primary key. */
export async function selectBulkRecipients(db: Queryable, bulkId: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom("outbox_bulk_recipients")
    .select("address_key")
    .where("bulk_id", "=", bulkId)
    .orderBy("address_key")
    .limit(limit)
    .execute();
  return rows.map(({ address_key: key }) => key);
}

/** Index: the primary key. */
export async function deleteBulkRecipients(db: Queryable, bulkId: string, keys: readonly string[]): Promise<void> {
  await db
    .deleteFrom("outbox_bulk_recipients")
    .where("bulk_id", "=", bulkId)
    .where("address_key", "in", keys)
    .execute();
}

export async function deleteBulk(db: Queryable, bulkId: string): Promise<void> {
  await db.deleteFrom("outbox_bulks").where("id", "=", bulkId).execute();
}

/**
 * Puts off the next run, if it is due.
 *
 * Guarantee: one statement reads and writes, so of several workers one gets the run.
 *
 * @param times In digits of one length, so that they compare as texts: now, the next run, and the latest that can be right.
 */
export async function takeRun(
  db: Queryable,
  name: string,
  times: { now: string; next: string; latest: string },
): Promise<boolean> {
  const taken = await db
    .insertInto("outbox_marks")
    .values({ name, value: times.next })
    .onConflict((conflict) =>
      conflict
        .column("name")
        .doUpdateSet({ value: times.next })
        .where((eb) => eb.or([eb("outbox_marks.value", "<=", times.now), eb("outbox_marks.value", ">", times.latest)])),
    )
    .returning("name")
    .executeTakeFirst();
  return taken !== undefined;
}

/** The size of a SQLite file, in bytes. */
export async function sqliteBytes(db: Queryable): Promise<number> {
  const pages = await sql<{ page_count: number }>`pragma page_count`.execute(db);
  const size = await sql<{ page_size: number }>`pragma page_size`.execute(db);
  return Number(pages.rows[0]?.page_count) * Number(size.rows[0]?.page_size);
}
