/** What addresses are compared by, in the suppression list and wherever one recipient must be known again. */
import { toAsciiAddress } from "../../mail/index.ts";

/**
 * The key of an address: its domain as A-labels by UTS-46, all of it in lower case.
 *
 * By RFC 5321 only the receiving server knows whether `Mac@` and `mac@` are one mailbox; no server of weight tells them
 * apart, and whoever unsubscribed as one wants no mail as the other. Nothing else is folded: no dots dropped, no `+tag` cut.
 *
 * @throws MessageError WX_MESSAGE_ADDRESS and the other codes of `toAsciiAddress`
 * @example
 * addressKey("Mac@例子.中国") // "mac@xn--fsqu00a.xn--fiqs8s"
 */
export function addressKey(address: string): string {
  return fold(toAsciiAddress(address, "address", { smtpUtf8: true, domainLiteral: true }));
}

/** The same for an address that came out of the queue: what cannot be read as one is compared as it stands. */
export function addressKeyOf(address: string): string {
  try {
    return addressKey(address);
  } catch {
    return fold(address);
  }
}

/** Lower-casing may leave a text that is not composed. */
function fold(address: string): string {
  return address.toLowerCase().normalize("NFC");
}
