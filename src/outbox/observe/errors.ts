/** What the observers of the outbox refuse. */
import { WaxsealError } from "../../base/index.ts";

/** The codes of an `ObserveError`. */
export type ObserveErrorCode =
  | "WX_OBSERVE_OPTION"
  | "WX_OBSERVE_PACKAGE"
  | "WX_WEBHOOK_HEADERS"
  | "WX_WEBHOOK_SIGNATURE"
  | "WX_WEBHOOK_TIME"
  | "WX_WEBHOOK_PAYLOAD";

/**
 * An observer cannot be made as asked, or a webhook is not to be believed.
 *
 * Codes: `WX_OBSERVE_OPTION` an option that is wrong; `WX_OBSERVE_PACKAGE` a package that is not installed;
 * `WX_WEBHOOK_HEADERS` a call without its three headers; `WX_WEBHOOK_SIGNATURE` one that no secret signed;
 * `WX_WEBHOOK_TIME` one that is too old, or from the future; `WX_WEBHOOK_PAYLOAD` one whose body is not JSON.
 */
export class ObserveError extends WaxsealError {
  static override readonly brand: string = "ObserveError";
  declare readonly code: ObserveErrorCode;

  constructor(code: ObserveErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}

/** Loads an optional package, or says how to install it. */
export async function loadPackage<T>(name: string, what: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new ObserveError("WX_OBSERVE_PACKAGE", `${what} needs the package ${name}. Run: npm i ${name}`, { cause });
  }
}
