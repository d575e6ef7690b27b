/** The SQL of bounces, one function for each statement. */
import { sql } from "kysely";
import type { Queryable, Schema } from "../../db/index.ts";
import type { MessageRow } from "../store.ts";

export type BounceRow = Schema["outbox_bounces"];
export type StandingRow = Pick<Schema["outbox_recipients"], "position" | "address" | "state">;

/** Messages under these Message-IDs, in the order of these. Index: outbox_by_message_id. */
export async function findByMessageIds(db: Queryable, messageIds: readonly string[]): Promise<string[]> {
  if (messageIds.length === 0) return [];
  const rows = await db
    .selectFrom("outbox_messages")
    .select(["id", "message_id"])
    .where("message_id", "in", messageIds)
    .orderBy("id")
    .limit(20)
    .execute();
  const place = ({ message_id }: { message_id: string }): number => messageIds.indexOf(message_id);
  return rows.toSorted((one, other) => place(one) - place(other)).map(({ id }) => id);
}

/** Messages that a provider took under this id, which is all it answered. Index: outbox_attempts_by_receipt. */
export async function findByProviderId(db: Queryable, providerId: string): Promise<string[]> {
  const rows = await db
    .selectFrom("outbox_attempts")
    .select("message_id")
    .where("text", "=", providerId)
    // As the index has it, word for word: else it is not used.
    .where(sql<boolean>`outcome = 'sent' and code = 0 and length(text) <= 200`)
    .limit(20)
    .execute();
  return rows.map(({ message_id }) => message_id);
}

/**
 * The message, which nobody else changes until the transaction ends; undefined where there is none.
 *
 * An update that changes nothing is a row lock in both dialects.
 */
export async function lockMessage(db: Queryable, id: string): Promise<MessageRow | undefined> {
  return db
    .updateTable("outbox_messages")
    .set((set) => ({ attempts: set.ref("attempts") }))
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

/** Its recipients in order. Index: the primary key. */
export async function listStanding(db: Queryable, id: string): Promise<StandingRow[]> {
  return db
    .selectFrom("outbox_recipients")
    .select(["position", "address", "state"])
    .where("message_id", "=", id)
    .orderBy("position")
    .execute();
}

/** False when it is there already. Index: that of the unique fingerprint. */
export async function insertBounce(db: Queryable, row: BounceRow): Promise<boolean> {
  const result = await db
    .insertInto("outbox_bounces")
    .values(row)
    .onConflict((conflict) => conflict.column("fingerprint").doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function setRecipientState(
  db: Queryable,
  at: { id: string; position: number },
  to: { state: string; detail: string },
): Promise<void> {
  await db
    .updateTable("outbox_recipients")
    .set(to)
    .where("message_id", "=", at.id)
    .where("position", "=", at.position)
    .execute();
}

export async function setMessageState(db: Queryable, id: string, state: string): Promise<void> {
  await db.updateTable("outbox_messages").set({ state }).where("id", "=", id).execute();
}

/** What came back of one message, oldest first. Index: outbox_bounces_by_message. */
export async function listOfMessage(db: Queryable, id: string): Promise<BounceRow[]> {
  return db.selectFrom("outbox_bounces").selectAll().where("message_id", "=", id).orderBy("at").orderBy("id").execute();
}

/** The latest that came back of any. Index: outbox_bounces_by_time. */
export async function listLatest(db: Queryable, limit: number): Promise<BounceRow[]> {
  return db.selectFrom("outbox_bounces").selectAll().orderBy("at", "desc").limit(limit).execute();
}
