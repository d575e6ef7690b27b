/** From a message to what is sent: the envelope and the bytes, checked and 7-bit clean. */
import { randomUUID } from "node:crypto";
import { type Clock, findUnknownOption } from "../base/index.ts";
import type { Envelope } from "./backend.ts";
import { toAsciiAddress } from "./addr-spec.ts";
import { type Mailbox, parseMailbox, parseMailboxes } from "./address.ts";
import { bodyPart } from "./body.ts";
import { MessageError } from "./errors.ts";
import { type CustomHeader, customHeaderLines, dateValue, messageIdValue, readCustomHeaders } from "./header-fields.ts";
import { MESSAGE_FIELDS, type MessageFields } from "./message.ts";
import { CRLF, mailboxHeader, textHeader } from "./mime/header.ts";
import { renderPart } from "./mime/part.ts";
import { headerText } from "./text.ts";

/** What a message needs from around it. */
export interface ComposeContext {
  clock: Clock;
  /** The domain of the Message-ID. */
  hostname: string;
  /** The sender of a message that names none. */
  defaultFrom?: string | undefined;
}

/** A message ready to be handed to a backend, as often as it takes. */
export interface Composed {
  envelope: Envelope;
  /** RFC 5322 with CRLF, 7-bit clean. */
  bytes: Uint8Array;
  /** With its angle brackets. */
  messageId: string;
  subject: string;
}

/**
 * Composes a message.
 *
 * @throws MessageError when a field may not be sent; its text names the field and the fix
 *
 * @example
 * const { envelope, bytes } = compose(message, { clock: systemClock, hostname: "example.com" })
 */
export function compose(message: MessageFields, context: ComposeContext): Composed {
  refuseUnknownFields(message);
  const people = readPeople(message, context);
  const custom = readCustomHeaders(message.headers);
  const subject = headerText(message.subject ?? "", "subject");
  const given = custom.get("message-id");
  const messageId = given === undefined ? `<${randomUUID()}@${asciiHostname(context)}>` : messageIdValue(given);
  const { headers, body } = renderPart(bodyPart(message));
  const lines = [
    ...peopleHeaders(people, custom),
    ...(subject === "" ? [] : [textHeader("Subject", subject)]),
    `Date: ${dateValue(custom.get("date"), context.clock.now())}`,
    `Message-ID: ${messageId}`,
    ...furtherHeaders(custom),
    "MIME-Version: 1.0",
    ...headers,
  ];
  const bytes = Buffer.from([lines.join(CRLF), CRLF, CRLF, ...body].join(""), "latin1");
  return { envelope: envelopeOf(people), bytes, messageId, subject };
}

function refuseUnknownFields(message: MessageFields): void {
  const unknown = findUnknownOption(message, MESSAGE_FIELDS);
  if (unknown === undefined) return;
  const { name: value, hint: fix } = unknown;
  throw new MessageError("WX_MESSAGE_FIELD", { field: "message", value, problem: "is not a field", fix });
}

interface People {
  from: Mailbox;
  to: Mailbox[];
  cc: Mailbox[];
  bcc: Mailbox[];
  replyTo: Mailbox[];
}

function readPeople(message: MessageFields, { defaultFrom }: ComposeContext): People {
  const from = message.from === undefined || message.from === "" ? defaultFrom : message.from;
  if (from === undefined) {
    throw new MessageError("WX_MESSAGE_NO_SENDER", {
      field: "from",
      problem: "is missing",
      fix: "Set it, or configure a default sender (DEFAULT_FROM_EMAIL)",
    });
  }
  return {
    from: parseMailbox(from, "from"),
    to: parseMailboxes(message.to, "to"),
    cc: parseMailboxes(message.cc, "cc"),
    bcc: parseMailboxes(message.bcc, "bcc"),
    replyTo: parseMailboxes(message.replyTo, "replyTo"),
  };
}

/** One recipient per mailbox, however often it is named; case matters before the @ only. */
function envelopeOf({ from, to, cc, bcc }: People): Envelope {
  const recipients = new Map<string, string>();
  for (const { address } of [...to, ...cc, ...bcc]) {
    const ascii = toAsciiAddress(address);
    const at = ascii.lastIndexOf("@");
    const key = ascii.slice(0, at) + ascii.slice(at).toLowerCase();
    if (!recipients.has(key)) recipients.set(key, ascii);
  }
  if (recipients.size > 0) return { from: toAsciiAddress(from.address), to: [...recipients.values()] };
  const fix = "Name at least one address in to, cc or bcc";
  throw new MessageError("WX_MESSAGE_NO_RECIPIENT", { field: "to", problem: "names nobody", fix });
}

/** From, To, Cc and Reply-To: the custom header where there is one, else the field. */
function peopleHeaders(people: People, custom: ReadonlyMap<string, CustomHeader>): string[] {
  const fields: [string, Mailbox[]][] = [
    ["From", [people.from]],
    ["To", people.to],
    ["Cc", people.cc],
    ["Reply-To", people.replyTo],
  ];
  return fields.flatMap(([name, mailboxes]) => {
    const override = custom.get(name.toLowerCase());
    if (override !== undefined) return customHeaderLines({ ...override, name });
    return mailboxes.length === 0 ? [] : [mailboxHeader(name, mailboxes)];
  });
}

const WRITTEN_ALREADY: ReadonlySet<string> = new Set(["from", "to", "cc", "reply-to", "date", "message-id"]);

function furtherHeaders(custom: ReadonlyMap<string, CustomHeader>): string[] {
  return [...custom].flatMap(([key, header]) => (WRITTEN_ALREADY.has(key) ? [] : customHeaderLines(header)));
}

function asciiHostname({ hostname }: ComposeContext): string {
  const address = toAsciiAddress(`id@${hostname}`, "hostname");
  return address.slice(address.lastIndexOf("@") + 1);
}
