/** The SQL of bulk mail, one function for each statement. */
import { type Expression, type ExpressionBuilder, type Selectable, sql } from "kysely";
import type { Queryable, Schema } from "../../db/index.ts";
import type { Entry } from "../entry.ts";
import type { DeliveryState } from "../types.ts";

export type BulkRow = Selectable<Schema["outbox_bulks"]>;

/** Rows in one statement: SQLite takes 32,766 parameters, and a message has some thirty columns. */
export const ROWS_AT_ONCE = 500;

export async function findBulk(db: Queryable, name: string): Promise<BulkRow | undefined> {
  return db.selectFrom("outbox_bulks").selectAll().where("name", "=", name).executeTakeFirst();
}

/** Inserts a bulk, unless its name is taken. */
export async function insertBulk(db: Queryable, row: BulkRow): Promise<void> {
  await db
    .insertInto("outbox_bulks")
    .values(row)
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
}

export async function findTemplate(db: Queryable, id: string): Promise<string | undefined> {
  const row = await db.selectFrom("outbox_bulks").select("template").where("id", "=", id).executeTakeFirst();
  return row?.template;
}

/** Those of the bulks that are not running. */
export async function listHalted(db: Queryable, ids: readonly string[]): Promise<{ id: string; state: string }[]> {
  return db
    .selectFrom("outbox_bulks")
    .select(["id", "state"])
    .where("id", "in", ids)
    .where("state", "<>", "running")
    .execute();
}

/**
 * Writes down how far the list was read; false when somebody else has read on, or the bulk does not run.
 *
 * Guarantee: as the first statement of its transaction it locks the bulk until the commit, so that an entry is taken once.
 */
export async function advance(
  db: Queryable,
  { id, taken }: BulkRow,
  to: Pick<BulkRow, "taken" | "list_hash" | "finished_at">,
): Promise<boolean> {
  const result = await db
    .updateTable("outbox_bulks")
    .set(to)
    .where("id", "=", id)
    .where("taken", "=", taken)
    .where("state", "=", "running")
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Counts what became of the entries that were taken. */
export async function setCounters(
  db: Queryable,
  id: string,
  counters: Pick<BulkRow, "queued" | "repeated" | "refused">,
): Promise<void> {
  await db.updateTable("outbox_bulks").set(counters).where("id", "=", id).execute();
}

/** The keys that this bulk did not have yet. */
export async function insertKeys(db: Queryable, bulkId: string, keys: readonly string[]): Promise<Set<string>> {
  const rows = await db
    .insertInto("outbox_bulk_recipients")
    .values(keys.map((key) => ({ bulk_id: bulkId, address_key: key })))
    .onConflict((conflict) => conflict.doNothing())
    .returning("address_key")
    .execute();
  return new Set(rows.map((row) => row.address_key));
}

/** Inserts messages without bodies; those whose idempotency key is taken are left out. Returns the ids of the others. */
export async function insertMessages(db: Queryable, entries: readonly Entry[]): Promise<Set<string>> {
  const inserted = await db
    .insertInto("outbox_messages")
    .values(entries.map(({ message }) => message))
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .execute();
  const ids = new Set(inserted.map(({ id }) => id));
  const rows = entries.flatMap(({ message, addresses }) =>
    ids.has(message.id)
      ? addresses.map((address, position) => ({
          message_id: message.id,
          position,
          address,
          state: "queued",
          detail: "",
        }))
      : [],
  );
  if (rows.length > 0) await db.insertInto("outbox_recipients").values(rows).execute();
  return ids;
}

/** Moves a bulk into a state out of one of others; false when it was in none of them. */
export async function moveBulk(db: Queryable, id: string, from: readonly string[], to: string): Promise<boolean> {
  const result = await db
    .updateTable("outbox_bulks")
    .set({ state: to })
    .where("id", "=", id)
    .where("state", "in", from)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function setSettings(db: Queryable, id: string, settings: string): Promise<void> {
  await db.updateTable("outbox_bulks").set({ settings }).where("id", "=", id).execute();
}

const allStates: readonly Exclude<DeliveryState, "sending">[] = [
  "queued",
  "deferred",
  "sent",
  "failed",
  "unknown",
  "held",
  "cancelled",
  "suppressed",
];

/** How many messages of a bulk are in each state; `outbox_bulk` serves it, one range for each state. */
export async function countByState(db: Queryable, bulkId: string): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom("outbox_messages")
    .select((select) => ["state", select.fn.countAll<number | string>().as("count")])
    .where("state", "in", allStates)
    .where("bulk_id", "=", bulkId)
    .groupBy("state")
    .execute();
  return new Map(rows.map(({ state, count }) => [state, Number(count)]));
}

/** A message that nobody delivers. */
export type IdleMessage = Pick<BulkMessage, "id" | "attempts" | "mailer" | "priority"> & { group: string | null };
type BulkMessage = Selectable<Schema["outbox_messages"]>;

/** Which messages of a bulk. */
export interface IdleChoice {
  states: readonly DeliveryState[];
  /** Only those that stand where they do for this reason. */
  detail?: string | undefined;
  /** None where the bulk does not run. */
  isRunning?: boolean | undefined;
}

/**
 * Some messages of a bulk that nobody delivers; `outbox_bulk` serves it.
 *
 * @param canLock On Postgres they stay locked until the transaction ends, so that no worker claims one meanwhile.
 */
export async function listIdle(
  db: Queryable,
  bulkId: string,
  { states, detail, isRunning = false, limit, canLock }: IdleChoice & { limit: number; canLock: boolean },
): Promise<IdleMessage[]> {
  const query = db
    .selectFrom("outbox_messages")
    .select(["id", "attempts", "mailer", "priority", "group_name as group"])
    .where("state", "in", states)
    .where("bulk_id", "=", bulkId)
    .where("lease_owner", "is", null)
    .$if(detail !== undefined, (some) => some.where((where) => where.exists(recipientsWith(where, detail ?? ""))))
    .$if(isRunning, (some) => some.where((where) => where.exists(runningBulk(where, bulkId))))
    .limit(limit);
  return (canLock ? query.forUpdate().skipLocked() : query).execute();
}

type WhereMessage = ExpressionBuilder<Schema, "outbox_messages">;

function recipientsWith({ selectFrom }: WhereMessage, detail: string): Expression<unknown> {
  return selectFrom("outbox_recipients")
    .select("outbox_recipients.message_id")
    .whereRef("outbox_recipients.message_id", "=", "outbox_messages.id")
    .where("outbox_recipients.detail", "=", detail);
}

function runningBulk({ selectFrom }: WhereMessage, bulkId: string): Expression<unknown> {
  return selectFrom("outbox_bulks")
    .select("outbox_bulks.id")
    .where("outbox_bulks.id", "=", bulkId)
    .where("outbox_bulks.state", "=", "running");
}

/** Ends messages, or lets them wait for a person. */
export async function halt(
  db: Queryable,
  ids: readonly string[],
  to: { state: "held" | "cancelled"; finishedAt: number | null; detail: string },
): Promise<void> {
  await db
    .updateTable("outbox_messages")
    .set({ state: to.state, due_at: null, wait: null, finished_at: to.finishedAt })
    .where("id", "in", ids)
    .execute();
  await db
    .updateTable("outbox_recipients")
    .set({ state: to.state, detail: to.detail })
    .where("message_id", "in", ids)
    .where("state", "in", ["queued", "deferred", "held"])
    .execute();
}

/** Lets held messages wait for their turn again. */
export async function letGo(
  db: Queryable,
  ids: readonly string[],
  to: { state: "queued" | "deferred"; dueAt: number; expiresAt: number },
): Promise<void> {
  await db
    .updateTable("outbox_messages")
    .set({ state: to.state, due_at: to.dueAt, expires_at: to.expiresAt, finished_at: null, wait: null })
    .where("id", "in", ids)
    .execute();
  await db
    .updateTable("outbox_recipients")
    .set({ state: to.state, detail: "" })
    .where("message_id", "in", ids)
    .where("state", "=", "held")
    .execute();
}

export async function listBulks(db: Queryable, limit: number): Promise<BulkRow[]> {
  return db.selectFrom("outbox_bulks").selectAll().orderBy(sql.ref("created_at"), "desc").limit(limit).execute();
}
