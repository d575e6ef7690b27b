/** The words of the outbox: states, recipients, attempts and messages as they are shown. */
import type { SmtpDiagnosis } from "../mail/index.ts";

/** Where a recipient, or a message, stands; docs/internals.md draws the whole table. */
export type DeliveryState =
  | "queued"
  | "sending"
  | "deferred"
  | "sent"
  | "failed"
  /** The connection was lost after the final byte: the server may have it. */
  | "unknown"
  | "held"
  | "cancelled"
  | "suppressed";

/** One mailbox of a message, and where it stands. */
export interface OutboxRecipient {
  address: string;
  state: DeliveryState;
  /** The server's last words about this recipient, or why it failed. */
  detail: string;
}

/** One try at a message. */
export interface OutboxAttempt {
  /** Milliseconds since 1970. */
  at: number;
  outcome: "sent" | "deferred" | "failed" | "unknown";
  /** `host:port`, or the backend's name. */
  server: string;
  /** The stage of the SMTP conversation that failed; empty after success. */
  stage: string;
  /** SMTP reply code; 0 where there was no reply. */
  code: number;
  /** RFC 3463, such as `5.1.1`; empty where the server gave none. */
  enhancedCode: string;
  /** The server's words, or ours where it said nothing. */
  text: string;
  /** What it was about, and what to do, in English and Chinese; only after a failure that is understood. */
  diagnosis?: SmtpDiagnosis | undefined;
}

/** A message as a list shows it. */
export interface OutboxSummary {
  id: string;
  /** Derived from the recipients' states. */
  state: DeliveryState;
  subject: string;
  /** The envelope's sender. */
  from: string;
  recipients: readonly OutboxRecipient[];
  /** With its angle brackets. */
  messageId: string;
  /** The name of the mailer that sends it. */
  mailer: string;
  /** How many attempts have ended. */
  attempts: number;
  /** When it was enqueued, in milliseconds since 1970. */
  createdAt: number;
  /** When the next attempt is due, in milliseconds since 1970; undefined when none will be made. */
  nextAttemptAt: number | undefined;
}

/** A message whole. */
export interface OutboxMessage extends OutboxSummary {
  /** Every attempt that has ended, oldest first. */
  history: readonly OutboxAttempt[];
}

/** The outbox, to read. */
export interface OutboxReader {
  /** Newest first; 100 unless `limit` says otherwise. */
  list(options?: { limit?: number }): Promise<OutboxSummary[]>;
  /** One message with its history; undefined for an unknown id. */
  get(id: string): Promise<OutboxMessage | undefined>;
}
