/** What waits, by tenant too, so that each gets his share; what is under way is in neither index of what waits. */
import { type Kysely, sql } from "kysely";
import { isPostgres } from "./column-types.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  const waits = sql`due_at is not null and lease_owner is null`;
  // SQLite looks at a row for what its index does not hold, though the condition says it.
  const end = isPostgres(db) ? sql`` : sql`, lease_owner`;
  await sql`drop index outbox_due`.execute(db);
  await sql`create index outbox_due on outbox_messages (mailer, priority, due_at${end}) where ${waits}`.execute(db);
  await sql`create index outbox_shares on outbox_messages
    (mailer, priority, (coalesce(tenant, '')), due_at${end}) where ${waits}`.execute(db);
}
