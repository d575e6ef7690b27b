/** What bulk mail and templates refuse. */
import { WaxsealError } from "../../base/index.ts";

/** The codes of a `BulkError`. */
export type BulkErrorCode =
  | "WX_BULK_TEMPLATE"
  | "WX_BULK_ENTRY"
  | "WX_BULK_LIST"
  | "WX_BULK_CHANGED"
  | "WX_BULK_BUSY"
  | "WX_BULK_UNKNOWN"
  | "WX_BULK_CANCELLED"
  | "WX_BULK_OPTIONS";

/**
 * A bulk, its template or its list cannot be used.
 *
 * Codes: `WX_BULK_TEMPLATE` a template is malformed, or asks for a variable that is not there; `WX_BULK_ENTRY` an entry of
 * the list cannot be sent to; `WX_BULK_LIST` the list cannot be read; `WX_BULK_CHANGED` a bulk of this name began with
 * another template or list; `WX_BULK_BUSY` somebody else reads its list now; `WX_BULK_UNKNOWN` there is no bulk of this
 * name; `WX_BULK_CANCELLED` it was cancelled; `WX_BULK_OPTIONS` an option that does not exist or is out of range.
 */
export class BulkError extends WaxsealError {
  static override readonly brand: string = "BulkError";
  declare readonly code: BulkErrorCode;

  constructor(code: BulkErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}
