/** Every table, as Kysely sees it. Times are milliseconds since 1970. */
import type { Kysely, Transaction as KyselyTransaction } from "kysely";

export interface UsersTable {
  id: string;
  username: string;
  /** What usernames are compared by. */
  username_key: string;
  /** As typed; the address that is mailed. */
  email: string;
  /** What addresses are compared by. */
  email_key: string;
  password_hash: string;
  locale: string;
  created_at: number;
  /** Null while the account waits for its activation. */
  activated_at: number | null;
}

export interface SessionsTable {
  /** SHA-256 of the id in the cookie, hex: a copy of the table logs nobody in. */
  id_hash: string;
  user_id: string;
  created_at: number;
  expires_at: number;
}

/** One row for each mail that somebody asked to be sent to an address: the budget is counted here. */
export interface AccountMailsTable {
  email_key: string;
  requested_at: number;
}

export interface OutboxMessagesTable {
  /** Sorts by the time it was made (UUID version 7). */
  id: string;
  mailer: string;
  envelope_from: string;
  /** JSON of all that the envelope holds beside its addresses; null for nothing. */
  envelope_extras: string | null;
  subject: string;
  message_id: string;
  /** Of the composed message, in bytes. */
  size: number;
  /** Derived from the recipients', and written with them; never "sending", which a lease says. */
  state: string;
  /** 0 critical, 1 high, 2 normal, 3 low. */
  priority: number;
  on_unknown: "resend" | "hold";
  /** 1: the body goes as soon as the server has taken the message. */
  sensitive: 0 | 1;
  /** What the caller groups messages by. */
  group_name: string | null;
  tenant: string | null;
  /** What a recipient can unsubscribe from. */
  stream: string | null;
  /** Unique; the same key is the same message. */
  idempotency_key: string | null;
  /** SHA-256, hex, of what the caller gave: tells the same request from another one with the same key. */
  content_hash: string | null;
  /** A message of a bulk has no body: it is rendered from the bulk's template and these variables (JSON) at delivery. */
  bulk_id: string | null;
  variables: string | null;
  /** W3C traceparent of the request that enqueued it. */
  trace: string | null;
  /** Attempts that have ended. */
  attempts: number;
  created_at: number;
  /** The time the caller asked for; null for at once. */
  send_at: number | null;
  /** No further attempt is planned after this. */
  expires_at: number;
  /** When it may be claimed: its next attempt is due, or the lease on it runs out. Null when no attempt will follow. */
  due_at: number | null;
  /** JSON: why it waits until `due_at`; null where nothing holds it up. */
  wait: string | null;
  /** Who delivers it now, until `due_at`. */
  lease_owner: string | null;
  /** When its last recipient was done with; null while one waits. */
  finished_at: number | null;
  /** How many leases in a row ended without a word of their owner. */
  takeovers: number;
  /** Attempts that had ended when a person last queued it anew: they are not held against it. */
  forgiven: number;
  /** Attempts since then that never reached MAIL FROM. */
  unreached: number;
}

/** The composed messages, sent unchanged on every attempt. A row of their own, so that a lease does not rewrite them. */
export interface OutboxBodiesTable {
  message_id: string;
  bytes: Uint8Array;
}

export interface OutboxRecipientsTable {
  message_id: string;
  position: number;
  address: string;
  state: string;
  detail: string;
}

export interface OutboxAttemptsTable {
  message_id: string;
  number: number;
  at: number;
  outcome: string;
  server: string;
  stage: string;
  code: number;
  enhanced_code: string;
  text: string;
  /** JSON of a diagnosis; null where there is none. */
  diagnosis: string | null;
}

export interface OutboxBulksTable {
  id: string;
  /** What the caller calls it: the same name goes on with the same bulk. */
  name: string;
  /** JSON of the template. */
  template: string;
  /** JSON of how its messages are enqueued. */
  settings: string;
  /** SHA-256, hex, over the entries that were taken: a list that is read again must begin with the same. */
  list_hash: string;
  /** `running`, `paused` or `cancelled`. */
  state: string;
  /** Entries of the list that were read, and what became of them. */
  taken: number;
  queued: number;
  repeated: number;
  refused: number;
  created_at: number;
  /** When the last entry of its list was taken; null while there may be more. */
  finished_at: number | null;
}

export interface OutboxBulkRecipientsTable {
  bulk_id: string;
  address_key: string;
}

export interface OutboxLimitWindowsTable {
  /** Its scope, such as `mailer:default` or `domain:163.com`. */
  key: string;
  seconds: number;
  started_at: number;
  used: number;
  /** JSON: what was used in each part of a sliding window, the newest first; null where the window begins anew each time. */
  parts: string | null;
}

export interface OutboxPausesTable {
  key: string;
  /** 0 when it is over and only its failures are remembered. */
  until: number;
  reason: string;
  /** For a person, in English, with the server's words. */
  detail: string;
  /** The same in Chinese, where it is ours; null where there are the server's words alone. */
  detail_zh: string | null;
  /** In a row. */
  failures: number;
  /** The id of the message that tries, when the pause is over, whether all is well again; until then the others wait. */
  probe: string | null;
  /** JSON of how fast mail may go, and how many at once, since it was refused for more; null where no refusal said so. */
  pace: string | null;
  updated_at: number;
}

export interface OutboxSuppressionsTable {
  /** What addresses are compared by. */
  address_key: string;
  /** Empty for all streams. */
  stream: string;
  /** Part of the key: an address that bounced and one that unsubscribed are two entries, which end apart. */
  reason: string;
  address: string;
  detail: string;
  /** The message whose bounce or complaint it was. */
  message_id: string | null;
  created_at: number;
  /** Null for ever. */
  expires_at: number | null;
}

export interface OutboxBouncesTable {
  id: string;
  /** What makes a report that comes twice the same one. */
  fingerprint: string;
  message_id: string | null;
  address: string;
  kind: string;
  status: string;
  detail: string;
  source: string;
  at: number;
}

export interface OutboxWebhookCallsTable {
  id: string;
  endpoint: string;
  /** The JSON that is sent. */
  payload: string;
  attempts: number;
  created_at: number;
  due_at: number | null;
  lease_owner: string | null;
  detail: string;
  finished_at: number | null;
}

export interface ApiKeysTable {
  id: string;
  name: string;
  /** SHA-256 of the key, hex: a copy of the table lets nobody in. */
  key_hash: string;
  /** JSON of what the key may do. */
  settings: string;
  created_at: number;
  last_used_at: number | null;
  revoked_at: number | null;
}

/** Small facts that must outlive a process. */
export interface OutboxMarksTable {
  name: string;
  value: string;
}

export interface InboxMessagesTable {
  id: string;
  received_at: number;
  envelope_from: string;
  /** A JSON list. */
  envelope_to: string;
  from_header: string;
  to_header: string;
  subject: string;
  size: number;
  raw: Uint8Array;
}

/** The tables by their names. */
export interface Schema {
  users: UsersTable;
  sessions: SessionsTable;
  account_mails: AccountMailsTable;
  outbox_messages: OutboxMessagesTable;
  outbox_bodies: OutboxBodiesTable;
  outbox_recipients: OutboxRecipientsTable;
  outbox_attempts: OutboxAttemptsTable;
  outbox_bulks: OutboxBulksTable;
  outbox_bulk_recipients: OutboxBulkRecipientsTable;
  outbox_limit_windows: OutboxLimitWindowsTable;
  outbox_pauses: OutboxPausesTable;
  outbox_suppressions: OutboxSuppressionsTable;
  outbox_bounces: OutboxBouncesTable;
  outbox_webhook_calls: OutboxWebhookCallsTable;
  outbox_marks: OutboxMarksTable;
  api_keys: ApiKeysTable;
  inbox_messages: InboxMessagesTable;
}

/** Where a statement runs: the database, or a transaction in it. */
export type Queryable = Kysely<Schema>;
/**
 * The same as a caller has it, whose type knows tables of the caller's own beside ours (`kysely.withTables<...>()`).
 * A transaction stands in it by name, since TypeScript 5 does not find `Tables` through the class it extends.
 */
export type QueryableOf<Tables extends Schema> = Kysely<Tables> | KyselyTransaction<Tables>;
/** A transaction in the database. */
export type Transaction = KyselyTransaction<Schema>;
