/** Sends everything to somebody else: for staging, where no mail may reach a customer. */
import { MessageError } from "../errors.ts";
import type { Middleware } from "./middleware.ts";
import { type Mailboxes, readMailboxes, replaceAddresses, replaceRecipients } from "./recipients.ts";

const nobody = (): boolean => false;

/**
 * Everything goes to these addresses and nobody else, whatever a message, its envelope or a hook before it says: put it
 * last. Who it was for stands in the headers X-Original-To, X-Original-Cc and X-Original-Bcc.
 *
 * @param addresses One mailbox or a list.
 * @throws MessageError for what is no mailbox, or for an empty list
 * @example
 * createMail({ mailers, defaultFromEmail, middleware: [alwaysTo("dev@example.com")] });
 */
export function alwaysTo(addresses: Mailboxes): Middleware {
  const mailboxes = readMailboxes(addresses, "alwaysTo");
  if (mailboxes.length === 0) {
    const fix = "Give at least one address, or leave alwaysTo out";
    throw new MessageError("WX_MESSAGE_NO_RECIPIENT", { field: "alwaysTo", problem: "names nobody", fix });
  }
  return {
    before: (message) => replaceRecipients(message, nobody, mailboxes),
    envelope: (envelope) => ({ ...envelope, to: replaceAddresses(envelope.to, nobody, mailboxes) }),
  };
}
