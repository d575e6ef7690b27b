/** Faults of the accounts part; what a person may be told is an outcome instead (outcomes.ts). */
import { WaxsealError } from "../base/index.ts";

/** The codes of an `AccountError`. */
export type AccountErrorCode = "WX_ACCOUNT_OPTIONS";

/** Codes: `WX_ACCOUNT_OPTIONS` `createAccounts` was given something it cannot work with. */
export class AccountError extends WaxsealError {
  static override readonly brand: string = "AccountError";
  declare readonly code: AccountErrorCode;

  constructor(code: AccountErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}
