/** Puts a message into the outbox that was sent, without sending it. */
import type { Database, Schema } from "../../src/db/index.ts";
import { newId } from "../../src/base/index.ts";

const SENT_AT = Date.parse("2026-03-02T11:59:00Z");

/** A message in the outbox. */
export interface Sent {
  id: string;
  messageId: string;
}

/** A message that was sent, with these recipients. */
export async function insertSent(
  { kysely }: Database,
  to: readonly string[] = ["ann@example.com"],
  changes: Partial<Schema["outbox_messages"]> & { recipientState?: string } = {},
): Promise<Sent> {
  const { recipientState = "sent", ...columns } = changes;
  const id = newId(SENT_AT);
  // What is left out has defaults.
  const row = {
    id,
    mailer: "default",
    envelope_from: "app@shop.example",
    envelope_extras: JSON.stringify({ tags: ["welcome"] }),
    subject: "Hello",
    message_id: `<${id}@shop.example>`,
    size: 10,
    state: recipientState,
    priority: 0,
    on_unknown: "resend",
    sensitive: 0,
    group_name: null,
    tenant: "acme",
    stream: null,
    idempotency_key: null,
    content_hash: null,
    bulk_id: null,
    variables: null,
    trace: null,
    attempts: 1,
    created_at: SENT_AT,
    send_at: null,
    expires_at: SENT_AT,
    due_at: null,
    wait: null,
    lease_owner: null,
    finished_at: SENT_AT + 10_000,
    ...columns,
  } as Schema["outbox_messages"];
  await kysely.insertInto("outbox_messages").values(row).execute();
  const recipients = to.map((address, position) => ({
    message_id: id,
    position,
    address,
    state: recipientState,
    detail: "250 ok",
  }));
  await kysely.insertInto("outbox_recipients").values(recipients).execute();
  return { id, messageId: row.message_id };
}
