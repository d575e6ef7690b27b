/** The people of a message: read from its fields, and written as its first headers. */
import { addressOptionsOf } from "./addr-spec.ts";
import { type Mailbox, parseMailbox, parseMailboxes } from "./address.ts";
import { MessageError } from "./errors.ts";
import { type CustomHeaders, headerMailboxes } from "./header-fields.ts";
import type { MessageFields } from "./message-fields.ts";
import { CRLF, type HeaderStyle, mailboxHeader } from "./mime/header.ts";

export interface People {
  readonly from: Mailbox;
  readonly sender: Mailbox | undefined;
  readonly to: readonly Mailbox[];
  readonly cc: readonly Mailbox[];
  readonly bcc: readonly Mailbox[];
  readonly replyTo: readonly Mailbox[];
}

const NOBODY: readonly Mailbox[] = [];

/**
 * Reads who a message is from and to.
 *
 * @throws MessageError WX_MESSAGE_NO_SENDER, WX_MESSAGE_ADDRESS, WX_MESSAGE_LIST
 */
export function readPeople(message: MessageFields, defaultFrom: string | undefined): People {
  const options = addressOptionsOf(message);
  const list = (field: "to" | "cc" | "bcc" | "replyTo"): readonly Mailbox[] =>
    message[field] === undefined ? NOBODY : parseMailboxes(message[field], field, options);
  const from = message.from === undefined || message.from === "" ? defaultFrom : message.from;
  if (from === undefined) throw noSender();
  return {
    from: parseMailbox(from, "from", options),
    sender: message.sender === undefined ? undefined : parseMailbox(message.sender, "sender", options),
    to: list("to"),
    cc: list("cc"),
    bcc: list("bcc"),
    replyTo: list("replyTo"),
  };
}

function noSender(): MessageError {
  const fix = "Set it, or configure a default sender (DEFAULT_FROM_EMAIL)";
  return new MessageError("WX_MESSAGE_NO_SENDER", { field: "from", problem: "is missing", fix });
}

/**
 * From, Sender, To, Cc and Reply-To, each with its CRLF: the custom header where there is one, else the field.
 *
 * @throws MessageError WX_MESSAGE_HEADER for several authors without a sender (RFC 5322, section 3.6.2)
 */
export function peopleHeaders(people: People, custom: CustomHeaders, style: HeaderStyle, foldsFrom: boolean): string {
  const from = overriding(custom, "from", style) ?? [people.from];
  const sender = overriding(custom, "sender", style) ?? (people.sender === undefined ? NOBODY : [people.sender]);
  if (sender.length > 1) throw severalSenders();
  if (from.length > 1 && sender.length === 0) throw severalAuthors();
  return (
    mailboxHeader("From", from, style, foldsFrom) +
    CRLF +
    line("Sender", sender, style) +
    line("To", overriding(custom, "to", style) ?? people.to, style) +
    line("Cc", overriding(custom, "cc", style) ?? people.cc, style) +
    line("Reply-To", overriding(custom, "reply-to", style) ?? people.replyTo, style)
  );
}

function overriding(custom: CustomHeaders, key: string, style: HeaderStyle): readonly Mailbox[] | undefined {
  const header = custom.get(key);
  return header === undefined ? undefined : headerMailboxes(header, style);
}

function line(name: string, mailboxes: readonly Mailbox[], style: HeaderStyle): string {
  return mailboxes.length === 0 ? "" : mailboxHeader(name, mailboxes, style) + CRLF;
}

function severalSenders(): MessageError {
  const fix = "Name one mailbox";
  return new MessageError("WX_MESSAGE_HEADER", { field: 'headers["Sender"]', problem: "names several", fix });
}

function severalAuthors(): MessageError {
  const fix = "Say in the field sender which one mailbox it is sent by";
  return new MessageError("WX_MESSAGE_HEADER", { field: 'headers["From"]', problem: "names several", fix });
}
