/** The SQL that gives a message back which the limits do not let go yet. */
import type { Queryable } from "../../db/index.ts";

/** Ends a lease of this very transaction; `wait` is the JSON of why. */
export async function putBack(tx: Queryable, id: string, dueAt: number, wait: string): Promise<void> {
  await tx
    .updateTable("outbox_messages")
    .set({ lease_owner: null, due_at: dueAt, wait })
    .where("id", "=", id)
    .execute();
}
