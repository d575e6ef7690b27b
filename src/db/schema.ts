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
  id: string;
  mailer: string;
  envelope_from: string;
  /** JSON of all that the envelope holds beside its addresses; null for nothing. */
  envelope_extras: string | null;
  subject: string;
  message_id: string;
  /** The composed message, sent unchanged on every attempt. */
  bytes: Uint8Array;
  on_unknown: "resend" | "hold";
  attempts: number;
  created_at: number;
  /** No further attempt is planned after this; one that is overdue is still made. */
  expires_at: number;
  /** When the next attempt is due; null when none will be made. */
  due_at: number | null;
  lease_owner: string | null;
  lease_until: number | null;
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
  outbox_recipients: OutboxRecipientsTable;
  outbox_attempts: OutboxAttemptsTable;
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
