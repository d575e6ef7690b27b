/** Why a proxy did not lead to the server. */

export class ProxyError extends Error {
  /** What to do about it. */
  readonly advice: string;

  constructor(message: string, advice: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.advice = advice;
  }
}

const CHECK_PROXY = "Check the proxy's address, and that it is the kind of proxy that its URL says";

/** The proxy said what is not its protocol, or nothing more. `message` goes on from "the proxy ADDRESS". */
export function oddProxy(proxy: string, message: string, cause?: unknown): ProxyError {
  return new ProxyError(`the proxy ${proxy} ${message}`, CHECK_PROXY, cause);
}
