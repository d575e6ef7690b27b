/** The one error of the SMTP client: where it happened, what the server said, and what became of the message. */
import { WaxsealError } from "../base/index.ts";
import type { SmtpReply } from "./reply.ts";

/** The step of a conversation; "content" is the message being written, "final" the wait for its acknowledgement. */
export type SmtpStage =
  | "connect"
  | "tls"
  | "greeting"
  | "ehlo"
  | "starttls"
  | "auth"
  | "mail"
  | "rcpt"
  | "data"
  | "content"
  | "final"
  | "quit";

/** The codes of an `SmtpError`. */
export type SmtpErrorCode =
  /** An option is missing, malformed or unknown. Thrown by `createSmtpPool`. Not retryable. */
  | "WX_SMTP_OPTIONS"
  /** An address of the envelope cannot go into a command. Nothing was sent. Not retryable. */
  | "WX_SMTP_ENVELOPE"
  /** The content holds a CR or LF that is not part of a CRLF. Nothing was sent. Not retryable. */
  | "WX_SMTP_BARE_NEWLINE"
  /** The content holds bytes above 127 and the server does not announce 8BITMIME. Nothing was sent. Not retryable. */
  | "WX_SMTP_8BIT"
  /** The message needs SMTPUTF8 and the server does not offer it. Nothing was sent. Not retryable. */
  | "WX_SMTP_UTF8"
  /** The message needs REQUIRETLS, and the server does not offer it or is not spoken to by TLS. Nothing was sent. Not retryable. */
  | "WX_SMTP_REQUIRETLS"
  /** The content is larger than the SIZE the server announces. Nothing was sent. Not retryable. */
  | "WX_SMTP_TOO_LARGE"
  /** The pool is closed. Retryable by another pool. */
  | "WX_SMTP_CLOSED"
  /** Too many messages wait for a connection. Retryable. */
  | "WX_SMTP_BUSY"
  /** The caller's `signal` aborted. Retryable. */
  | "WX_SMTP_ABORTED"
  /** No connection: name not found, refused, unreachable. Retryable. */
  | "WX_SMTP_CONNECT"
  /** A step took longer than its deadline. Retryable. */
  | "WX_SMTP_TIMEOUT"
  /** The connection broke or the server closed it. Retryable. */
  | "WX_SMTP_LOST"
  /** What the server said is not SMTP, or came out of step. Retryable. */
  | "WX_SMTP_PROTOCOL"
  /** The TLS handshake failed for another reason than the certificate. Retryable. */
  | "WX_SMTP_TLS"
  /** The server's certificate is not one to trust for this host. Not retryable. */
  | "WX_SMTP_TLS_CERTIFICATE"
  /** STARTTLS is required and the server does not offer it. Retryable: someone on the way may have removed the offer. */
  | "WX_SMTP_STARTTLS_MISSING"
  /** The log-in failed, or no common mechanism exists. Retryable where the server answered 4xx. */
  | "WX_SMTP_AUTH"
  /** No access token could be had. Retryable unless the token endpoint refused for good. */
  | "WX_SMTP_OAUTH2"
  /** The server refused several log-ins in a row; none is made for a while, so that the account is not locked. Retryable. */
  | "WX_SMTP_AUTH_PAUSED"
  /** A password would have crossed an unencrypted connection; it was not sent. Not retryable. */
  | "WX_SMTP_AUTH_PLAINTEXT"
  /** The server refused with 4xx (retryable) or 5xx (not retryable, except 552 for a recipient). */
  | "WX_SMTP_REFUSED";

/** A recipient the server would not take. */
export interface SmtpRefusal {
  readonly address: string;
  readonly retryable: boolean;
  /** The server's words; code 0 and what happened, where it had none for this recipient (its connection was lost). */
  readonly reply: SmtpReply;
  /** "unknown" where this recipient may have got the message all the same; else it did not. */
  readonly outcome?: "not-sent" | "unknown";
}

/** What an `SmtpError` carries beside its code and text. */
export interface SmtpErrorDetails {
  stage: SmtpStage;
  server: string;
  retryable: boolean;
  reply?: SmtpReply | undefined;
  transcript?: readonly string[];
  outcome?: "not-sent" | "unknown";
  rejected?: readonly SmtpRefusal[];
  cause?: unknown;
}

/**
 * A message that was not sent, or whose fate is unknown.
 *
 * @example
 * try { await pool.send(envelope, bytes) } catch (error) {
 *   if (error instanceof SmtpError && error.outcome === "not-sent" && error.retryable) tryLater();
 * }
 */
export class SmtpError extends WaxsealError {
  static override readonly brand: string = "SmtpError";
  declare readonly code: SmtpErrorCode;
  /** The step that failed. */
  readonly stage: SmtpStage;
  /** The reply that caused the error, if one did. */
  readonly reply: SmtpReply | undefined;
  /** The end of the conversation, `C:` and `S:` lines without secrets and without the message. */
  readonly transcript: readonly string[];
  /** "unknown" where the whole message had left and no usable answer came: sending again may deliver it twice. */
  readonly outcome: "not-sent" | "unknown";
  /** Whether the same message may succeed later without a change by a person. */
  readonly retryable: boolean;
  /** The recipients refused before the error. */
  readonly rejected: readonly SmtpRefusal[];
  /** `host:port`. */
  readonly server: string;

  constructor(code: SmtpErrorCode, message: string, details: SmtpErrorDetails) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause });
    this.stage = details.stage;
    this.reply = details.reply;
    this.transcript = details.transcript ?? [];
    this.outcome = details.outcome ?? "not-sent";
    this.retryable = details.retryable;
    this.rejected = details.rejected ?? [];
    this.server = details.server;
  }
}
