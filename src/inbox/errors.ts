/** What can keep the inbox from catching mail. */
import { WaxsealError } from "../base/index.ts";

/** The codes of an `InboxError`. */
export type InboxErrorCode = "WX_INBOX_LISTEN";

/**
 * Codes: `WX_INBOX_LISTEN` the SMTP port cannot be opened; `cause` is Node's own error, with its `code`
 * (`EADDRINUSE` when another program has the port).
 */
export class InboxError extends WaxsealError {
  static override readonly brand: string = "InboxError";
  declare readonly code: InboxErrorCode;

  constructor(code: InboxErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}
