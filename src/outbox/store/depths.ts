/** The SQL of how much is due; served by `outbox_due`. */
import type { Queryable } from "../../db/index.ts";

/** More are not counted. */
export const MOST_COUNTED = 10_000;

/** How many messages of a mailer and priority are due that nobody delivers, and since when the oldest of them. */
export async function laneDepth(
  db: Queryable,
  lane: { mailer: string; priority: number; now: number },
): Promise<{ count: number; oldest: number | undefined }> {
  const row = await db
    .selectFrom((inner) =>
      inner
        .selectFrom("outbox_messages")
        .select("due_at")
        .where("mailer", "=", lane.mailer)
        .where("priority", "=", lane.priority)
        .where("due_at", "<=", lane.now)
        .where("lease_owner", "is", null)
        .orderBy("due_at")
        .limit(MOST_COUNTED)
        .as("due"),
    )
    .select((select) => [select.fn.countAll<number>().as("count"), select.fn.min<number | null>("due_at").as("oldest")])
    .executeTakeFirstOrThrow();
  return { count: Number(row.count), oldest: row.oldest === null ? undefined : Number(row.oldest) };
}
