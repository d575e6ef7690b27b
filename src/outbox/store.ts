/** The outbox's SQL, one function for each statement. */
import type { Queryable } from "../db/index.ts";
import type { Entry } from "./entry.ts";
import type { AttemptRow, MessageRow, RecipientRow } from "./rows.ts";

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
