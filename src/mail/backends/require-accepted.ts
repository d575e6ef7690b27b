/** A receipt that names nobody as accepted is a delivery that failed, whatever the server called it. */
import type { Receipt } from "../backend.ts";
import { DeliveryError } from "../errors.ts";

/** @throws DeliveryError WX_DELIVERY_DEFERRED or WX_DELIVERY_REFUSED, naming the recipients, where nobody was accepted */
export function requireAccepted(receipt: Receipt, stage: string): Receipt {
  const { accepted, rejected, server } = receipt;
  if (accepted.length > 0) return receipt;
  const [first] = rejected;
  const words = first === undefined ? "" : `: ${first.text}`;
  throw new DeliveryError(`${server} took the message for nobody${words}`, {
    stage,
    server,
    retryable: rejected.some(({ retryable }) => retryable),
    outcome: "not-sent",
    recipients: rejected,
    replyCode: first?.code ?? 0,
    enhancedCode: first?.enhancedCode ?? "",
  });
}
