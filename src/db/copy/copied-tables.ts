/** Every table, those before which others refer to. */
import type { Schema } from "../schema.ts";

const order: Readonly<Record<keyof Schema, true>> = {
  users: true,
  sessions: true,
  account_mails: true,
  inbox_messages: true,
  api_keys: true,
  outbox_marks: true,
  outbox_messages: true,
  outbox_bodies: true,
  outbox_recipients: true,
  outbox_attempts: true,
  outbox_bulks: true,
  outbox_bulk_recipients: true,
  outbox_limit_windows: true,
  outbox_pauses: true,
  outbox_suppressions: true,
  outbox_bounces: true,
  outbox_webhook_calls: true,
};

export const copiedTables: readonly (keyof Schema)[] = Object.keys(order) as (keyof Schema)[];
