/** The words of the outbox: states, recipients, attempts and messages as they are shown. */
import type { SmtpDiagnosis } from "../mail/index.ts";
import type { Priority } from "./priority.ts";
import type { WaitReason } from "./wait-reason.ts";

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
  /** `interrupted`: the worker was killed, or lost its lease; nobody knows how far it came. */
  outcome: "sent" | "deferred" | "failed" | "unknown" | "interrupted";
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
  priority: Priority;
  group: string | undefined;
  tenant: string | undefined;
  stream: string | undefined;
  tags: readonly string[];
  metadata: Readonly<Record<string, string>>;
  /** Of the composed message, in bytes. */
  size: number;
  /** The time the caller asked for. */
  sendAt: number | undefined;
  /** No attempt is made after this. */
  expiresAt: number;
  /** Why it waits until `nextAttemptAt`; undefined where nothing holds it up. */
  wait: WaitReason | undefined;
  /** When its last recipient was done with. */
  finishedAt: number | undefined;
}

/** A message whole. */
export interface OutboxMessage extends OutboxSummary {
  /** Every attempt that has ended, oldest first. */
  history: readonly OutboxAttempt[];
}

/** Which messages a list shows. */
export interface ListOptions {
  /** In this state; "sending" shows those that a worker holds. */
  state?: DeliveryState | undefined;
  mailer?: string | undefined;
  group?: string | undefined;
  /** To this address, as it stands in the envelope. */
  recipient?: string | undefined;
  /** Older than the message of this id: the last one of the page before. */
  before?: string | undefined;
  /** At most 1000. Default 100. */
  limit?: number | undefined;
}

/** Which messages are sent again. */
export interface RedriveFilter {
  state: "failed" | "unknown" | "held" | "suppressed";
  mailer?: string | undefined;
  group?: string | undefined;
  /** How many at the most, the oldest first. Default 1000. */
  limit?: number | undefined;
}

/** How the outbox is. */
export interface OutboxHealth {
  /** False when the oldest due message has waited longer than `alertAfterMs`. */
  ok: boolean;
  /** Messages that are due and that nobody delivers, counted to 10,000 at the most. */
  due: number;
  /** How long the oldest of them has been due, in milliseconds; 0 where there is none. */
  oldestDueMs: number;
  /** Messages that this process delivers now. */
  sending: number;
}

/** The outbox, to read. */
export interface OutboxReader {
  /** Newest first; 100 unless `limit` says otherwise. */
  list(options?: ListOptions): Promise<OutboxSummary[]>;
  /** One message with its history; undefined for an unknown id. */
  get(id: string): Promise<OutboxMessage | undefined>;
}
