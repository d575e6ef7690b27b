/** The SQL of lists: pages of messages, newest first, each served by an index. */
import { sql } from "kysely";
import type { Queryable } from "../../db/index.ts";
import type { MessageRow } from "../rows.ts";
import type { ListOptions } from "../types.ts";

/** Word for word the condition of the index `outbox_attention`. */
const NOT_SENT = sql<boolean>`state <> 'sent'`;

/** No index has this, so SQLite sorts the few that are being sent, rather than walk along the key in search of them. */
const ID_TO_SORT = sql<string>`coalesce(id, '')`;

/** A part of the outbox, by the ids of its messages: from the first on, up to but not with the second. */
export interface IdRange {
  from?: string | undefined;
  to?: string | undefined;
}

/** Recipients that one look of a walk goes through: some milliseconds. */
const STRIDE = 20_000;

/**
 * The messages of a recipient on SQLite, which has no index for that: walked through along the key, newest first, with a
 * rest for others after each stretch.
 */
export async function walkToRecipient(
  db: Queryable,
  options: ListOptions & { recipient: string },
): Promise<MessageRow[]> {
  const { limit = 100 } = options;
  const found: MessageRow[] = [];
  for (let to = options.before; ;) {
    const from = await startOfStretch(db, to);
    found.push(...(await listMessages(db, { ...options, limit: limit - found.length }, { from, to })));
    if (found.length >= limit || from === undefined) return found;
    to = from;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Index: the primary key. */
async function startOfStretch(db: Queryable, before: string | undefined): Promise<string | undefined> {
  const row = await db
    .selectFrom("outbox_recipients")
    .select("message_id")
    .$if(before !== undefined, (query) => query.where("message_id", "<", before ?? ""))
    .orderBy("message_id", "desc")
    .offset(STRIDE)
    .limit(1)
    .executeTakeFirst();
  return row?.message_id;
}

/**
 * One page, newest first.
 *
 * By recipient `outbox_recipients_by_address` serves it on Postgres, and the key within a range on SQLite, by group `outbox_groups`, by state `outbox_attention` (whose
 * condition must stand in the statement word for word) or `outbox_leases`, else the key.
 */
export async function listMessages(
  db: Queryable,
  { state, mailer, group, recipient, before, limit = 100 }: ListOptions,
  { from, to }: IdRange = {},
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
    query = query.where("id", "in", (inner) => {
      let of = inner.selectFrom("outbox_recipients").select("message_id").where("address", "=", recipient);
      if (from !== undefined) of = of.where("message_id", ">=", from);
      if (to !== undefined) of = of.where("message_id", "<", to);
      return of;
    });
  }
  return query.execute();
}
