/** A call that was given up before anything was done. */
import type { BackendCallOptions } from "../backend.ts";
import { DeliveryError } from "../errors.ts";

/** @throws DeliveryError WX_DELIVERY_DEFERRED when the signal has aborted already; nothing was sent */
export function refuseAborted({ signal }: BackendCallOptions, server: string): void {
  if (signal?.aborted !== true) return;
  const text = `The message was not sent through ${server}: the caller gave it up before it began.`;
  throw new DeliveryError(text, { retryable: true, outcome: "not-sent", server, cause: signal.reason });
}
