/** What each failed attempt was about, and what to do. */
import type { Kysely } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("outbox_attempts").addColumn("diagnosis", "text").execute();
}
