/** The durable queue: bodies beside the messages, what orders and limits them, and all that comes back of them. */
import { type ColumnDefinitionBuilder, type Kysely, sql } from "kysely";
import { bytesType, inKeyOrder, isPostgres, keyType, roomToChange } from "./column-types.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ["outbox_messages", "outbox_recipients", "outbox_attempts"]) {
    await db.schema.alterTable(table).renameTo(`${table}_before`).execute();
  }
  await db.schema.dropIndex("outbox_by_time").execute();
  await db.schema.dropIndex("outbox_due").execute();
  await messages(db);
  await recipients(db);
  await attempts(db);
  await copy(db);
  for (const table of ["outbox_attempts", "outbox_recipients", "outbox_messages"]) {
    await db.schema.dropTable(`${table}_before`).execute();
  }
  await bulk(db);
  await limits(db);
  await suppression(db);
  await bounces(db);
  await events(db);
  await services(db);
}

async function messages(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("outbox_messages")
    .addColumn("id", keyType(db), (column) => column.notNull())
    .addColumn("mailer", keyType(db), (column) => column.notNull())
    .addColumn("envelope_from", "text", (column) => column.notNull())
    .addColumn("envelope_extras", "text")
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("message_id", keyType(db), (column) => column.notNull())
    .addColumn("size", "integer", (column) => column.notNull())
    .addColumn("state", keyType(db), (column) => column.notNull())
    .addColumn("priority", "integer", (column) => column.notNull())
    .addColumn("on_unknown", "text", (column) => column.notNull())
    .addColumn("sensitive", "integer", (column) => column.notNull())
    .addColumn("group_name", "text")
    .addColumn("tenant", "text")
    .addColumn("stream", "text")
    .addColumn("idempotency_key", "text")
    .addColumn("content_hash", "text")
    .addColumn("bulk_id", "text")
    .addColumn("variables", "text")
    .addColumn("trace", "text")
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("send_at", "bigint")
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .addColumn("due_at", "bigint")
    .addColumn("wait", "text")
    .addColumn("lease_owner", "text")
    .addColumn("finished_at", "bigint")
    .addColumn("takeovers", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("forgiven", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("unreached", "integer", (column) => column.notNull().defaultTo(0))
    .addPrimaryKeyConstraint("outbox_messages_key", ["id"])
    .modifyEnd(inKeyOrder(db))
    .execute();
  await partialIndex(db, "outbox_due", "outbox_messages", ["mailer", "priority", "due_at"]);
  // The messages under way, by the end of their lease.
  await db.schema
    .createIndex("outbox_leases")
    .on("outbox_messages")
    .columns(["due_at", "id"])
    .where(sql.ref("lease_owner"), "is not", null)
    .execute();
  // How long a message is kept depends on what became of it.
  await db.schema
    .createIndex("outbox_finished")
    .on("outbox_messages")
    .columns(["state", "finished_at", "id"])
    .where(sql.ref("finished_at"), "is not", null)
    .execute();
  await db.schema
    .createIndex("outbox_groups")
    .on("outbox_messages")
    .columns(["group_name", "id"])
    .where(sql.ref("group_name"), "is not", null)
    .execute();
  await partialIndex(db, "outbox_bulk", "outbox_messages", ["state", "bulk_id"]);
  await db.schema
    .createIndex("outbox_idempotency")
    .unique()
    .on("outbox_messages")
    .column("idempotency_key")
    .where(sql.ref("idempotency_key"), "is not", null)
    .execute();
  // Nobody asks for a list of what was sent alone: it is nearly all.
  await db.schema
    .createIndex("outbox_attention")
    .on("outbox_messages")
    .columns(["state", "id"])
    .where(sql.ref("state"), "<>", sql.lit("sent"))
    .execute();
  await db.schema.createIndex("outbox_by_message_id").on("outbox_messages").column("message_id").execute();
  await db.schema
    .createTable("outbox_bodies")
    .addColumn("message_id", keyType(db), (column) => ofMessage(db, column.primaryKey()))
    .addColumn("bytes", bytesType(db), (column) => column.notNull())
    .execute();
}

async function recipients(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("outbox_recipients")
    .addColumn("message_id", keyType(db), (column) => ofMessage(db, column.notNull()))
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("address", keyType(db), (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("detail", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("outbox_recipients_pk", ["message_id", "position"])
    .modifyEnd(inKeyOrder(db))
    .modifyEnd(roomToChange(db))
    .execute();
  // On SQLite each new row would cost a page of this index at its commit: there the messages are walked through.
  if (!isPostgres(db)) return;
  await db.schema
    .createIndex("outbox_recipients_by_address")
    .on("outbox_recipients")
    .columns(["address", "message_id"])
    .execute();
}

async function attempts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("outbox_attempts")
    .addColumn("message_id", keyType(db), (column) => ofMessage(db, column.notNull()))
    .addColumn("number", "integer", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("outcome", "text", (column) => column.notNull())
    .addColumn("server", "text", (column) => column.notNull())
    .addColumn("stage", "text", (column) => column.notNull())
    .addColumn("code", "integer", (column) => column.notNull())
    .addColumn("enhanced_code", "text", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("diagnosis", "text")
    .addPrimaryKeyConstraint("outbox_attempts_pk", ["message_id", "number"])
    .modifyEnd(inKeyOrder(db))
    .execute();
}

/**
 * The message that a row belongs to, and goes with.
 *
 * Postgres looks the message up and locks it for each such row, which is a fifth of all that it does for a mail. There the
 * statements see to it: a row is written by the statement that has just written its message, and deleted before it.
 */
function ofMessage(db: Kysely<unknown>, column: ColumnDefinitionBuilder): ColumnDefinitionBuilder {
  return isPostgres(db) ? column : column.references("outbox_messages.id").onDelete("cascade");
}

/** What an earlier version left waiting goes on waiting; a lease is not taken along, so what was under way is sent again. */
async function copy(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into outbox_messages (id, mailer, envelope_from, envelope_extras, subject, message_id, size, state, priority,
      on_unknown, sensitive, attempts, created_at, expires_at, due_at, finished_at)
    select m.id, m.mailer, m.envelope_from, m.envelope_extras, m.subject, m.message_id, length(m.bytes),
      coalesce((select r.state from outbox_recipients_before r where r.message_id = m.id order by case r.state
        when 'queued' then 0 when 'deferred' then 1 when 'unknown' then 2 when 'failed' then 3 else 4 end limit 1), 'queued'),
      2, m.on_unknown, 0, m.attempts, m.created_at, m.expires_at, m.due_at,
      case when m.due_at is null then m.created_at end
    from outbox_messages_before m`.execute(db);
  await sql`insert into outbox_bodies (message_id, bytes) select id, bytes from outbox_messages_before`.execute(db);
  await sql`
    insert into outbox_recipients (message_id, position, address, state, detail)
    select message_id, position, address, state, detail from outbox_recipients_before`.execute(db);
  await sql`
    insert into outbox_attempts (message_id, number, at, outcome, server, stage, code, enhanced_code, text, diagnosis)
    select message_id, number, at, outcome, server, stage, code, enhanced_code, text, diagnosis
    from outbox_attempts_before`.execute(db);
}

async function bulk(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("outbox_bulks")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull().unique())
    .addColumn("template", "text", (column) => column.notNull())
    .addColumn("settings", "text", (column) => column.notNull())
    .addColumn("list_hash", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("taken", "bigint", (column) => column.notNull())
    .addColumn("queued", "bigint", (column) => column.notNull())
    .addColumn("repeated", "bigint", (column) => column.notNull())
    .addColumn("refused", "bigint", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("finished_at", "bigint")
    .execute();
  // One line for each recipient of a bulk: what makes a second one a duplicate.
  await db.schema
    .createTable("outbox_bulk_recipients")
    .addColumn("bulk_id", "text", (column) => column.notNull().references("outbox_bulks.id").onDelete("cascade"))
    .addColumn("address_key", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("outbox_bulk_recipients_pk", ["bulk_id", "address_key"])
    .modifyEnd(inKeyOrder(db))
    .execute();
}

async function limits(db: Kysely<unknown>): Promise<void> {
  // A counter of one window of one limit: `key` names its scope, such as `mailer:default` or `domain:163.com`.
  await db.schema
    .createTable("outbox_limit_windows")
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("seconds", "integer", (column) => column.notNull())
    .addColumn("started_at", "bigint", (column) => column.notNull())
    .addColumn("used", "integer", (column) => column.notNull())
    .addColumn("parts", "text")
    .addPrimaryKeyConstraint("outbox_limit_windows_pk", ["key", "seconds"])
    .modifyEnd(inKeyOrder(db))
    .execute();
  // A scope that must rest, and what was learned of it.
  await db.schema
    .createTable("outbox_pauses")
    .addColumn("key", "text", (column) => column.primaryKey())
    .addColumn("until", "bigint", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("detail", "text", (column) => column.notNull())
    .addColumn("detail_zh", "text")
    .addColumn("failures", "integer", (column) => column.notNull())
    .addColumn("probe", "text")
    .addColumn("pace", "text")
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();
}

async function suppression(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("outbox_suppressions")
    .addColumn("address_key", keyType(db), (column) => column.notNull())
    // Empty for all streams.
    .addColumn("stream", "text", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("detail", "text", (column) => column.notNull())
    .addColumn("message_id", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint")
    .addPrimaryKeyConstraint("outbox_suppressions_pk", ["address_key", "stream", "reason"])
    .modifyEnd(inKeyOrder(db))
    .execute();
  for (const column of ["reason", "stream"]) {
    const columns = [column, "address_key", column === "reason" ? "stream" : "reason"];
    await db.schema
      .createIndex(`outbox_suppressions_by_${column}`)
      .on("outbox_suppressions")
      .columns(columns)
      .execute();
  }
  await partialIndex(db, "outbox_suppressions_ending", "outbox_suppressions", ["expires_at"]);
}

async function bounces(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("outbox_bounces")
    .addColumn("id", "text", (column) => column.primaryKey())
    // What makes a report that comes twice the same one.
    .addColumn("fingerprint", "text", (column) => column.notNull().unique())
    .addColumn("message_id", keyType(db), (column) => column.references("outbox_messages.id").onDelete("cascade"))
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("detail", "text", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .execute();
  await partialIndex(db, "outbox_bounces_by_message", "outbox_bounces", ["message_id"]);
  // An HTTP provider answers with its own id of the message and nothing else; its webhooks know the message by that.
  await db.schema
    .createIndex("outbox_attempts_by_receipt")
    .on("outbox_attempts")
    .column("text")
    .where(sql<boolean>`outcome = 'sent' and code = 0 and length(text) <= 200`)
    .execute();
  await db.schema.createIndex("outbox_bounces_by_time").on("outbox_bounces").column("at").execute();
}

async function events(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("outbox_webhook_calls")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("endpoint", "text", (column) => column.notNull())
    .addColumn("payload", "text", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("due_at", "bigint")
    .addColumn("lease_owner", "text")
    .addColumn("detail", "text", (column) => column.notNull())
    .addColumn("finished_at", "bigint")
    .execute();
  await partialIndex(db, "outbox_webhook_calls_due", "outbox_webhook_calls", ["endpoint", "due_at"]);
  await partialIndex(db, "outbox_webhook_calls_finished", "outbox_webhook_calls", ["finished_at"]);
}

async function services(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("api_keys")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull().unique())
    // SHA-256 of the key, hex: a copy of the table lets nobody in.
    .addColumn("key_hash", "text", (column) => column.notNull().unique())
    .addColumn("settings", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("last_used_at", "bigint")
    .addColumn("revoked_at", "bigint")
    .execute();
  // Small facts that must outlive a process, by name: how far a mailbox was read, the latest time that was seen.
  await db.schema
    .createTable("outbox_marks")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("value", "text", (column) => column.notNull())
    .execute();
}

/** An index of the rows in which its last column is not null: the others are many, and nobody asks for them. */
async function partialIndex(db: Kysely<unknown>, name: string, table: string, columns: string[]): Promise<void> {
  const present = columns.at(-1) ?? "";
  await db.schema.createIndex(name).on(table).columns(columns).where(sql.ref(present), "is not", null).execute();
}
