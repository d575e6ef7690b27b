/** Takes recipients out of a message and puts others in: what redirecting and allowing have in common. */
import { type AddressOptions, toAsciiAddress } from "../addr-spec.ts";
import { formatMailbox, type Mailbox, type MailboxList, parseMailbox, parseMailboxes } from "../address.ts";
import type { HeaderValue, MessageFields } from "../message-fields.ts";

const FIELDS = ["to", "cc", "bcc"] as const;

/** Headers given by name that would show recipients who no longer are. */
const RECIPIENT_HEADERS = /^(?:resent-)?(?:to|cc|bcc)$/i;

/** Any address is read here; whether a message may name it is for composing to decide. */
const ANY: AddressOptions = { smtpUtf8: true, domainLiteral: true };

/** One mailbox or several, as an option takes them. */
export type Mailboxes = string | Mailbox | MailboxList;

/** @throws MessageError for what is no mailbox */
export function readMailboxes(given: Mailboxes, field: string): Mailbox[] {
  return Array.isArray(given) ? parseMailboxes(given, field) : [parseMailbox(given as string | Mailbox, field)];
}

/** The address as an envelope carries it. */
export function envelopeAddress(mailbox: string | Mailbox): string {
  return toAsciiAddress(parseMailbox(mailbox, "address", ANY).address, "address", ANY);
}

/** Everyone a message goes to, as envelopes name them. */
export function addressesOf(message: MessageFields): string[] {
  const fields = FIELDS.flatMap((field) => parseMailboxes(message[field], field, ANY).map(envelopeAddress));
  return [...fields, ...ownRecipients(message).map(envelopeAddress)];
}

/** Those of the message's own envelope; what is no list is for composing to refuse. */
function ownRecipients({ envelope }: MessageFields): readonly string[] {
  return Array.isArray(envelope?.to) ? envelope.to : [];
}

/**
 * The message for those only whose address is kept, and for `substitutes` where anybody else was named. Who was taken
 * out stands in X-Original-To, -Cc and -Bcc; a finished (`raw`) message keeps its header.
 */
export function replaceRecipients(
  message: MessageFields,
  keep: (address: string) => boolean,
  substitutes: readonly Mailbox[],
): MessageFields {
  if (addressesOf(message).every(keep)) return message;
  const kept: Record<string, MailboxList> = {};
  const originals: Record<string, string> = {};
  for (const field of FIELDS) {
    const mailboxes = parseMailboxes(message[field], field, ANY);
    kept[field] = mailboxes.filter((mailbox) => keep(envelopeAddress(mailbox)));
    const gone = mailboxes.filter((mailbox) => !keep(envelopeAddress(mailbox)));
    const name = `X-Original-${field.charAt(0).toUpperCase()}${field.slice(1)}`;
    if (gone.length > 0) originals[name] = gone.map((mailbox) => formatMailbox(mailbox, ANY)).join(", ");
  }
  const { raw, envelope, headers } = message;
  return {
    ...message,
    ...kept,
    to: [...(kept["to"] ?? []), ...substitutes],
    ...(Array.isArray(envelope?.to) && {
      envelope: { ...envelope, to: replaceAddresses(ownRecipients(message), keep, substitutes) },
    }),
    ...(raw === undefined && { headers: { ...withoutRecipients(headers), ...originals } }),
  };
}

/** The addresses that are kept, and those of the substitutes where one was not. */
export function replaceAddresses(
  addresses: readonly string[],
  keep: (address: string) => boolean,
  substitutes: readonly Mailbox[],
): string[] {
  const kept = addresses.filter((address) => keep(envelopeAddress(address)));
  const added = kept.length < addresses.length ? substitutes.map(envelopeAddress) : [];
  return [...new Set([...kept, ...added])];
}

function withoutRecipients(headers: MessageFields["headers"]): Record<string, HeaderValue> {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !RECIPIENT_HEADERS.test(name)));
}
