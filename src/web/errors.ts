/** What can be wrong with the options of the account pages. */
import { WaxsealError } from "../base/index.ts";

/** The codes of a `WebError`. */
export type WebErrorCode = "WX_WEB_OPTIONS";

/** Codes: `WX_WEB_OPTIONS` an option of createWeb cannot work; the message names it and says what is right. */
export class WebError extends WaxsealError {
  static override readonly brand: string = "WebError";
  declare readonly code: WebErrorCode;

  constructor(code: WebErrorCode, message: string) {
    super(code, message);
  }
}
