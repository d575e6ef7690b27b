/** The SQL of what a person does to messages: cancel, hold, release, send again, close. */
import { sql } from "kysely";
import type { Queryable } from "../../db/index.ts";
import type { DeliveryState, RedriveFilter } from "../types.ts";

/** Word for word the condition of the index `outbox_attention`. */
const NOT_SENT = sql<boolean>`state <> 'sent'`;

/** A message that nobody delivers now. */
export interface IdleMessage {
  id: string;
  mailer: string;
  priority: number;
  group_name: string | null;
  bulk_id: string | null;
  attempts: number;
  due_at: number | null;
  expires_at: number;
  finished_at: number | null;
}

const idleColumns = [
  "id",
  "mailer",
  "priority",
  "group_name",
  "bulk_id",
  "attempts",
  "due_at",
  "expires_at",
  "finished_at",
] as const;

/**
 * The message, unless a worker holds it.
 *
 * On Postgres it stays locked until the transaction ends, so that no worker claims it meanwhile; on SQLite the transaction is
 * the only one that writes.
 */
export async function lockIdle(db: Queryable, id: string, canLock: boolean): Promise<IdleMessage | undefined> {
  const query = db
    .selectFrom("outbox_messages")
    .select(idleColumns)
    .where("id", "=", id)
    .where("lease_owner", "is", null);
  return (canLock ? query.forUpdate() : query).executeTakeFirst();
}

/** Those of a state that nobody delivers, the oldest first; `outbox_attention` serves it. */
export async function listRedrivable(
  db: Queryable,
  { state, mailer, group, limit = 1000 }: RedriveFilter,
): Promise<string[]> {
  let query = db
    .selectFrom("outbox_messages")
    .select("id")
    .where("state", "=", state)
    .where(NOT_SENT)
    .orderBy("id")
    .limit(limit);
  if (mailer !== undefined) query = query.where("mailer", "=", mailer);
  if (group !== undefined) query = query.where("group_name", "=", group);
  return (await query.execute()).map(({ id }) => id);
}

/** Moves the recipients of a message who are in one of `from`; gives their addresses. */
export async function moveRecipients(
  db: Queryable,
  id: string,
  from: readonly DeliveryState[],
  to: { state: DeliveryState; detail?: string },
): Promise<string[]> {
  const rows = await db
    .updateTable("outbox_recipients")
    .set(to)
    .where("message_id", "=", id)
    .where("state", "in", from)
    .returning("address")
    .execute();
  return rows.map(({ address }) => address);
}

/** Sets what follows for a message that nobody delivers. */
export async function place(
  db: Queryable,
  id: string,
  to: {
    state: DeliveryState;
    due_at: number | null;
    finished_at: number | null;
    expires_at?: number;
    forgiven?: number;
  },
): Promise<void> {
  await db
    .updateTable("outbox_messages")
    .set({ ...to, wait: null, takeovers: 0, ...(to.forgiven !== undefined && { unreached: 0 }) })
    .where("id", "=", id)
    .execute();
}

export async function hasBody(db: Queryable, id: string): Promise<boolean> {
  const row = await db.selectFrom("outbox_bodies").select("message_id").where("message_id", "=", id).executeTakeFirst();
  return row !== undefined;
}
