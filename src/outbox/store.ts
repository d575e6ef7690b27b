/** The outbox's SQL, one function for each statement. */
import type { Queryable } from "../db/index.ts";
import type { Entry } from "./entry.ts";
import type { AttemptRow, MessageRow, RecipientRow } from "./rows.ts";
import type { OutboxAttempt, OutboxRecipient } from "./types.ts";

export type { AttemptRow, MessageRow, RecipientRow } from "./rows.ts";

export async function findBody(db: Queryable, id: string): Promise<Uint8Array | undefined> {
  const row = await db.selectFrom("outbox_bodies").select("bytes").where("message_id", "=", id).executeTakeFirst();
  return row?.bytes;
}

/** False where its id or its idempotency key is there already; then nothing is written, and a Postgres transaction goes on. */
export async function insertEntry(db: Queryable, { message, addresses, bytes }: Entry): Promise<boolean> {
  const inserted = await db
    .insertInto("outbox_messages")
    .values(message)
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .executeTakeFirst();
  if (inserted === undefined) return false;
  if (bytes !== undefined) await db.insertInto("outbox_bodies").values({ message_id: message.id, bytes }).execute();
  const rows = addresses.map((address, position) => ({
    message_id: message.id,
    position,
    address,
    state: "queued",
    detail: "",
  }));
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    await db
      .insertInto("outbox_recipients")
      .values(rows.slice(from, from + ROWS_AT_ONCE))
      .execute();
  }
  return true;
}

/** A statement of SQLite takes 32,766 parameters. */
const ROWS_AT_ONCE = 1000;

/** The message that has this idempotency key. */
export async function findByKey(
  db: Queryable,
  key: string,
): Promise<{ id: string; content_hash: string | null } | undefined> {
  return db
    .selectFrom("outbox_messages")
    .select(["id", "content_hash"])
    .where("idempotency_key", "=", key)
    .executeTakeFirst();
}

/**
 * Takes the lease of messages that are due and that nobody holds.
 *
 * Guarantee: one statement reads and writes, so two workers never get the same message.
 */
export async function claimDue(
  db: Queryable,
  lease: { owner: string; now: number; until: number; limit: number },
): Promise<string[]> {
  const rows = await db
    .updateTable("outbox_messages")
    .set({ lease_owner: lease.owner, due_at: lease.until })
    .where("id", "in", (inner) =>
      inner
        .selectFrom("outbox_messages")
        .select("id")
        .where("due_at", "<=", lease.now)
        .orderBy("priority")
        .orderBy("due_at")
        .limit(lease.limit),
    )
    .returning("id")
    .execute();
  return rows.map((row) => row.id);
}

/** When the next message can be claimed: due, or with its lease run out. */
export async function nextClaimableAt(db: Queryable): Promise<number | undefined> {
  const row = await db
    .selectFrom("outbox_messages")
    .select((select) => select.fn.min<number | null>("due_at").as("at"))
    .where("due_at", "is not", null)
    .executeTakeFirst();
  return row?.at ?? undefined;
}

/** Prolongs a lease; false when it is no longer this owner's. */
export async function renewLease(db: Queryable, id: string, owner: string, until: number): Promise<boolean> {
  const result = await db
    .updateTable("outbox_messages")
    .set({ due_at: until })
    .where("id", "=", id)
    .where("lease_owner", "=", owner)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Gives a lease back with nothing done, so that the message can be claimed again at once. */
export async function releaseLease(db: Queryable, id: string, owner: string, now: number): Promise<void> {
  await db
    .updateTable("outbox_messages")
    .set({ lease_owner: null, due_at: now })
    .where("id", "=", id)
    .where("lease_owner", "=", owner)
    .execute();
}

/** Ends an attempt: gives the lease back and sets what is due next; false when the lease was no longer this owner's. */
export async function settle(
  db: Queryable,
  id: string,
  owner: string,
  to: { attempts: number; dueAt: number | null; state: string; finishedAt: number | null },
): Promise<boolean> {
  const result = await db
    .updateTable("outbox_messages")
    .set({
      attempts: to.attempts,
      due_at: to.dueAt,
      lease_owner: null,
      state: to.state,
      finished_at: to.finishedAt,
    })
    .where("id", "=", id)
    .where("lease_owner", "=", owner)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function updateRecipient(db: Queryable, messageId: string, recipient: OutboxRecipient): Promise<void> {
  await db
    .updateTable("outbox_recipients")
    .set({ state: recipient.state, detail: recipient.detail })
    .where("message_id", "=", messageId)
    .where("address", "=", recipient.address)
    .execute();
}

export async function insertAttempt(db: Queryable, id: string, number: number, attempt: OutboxAttempt): Promise<void> {
  const { enhancedCode, diagnosis, ...columns } = attempt;
  const explained = diagnosis === undefined ? null : JSON.stringify(diagnosis);
  await db
    .insertInto("outbox_attempts")
    .values({ message_id: id, number, enhanced_code: enhancedCode, diagnosis: explained, ...columns })
    .execute();
}

export async function findMessage(db: Queryable, id: string): Promise<MessageRow | undefined> {
  return db.selectFrom("outbox_messages").selectAll().where("id", "=", id).executeTakeFirst();
}

export async function listRecipients(db: Queryable, messageIds: readonly string[]): Promise<RecipientRow[]> {
  if (messageIds.length === 0) return [];
  return db
    .selectFrom("outbox_recipients")
    .selectAll()
    .where("message_id", "in", messageIds)
    .orderBy("message_id")
    .orderBy("position")
    .execute();
}

export async function listAttempts(db: Queryable, messageId: string): Promise<AttemptRow[]> {
  return db.selectFrom("outbox_attempts").selectAll().where("message_id", "=", messageId).orderBy("number").execute();
}
