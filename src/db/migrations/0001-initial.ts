/** Accounts, the outbox and the inbox. */
import { type Kysely, sql } from "kysely";
import { bytesType } from "./column-types.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await accounts(db);
  await outbox(db);
  await db.schema
    .createTable("inbox_messages")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("received_at", "bigint", (column) => column.notNull())
    .addColumn("envelope_from", "text", (column) => column.notNull())
    .addColumn("envelope_to", "text", (column) => column.notNull())
    .addColumn("from_header", "text", (column) => column.notNull())
    .addColumn("to_header", "text", (column) => column.notNull())
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("size", "integer", (column) => column.notNull())
    .addColumn("raw", bytesType(db), (column) => column.notNull())
    .execute();
  await db.schema.createIndex("inbox_by_time").on("inbox_messages").column("received_at").execute();
}

async function accounts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("users")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("username", "text", (column) => column.notNull())
    .addColumn("username_key", "text", (column) => column.notNull().unique())
    .addColumn("email", "text", (column) => column.notNull())
    .addColumn("email_key", "text", (column) => column.notNull())
    .addColumn("password_hash", "text", (column) => column.notNull())
    .addColumn("locale", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("activated_at", "bigint")
    .execute();
  await db.schema.createIndex("users_by_email").on("users").column("email_key").execute();
  // Many may claim an address; one account at most can hold it.
  await db.schema
    .createIndex("users_one_active_per_email")
    .unique()
    .on("users")
    .column("email_key")
    .where(sql.ref("activated_at"), "is not", null)
    .execute();
  await db.schema
    .createTable("sessions")
    .addColumn("id_hash", "text", (column) => column.primaryKey())
    .addColumn("user_id", "text", (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("sessions_by_user").on("sessions").column("user_id").execute();
  await db.schema
    .createTable("account_mails")
    .addColumn("email_key", "text", (column) => column.notNull())
    .addColumn("requested_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("account_mails_by_email")
    .on("account_mails")
    .columns(["email_key", "requested_at"])
    .execute();
}

async function outbox(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("outbox_messages")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("mailer", "text", (column) => column.notNull())
    .addColumn("envelope_from", "text", (column) => column.notNull())
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("message_id", "text", (column) => column.notNull())
    .addColumn("bytes", bytesType(db), (column) => column.notNull())
    .addColumn("on_unknown", "text", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .addColumn("due_at", "bigint")
    .addColumn("lease_owner", "text")
    .addColumn("lease_until", "bigint")
    .execute();
  await db.schema.createIndex("outbox_by_time").on("outbox_messages").column("created_at").execute();
  // Only what still has to leave is in here, so that finding it does not slow down as the sent mail piles up.
  await db.schema
    .createIndex("outbox_due")
    .on("outbox_messages")
    .column("due_at")
    .where(sql.ref("due_at"), "is not", null)
    .execute();
  await db.schema
    .createTable("outbox_recipients")
    .addColumn("message_id", "text", (column) => column.notNull().references("outbox_messages.id").onDelete("cascade"))
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("detail", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("outbox_recipients_key", ["message_id", "position"])
    .execute();
  await db.schema
    .createTable("outbox_attempts")
    .addColumn("message_id", "text", (column) => column.notNull().references("outbox_messages.id").onDelete("cascade"))
    .addColumn("number", "integer", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("outcome", "text", (column) => column.notNull())
    .addColumn("server", "text", (column) => column.notNull())
    .addColumn("stage", "text", (column) => column.notNull())
    .addColumn("code", "integer", (column) => column.notNull())
    .addColumn("enhanced_code", "text", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("outbox_attempts_key", ["message_id", "number"])
    .execute();
}
