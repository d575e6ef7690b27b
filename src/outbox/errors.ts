/** What the outbox refuses. */
import { WaxsealError } from "../base/index.ts";

/** The codes of an `OutboxError`. */
export type OutboxErrorCode =
  | "WX_OUTBOX_BOUNCE_ADDRESS"
  | "WX_OUTBOX_IDEMPOTENCY"
  | "WX_OUTBOX_NOT_COMPOSED"
  | "WX_OUTBOX_NO_BODY"
  | "WX_OUTBOX_NO_RECIPIENT"
  | "WX_OUTBOX_OPTIONS"
  | "WX_OUTBOX_PEER"
  | "WX_OUTBOX_REPORT_EARLY"
  | "WX_OUTBOX_SUPPRESSION"
  | "WX_OUTBOX_STOPPED";

/**
 * The outbox cannot do what was asked.
 *
 * Codes: `WX_OUTBOX_BOUNCE_ADDRESS` no bounce address can say that; `WX_OUTBOX_PEER` a package that is not installed;
 * `WX_OUTBOX_SUPPRESSION` a suppression that cannot be, or a file of them that cannot be read;
 * `WX_OUTBOX_NO_RECIPIENT` a message without an envelope recipient; `WX_OUTBOX_NOT_COMPOSED` a message that
 * `mail.compose` has not made ready; `WX_OUTBOX_OPTIONS` an option that does not exist, or a value that it may not have;
 * `WX_OUTBOX_IDEMPOTENCY` an idempotency key that another message has; `WX_OUTBOX_NO_BODY` a body that was deleted;
 * `WX_OUTBOX_STOPPED` the outbox was stopped; `WX_OUTBOX_REPORT_EARLY` a bounce of a message that is still being sent.
 */
export class OutboxError extends WaxsealError {
  static override readonly brand: string = "OutboxError";
  declare readonly code: OutboxErrorCode;

  constructor(code: OutboxErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}
