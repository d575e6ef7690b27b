/** Finds messages whose jobs are missing: moved here from SQLite, enqueued under another engine, or announced too early. */
import { sql } from "kysely";
import type { Queryable } from "../../../db/index.ts";
import type { DueMessage } from "../../engine.ts";
import { QUEUE } from "./job-queue.ts";

/** How many are found at once. */
export const PAGE = 1000;
/** What is due for less is about to be handed out, in milliseconds. */
const GRACE_MS = 30_000;

/** Clocks differ by less, in milliseconds. */
const MOMENT_MS = 1000;
const NOW = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

/**
 * A page of messages that nobody holds, that are due for a while, and for which no job is ready. `outbox_due` serves it,
 * and an index of pg-boss over the keys of what waits.
 *
 * @param from The last message of the page before, whose messages have their jobs by now.
 */
export async function findWithoutJob(
  db: Queryable,
  schema: string,
  from: DueMessage | undefined,
): Promise<DueMessage[]> {
  const ready = sql`select from ${sql.table(`${schema}.job`)} j
    where j.name = ${QUEUE} and j.singleton_key = outbox_messages.id and j.state < 'active'
      and (j.state = 'retry' or j.start_after <= clock_timestamp())`;
  let query = db
    .selectFrom("outbox_messages")
    .select((row) => ["id", row.ref("due_at").$notNull().as("dueAt"), "priority", "mailer", "group_name as group"])
    .where("due_at", "<=", sql<number>`${NOW} - ${GRACE_MS}`)
    .where("lease_owner", "is", null)
    .where(sql<boolean>`not exists (${ready})`);
  if (from !== undefined) {
    const { mailer, priority, dueAt } = from;
    query = query.where(sql<boolean>`(mailer, priority, due_at) >= (${mailer}, ${priority}, ${dueAt})`);
  }
  return query.orderBy("mailer").orderBy("priority").orderBy("due_at").limit(PAGE).execute();
}

/**
 * Those of these messages that wait, to be looked at again when they are due: of who is held by a worker, when that
 * lease ends; and not before a moment has passed, since they have just been refused.
 */
export async function stillWaiting(db: Queryable, ids: readonly string[]): Promise<DueMessage[]> {
  return db
    .selectFrom("outbox_messages")
    .select(["id", "priority", "mailer", "group_name as group"])
    .select(sql<number>`greatest(due_at, ${NOW} + ${MOMENT_MS})`.as("dueAt"))
    .where("id", "in", ids)
    .where("due_at", "is not", null)
    .execute();
}
