/** Several ways out in an order: the next is used while the one before does not work. */
import type { Backend } from "../backend.ts";
import { severalWays, type WaysOptions } from "./several-ways.ts";

/**
 * A backend that sends by the first of several that works.
 *
 * What failed for the way (no connection, a refused log-in, an unconfirmed sender, 4xx or 429 for the whole message)
 * goes to the next; it is left alone for `restMs`, or as long as its provider asks, unless no other way works. An outcome
 * that is unknown, and a refusal of the recipients or the content for good, end the search: nobody gets a message twice. A
 * receipt that names anybody as accepted ends it too; whom it names as deferred is the caller's (or the outbox') to try
 * again. `open`, `verify` and `close` go to all.
 *
 * @throws MailerError WX_MAILER_OPTION
 *
 * @example
 * failover([resendBackend({ apiKey }), smtpBackend({ host: "smtp.example.com" })], { restMs: 60_000 })
 */
export function failover(backends: readonly Backend[], options: WaysOptions = {}): Backend {
  return severalWays("failover", backends, options, () => 0);
}
