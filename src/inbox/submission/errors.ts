/** What the submission server and its keys refuse. */
import { WaxsealError } from "../../base/index.ts";

/** The codes of a `SubmissionError`. */
export type SubmissionErrorCode =
  | "WX_SUBMISSION_OPTIONS"
  | "WX_SUBMISSION_LISTEN"
  | "WX_SUBMISSION_INSECURE"
  | "WX_SUBMISSION_SENDER"
  | "WX_SUBMISSION_PRIORITY"
  | "WX_SUBMISSION_HEADER"
  | "WX_SUBMISSION_LOOP";

/**
 * The submission server cannot start, or refuses a message for good; then its text is what the client reads.
 *
 * Codes: `WX_SUBMISSION_OPTIONS` an option that does not exist or has a wrong value; `WX_SUBMISSION_LISTEN` a port cannot
 * be opened, `cause` is Node's own error; `WX_SUBMISSION_INSECURE` keys would cross a network in the clear;
 * `WX_SUBMISSION_SENDER` a sender that the key may not use; `WX_SUBMISSION_PRIORITY` a priority that it may not ask for; `WX_SUBMISSION_HEADER` an `X-Waxseal-` header that does not
 * exist or has a wrong value; `WX_SUBMISSION_LOOP` the message has gone through too many servers.
 */
export class SubmissionError extends WaxsealError {
  static override readonly brand: string = "SubmissionError";
  declare readonly code: SubmissionErrorCode;

  constructor(code: SubmissionErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}

/** The codes of an `ApiKeyError`. */
export type ApiKeyErrorCode = "WX_API_KEY_NAME" | "WX_API_KEY_SETTINGS" | "WX_API_KEY_UNKNOWN";

/**
 * An API key cannot be made or revoked.
 *
 * Codes: `WX_API_KEY_NAME` the name is taken or is none; `WX_API_KEY_SETTINGS` a setting that does not exist or has a
 * wrong value; `WX_API_KEY_UNKNOWN` there is no key of that name.
 */
export class ApiKeyError extends WaxsealError {
  static override readonly brand: string = "ApiKeyError";
  declare readonly code: ApiKeyErrorCode;

  constructor(code: ApiKeyErrorCode, message: string) {
    super(code, message);
  }
}
