/** The SQL that takes a lease from a worker who is dead. */
import type { Queryable } from "../../db/index.ts";
import type { MessageRow } from "../rows.ts";
import type { Abandoned } from "./hot.ts";

/** Guarantee: only the lease that was seen to run out is taken, not one that was renewed or given anew since. */
export async function takeLease(
  tx: Queryable,
  { id, lease_owner: lastOwner, due_at: ranOutAt }: Abandoned,
  owner: string,
  until: number,
): Promise<MessageRow | undefined> {
  return tx
    .updateTable("outbox_messages")
    .set((old) => ({ lease_owner: owner, due_at: until, takeovers: old("takeovers", "+", 1) }))
    .where("id", "=", id)
    .where("lease_owner", "=", lastOwner)
    .where("due_at", "=", ranOutAt)
    .returningAll()
    .executeTakeFirst();
}
