/** Messages that wait in the outbox, as rows: for tests of what claims and limits them. */
import type { Queryable } from "../../src/db/index.ts";
import { type Priority, rankOf } from "../../src/outbox/priority.ts";
import type { Candidate } from "../../src/outbox/seams.ts";

/** What a test says of a message; the rest is usual. */
export interface WaitingMessage {
  id: string;
  mailer?: string;
  addresses?: readonly string[];
  priority?: Priority;
  tenant?: string;
  dueAt?: number | null;
  leaseOwner?: string | null;
  expiresAt?: number;
}

/** Inserts it, and returns it as a claim would find it. */
export async function insertWaiting(db: Queryable, message: WaitingMessage): Promise<Candidate> {
  const candidate = candidateOf(message);
  const addresses = candidate.addresses.map((address, position) => ({
    message_id: message.id,
    position,
    address,
    state: "queued",
    detail: "",
  }));
  await db.insertInto("outbox_messages").values(candidate.message).execute();
  await db.insertInto("outbox_recipients").values(addresses).execute();
  return candidate;
}

/** As a claim would find it, without a row. */
export function candidateOf({
  id,
  mailer = "default",
  addresses = ["ann@example.com"],
  ...more
}: WaitingMessage): Candidate {
  const {
    priority = "normal",
    tenant = null,
    dueAt = 0,
    leaseOwner = null,
    expiresAt = Number.MAX_SAFE_INTEGER,
  } = more;
  const message: Candidate["message"] = {
    id,
    mailer,
    envelope_from: "shop@example.com",
    envelope_extras: null,
    subject: "Hello",
    message_id: `<${id}@example.com>`,
    size: 1_000,
    state: "queued",
    priority: rankOf(priority),
    on_unknown: "resend",
    sensitive: 0,
    group_name: null,
    tenant,
    stream: null,
    idempotency_key: null,
    content_hash: null,
    bulk_id: null,
    variables: null,
    trace: null,
    attempts: 0,
    takeovers: 0,
    forgiven: 0,
    unreached: 0,
    created_at: 0,
    send_at: null,
    expires_at: expiresAt,
    due_at: dueAt,
    wait: null,
    lease_owner: leaseOwner,
    finished_at: null,
  };
  return { message, addresses };
}
