/** What a provider could take for something else than it is: quoted addresses, and line breaks that decoding brings out. */
import type { Endpoint } from "./endpoint.ts";
import { unsupported } from "./fault.ts";

const ADVICE = "Send this message by SMTP, or correct it.";
/** One @, and none of the characters that end an address where several stand in one text. */
const PLAIN = /^[^\s"(),:;<>@[\]\\]+@[^\s"(),:;<>@[\]\\]+$/;

/**
 * Refuses addresses that need quotes or brackets: an API that takes several in one text could split
 * `"a,b@example.net"@example.com`. An empty one is the null sender.
 *
 * @throws DeliveryError
 */
export function refuseUnplainAddresses(endpoint: Endpoint, addresses: readonly string[]): void {
  if (addresses.every((address) => address === "" || PLAIN.test(address))) return;
  throw unsupported(endpoint, "an address of it needs quotes or brackets, which an API could read otherwise", ADVICE);
}

/**
 * Refuses text that could begin a header of its own where a provider writes the header anew.
 *
 * @throws DeliveryError
 */
export function refuseControlCharacters(endpoint: Endpoint, texts: readonly string[]): void {
  if (!texts.some((text) => /[\p{Cc}\u2028\u2029]/u.test(text))) return;
  throw unsupported(endpoint, "a header of it holds a control character, in an encoded-word perhaps", ADVICE);
}
