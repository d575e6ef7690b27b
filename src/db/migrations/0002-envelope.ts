/** What an envelope asks of the servers, and what the application keeps with a message. */
import type { Kysely } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("outbox_messages").addColumn("envelope_extras", "text").execute();
}
