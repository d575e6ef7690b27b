/** The SQL of lists: pages of messages, newest first, each served by an index. */
import { sql } from "kysely";
import type { Queryable } from "../../db/index.ts";
import type { MessageRow } from "../rows.ts";
import type { ListOptions } from "../types.ts";

/** Word for word the condition of the index `outbox_attention`. */
const NOT_SENT = sql<boolean>`state <> 'sent'`;

/** No index has this, so SQLite sorts the few that are being sent, rather than walk along the key in search of them. */
const ID_TO_SORT = sql<string>`coalesce(id, '')`;

/**
 * One page, newest first.
 *
 * By recipient `outbox_recipients_by_address` serves it, by group `outbox_groups`, by state `outbox_attention` (whose
 * condition must stand in the statement word for word) or `outbox_leases`, else the key.
 */
export async function listMessages(
  db: Queryable,
  { state, mailer, group, recipient, before, limit = 100 }: ListOptions,
): Promise<MessageRow[]> {
  const order = state === "sending" ? ID_TO_SORT : sql.ref<string>("id");
  let query = db.selectFrom("outbox_messages").selectAll().orderBy(order, "desc").limit(limit);
  if (before !== undefined) query = query.where("id", "<", before);
  if (mailer !== undefined) query = query.where("mailer", "=", mailer);
  if (group !== undefined) query = query.where("group_name", "=", group);
  if (state === "sending") query = query.where("lease_owner", "is not", null).where("due_at", "is not", null);
  else if (state !== undefined) query = query.where("state", "=", state);
  if (state === "queued" || state === "deferred") query = query.where("lease_owner", "is", null);
  if (state !== undefined && state !== "sent" && state !== "sending") {
    query = query.where(NOT_SENT);
  }
  if (recipient !== undefined) {
    query = query.where("id", "in", (inner) =>
      inner.selectFrom("outbox_recipients").select("message_id").where("address", "=", recipient),
    );
  }
  return query.execute();
}
