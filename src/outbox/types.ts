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
  /**
   * When the next attempt will be made, in milliseconds since 1970; undefined when none will be. In the past: as soon as a
   * worker is free. Where limits hold it up it is when they let it go, an estimate.
   */
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
  /** False when mail is late: `isStuck`, or a mailer of `closed` that `isLate`. */
  ok: boolean;
  /** The oldest of `due` has waited longer than `alertAfterMs`: no worker runs, or none gets ahead. */
  isStuck: boolean;
  /** Messages that could go now and that nobody delivers, counted to 10,000 in each lane. */
  due: number;
  /** How long the oldest of them has been due, in milliseconds; 0 where there is none. */
  oldestDueMs: number;
  /** Messages that are due and that a limit or a pause keeps back, counted alike. */
  limited: number;
  /** Mailers of which messages are kept back now. */
  closed: readonly ClosedMailer[];
  /** Messages that this process delivers now. */
  sending: number;
}

/** A mailer whose messages are kept back. */
export interface ClosedMailer {
  mailer: string;
  /** How many, counted to 10,000 in each lane. */
  limited: number;
  /** How long the oldest of its lanes has been due, in milliseconds. */
  oldestMs: number;
  reason: WaitReason | undefined;
  /**
   * Something is broken (log-ins refused, an account barred, a server away), and the oldest has waited longer than
   * `alertAfterMs`. What waits by a rule, a quota or an operator's word is never late.
   */
  isLate: boolean;
}

/** The outbox, to read. */
export interface OutboxReader {
  /** Newest first; 100 unless `limit` says otherwise. */
  list(options?: ListOptions): Promise<OutboxSummary[]>;
  /** One message with its history; undefined for an unknown id. */
  get(id: string): Promise<OutboxMessage | undefined>;
}
