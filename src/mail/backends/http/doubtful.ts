/** What a provider could take for something else than it is: quoted addresses, and line breaks that decoding brings out. */
import type { Envelope } from "../../backend.ts";
import type { Endpoint } from "./endpoint.ts";
import { unsupported } from "./fault.ts";
import type { OutgoingMessage, Person } from "./outgoing-message.ts";

const ADVICE = "Send this message by SMTP, or correct it.";

/**
 * Refuses addresses that need quotes or brackets: an API that takes several in one text could split `"a,b@example.net"@example.com`.
 *
 * @throws DeliveryError
 */
export function refuseUnplainAddresses(endpoint: Endpoint, { from, to }: Envelope): void {
  refuseOthers(endpoint, [from, ...to]);
}

/**
 * Refuses what could begin a header or a recipient of its own, where a provider writes these fields anew.
 *
 * @throws DeliveryError
 */
export function refuseDoubtful(endpoint: Endpoint, message: OutgoingMessage): void {
  const { from, to, cc, replyTo, subject, files, messageId, headers } = message;
  const people: Person[] = [from, ...to, ...cc, ...replyTo];
  refuseOthers(
    endpoint,
    people.map(({ address }) => address),
  );
  const texts = [
    subject,
    messageId,
    ...people.flatMap(({ name, address }) => [name, address]),
    ...files.flatMap(({ filename, contentType, contentId }) => [filename, contentType, contentId ?? ""]),
    ...headers.flat(),
  ];
  if (!texts.some((text) => /[\p{Cc}\u2028\u2029]/u.test(text))) return;
  throw unsupported(endpoint, "a header of it holds a control character, in an encoded-word perhaps", ADVICE);
}

/** One @, and none of the characters that end an address where several stand in one text. */
const PLAIN = /^[^\s"(),:;<>@[\]\\]+@[^\s"(),:;<>@[\]\\]+$/;

function refuseOthers(endpoint: Endpoint, addresses: readonly string[]): void {
  // The null sender is empty.
  if (addresses.every((address) => address === "" || PLAIN.test(address))) return;
  throw unsupported(endpoint, "an address of it needs quotes or brackets, which an API could read otherwise", ADVICE);
}
