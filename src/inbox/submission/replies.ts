/** What a client is told: an SMTP reply for each outcome (RFC 5321, section 4.2; RFC 3463). */
import { WaxsealError } from "../../base/index.ts";
import { MessageError } from "../../mail/index.ts";
import { SubmissionError } from "./errors.ts";

/** An error whose text and code are the reply. */
export class ReplyError extends Error {
  readonly responseCode: number;

  /** @param text Begins with the enhanced status code. */
  constructor(responseCode: number, text: string, options?: { cause?: unknown }) {
    super(text, options);
    this.responseCode = responseCode;
  }
}

/** What the outbox refuses for good, by its codes: this part does not know the outbox. */
const REFUSED_BY_OUTBOX: ReadonlySet<string> = new Set([
  "WX_OUTBOX_IDEMPOTENCY",
  "WX_OUTBOX_NO_RECIPIENT",
  "WX_OUTBOX_OPTIONS",
]);

/** The reply to what kept a message from being taken. */
export function replyFor(error: unknown): ReplyError {
  if (error instanceof ReplyError) return error;
  if (error instanceof SubmissionError) return refusalOf(error);
  if (error instanceof MessageError) return refusal(554, "5.6.0", error);
  if (error instanceof WaxsealError && REFUSED_BY_OUTBOX.has(error.code)) return refusal(554, "5.6.0", error);
  return new ReplyError(451, "4.3.0 The message could not be stored, and nothing of it was kept. Try again later.", {
    cause: error,
  });
}

/** The reply to an address that is none. */
export function addressReply(error: unknown): ReplyError {
  return error instanceof MessageError ? refusal(553, "5.1.3", error) : replyFor(error);
}

function refusalOf(error: SubmissionError): ReplyError {
  if (error.code === "WX_SUBMISSION_SENDER" || error.code === "WX_SUBMISSION_PRIORITY")
    return refusal(550, "5.7.1", error);
  if (error.code === "WX_SUBMISSION_LOOP") return refusal(554, "5.4.6", error);
  return refusal(554, "5.6.0", error);
}

/** RFC 5321, section 4.5.3.1.5: a reply line is 512 octets at most. */
const LONGEST_TEXT = 480;

function refusal(code: number, status: string, error: WaxsealError): ReplyError {
  const text = error.message.length > LONGEST_TEXT ? `${error.message.slice(0, LONGEST_TEXT)}…` : error.message;
  // Clients that do not know SMTPUTF8 may read ASCII only (RFC 6531, section 3.7.4).
  return new ReplyError(code, `${status} ${text.replace(/…$/, "...").replace(/[^ -~]/g, "?")} (${error.code})`, {
    cause: error,
  });
}

/** How long, as a person says it. */
export function inWords(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}
