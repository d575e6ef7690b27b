/** What can happen to a message, as it is told to listeners, webhooks, traces and metrics. */
import type { SmtpDiagnosis } from "../mail/index.ts";
import type { Priority } from "./priority.ts";

/** What happened. `held`, `cancelled` and `suppressed` follow from a decision here; the others from what servers said. */
export type OutboxEventType =
  | "queued"
  | "sending"
  | "sent"
  | "deferred"
  | "failed"
  | "unknown"
  | "held"
  | "cancelled"
  | "suppressed"
  | "bounced"
  | "complained"
  | "unsubscribed";

/** One thing that happened to some recipients of one message. */
export interface OutboxEvent {
  type: OutboxEventType;
  /** Milliseconds since 1970. */
  at: number;
  /** The message's id in the outbox. */
  id: string;
  /** With its angle brackets. */
  messageId: string;
  mailer: string;
  /** The recipients it happened to. */
  recipients: readonly string[];
  priority: Priority;
  group?: string | undefined;
  tenant?: string | undefined;
  stream?: string | undefined;
  tags?: readonly string[] | undefined;
  metadata?: Readonly<Record<string, string>> | undefined;
  /** When it was enqueued, in milliseconds since 1970. */
  createdAt: number;
  /** Attempts that have ended, this one among them. */
  attempts: number;
  /** The server that answered, `host:port` or the backend's name; empty where none was asked. */
  server: string;
  /** SMTP reply code; 0 where there was no reply. */
  code: number;
  enhancedCode: string;
  /** The server's words, or ours where it said nothing. */
  text: string;
  diagnosis?: SmtpDiagnosis | undefined;
  /** When the next attempt is due; of `queued` and `deferred`. */
  nextAttemptAt?: number | undefined;
  /** W3C traceparent of the request that enqueued it. */
  trace?: string | undefined;
}
