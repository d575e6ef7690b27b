/** Several ways out by turns: the load is shared, and one that does not work is passed over. */
import type { Backend } from "../backend.ts";
import { severalWays, type WaysOptions } from "./several-ways.ts";

/**
 * A backend that begins with the next of several for each message, and otherwise goes on as `failover` does.
 *
 * @throws MailerError WX_MAILER_OPTION
 *
 * @example
 * roundrobin([smtpBackend({ host: "a.example.com" }), smtpBackend({ host: "b.example.com" })])
 */
export function roundrobin(backends: readonly Backend[], options: WaysOptions = {}): Backend {
  let turn = 0;
  return severalWays("roundrobin", backends, options, () => turn++ % backends.length);
}
