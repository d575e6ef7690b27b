/** What the outbox refuses. */
import { WaxsealError } from "../base/index.ts";

export type OutboxErrorCode = "WX_OUTBOX_NO_RECIPIENT";

/**
 * The outbox cannot do what was asked.
 *
 * Codes: `WX_OUTBOX_NO_RECIPIENT` a message without an envelope recipient.
 */
export class OutboxError extends WaxsealError {
  static override readonly brand: string = "OutboxError";
  declare readonly code: OutboxErrorCode;

  constructor(code: OutboxErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}
