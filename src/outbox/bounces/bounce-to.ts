/** Sends what comes from the outbox with a bounce address of its own as the envelope's sender. */
import { type Backend, withSend } from "../../mail/index.ts";
import type { BounceAddresses } from "./bounce-addresses.ts";

/**
 * The same backend, with the signed bounce address of each message in place of its envelope's sender (VERP).
 *
 * Only where the server lets you: with a domain of your own whose SPF names it. Mailboxes such as 163 and QQ send only as
 * themselves. The null sender stays, and so does that of a message which is sent without the outbox.
 *
 * @example
 * createOutbox({ database, mailer: (name) => bounceTo(mail.mailers.get(name), addresses) });
 */
export function bounceTo(backend: Backend, addresses: Pick<BounceAddresses, "write">): Backend {
  return withSend(backend, async (envelope, bytes, options) => {
    const id = options?.queued?.id;
    const sent = id === undefined || envelope.from === "" ? envelope : { ...envelope, from: addresses.write(id) };
    return backend.send(sent, bytes, options);
  });
}
