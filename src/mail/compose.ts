/** From a message to what is sent: the envelope and the bytes, checked and 7-bit clean. */
import { type Clock, findUnknownOption, newId } from "../base/index.ts";
import { addressOptionsOf, toAsciiAddress } from "./addr-spec.ts";
import { bodyPart } from "./body.ts";
import type { Composed } from "./composed.ts";
import { dateOfNow, dateValue } from "./date-value.ts";
import { MessageError } from "./errors.ts";
import { expandFields } from "./expand.ts";
import { type CustomHeaders, customHeaderLines, messageIdValue, readCustomHeaders } from "./header-fields.ts";
import type { HeaderEncoding } from "./header-encoding.ts";
import { messageEnvelope } from "./message-envelope.ts";
import { MESSAGE_FIELDS, type MessageFields } from "./message-fields.ts";
import { refuseContentBeyond, refuseLengthBeyond } from "./message-size.ts";
import { ASCII_STYLE, CRLF, type HeaderStyle, textHeader } from "./mime/header.ts";
import { layOut, writeLayout } from "./mime/part.ts";
import { withScratch } from "./mime/scratch.ts";
import { peopleHeaders, readPeople } from "./people.ts";
import { composeRaw } from "./raw-message.ts";
import { headerText } from "./text.ts";

export type { Composed } from "./composed.ts";

/** What a message needs from around it. */
export interface ComposeContext {
  clock: Clock;
  /** The domain of the Message-ID. */
  hostname: string;
  /** The sender of a message that names none. */
  defaultFrom?: string | undefined;
  /** The charset of a message that names none. Default `utf-8`. */
  charset?: string | undefined;
  /** Dates in the machine's time zone. Default false: UTC. */
  useLocalTime?: boolean | undefined;
  /** The largest message that is composed, in octets as sent. Default: no limit. */
  maxMessageBytes?: number | undefined;
  headerEncoding?: HeaderEncoding | undefined;
}

/**
 * Composes a message whose content is at hand.
 *
 * @throws MessageError when a field may not be sent; its text names the field and the fix
 *
 * @example
 * const { envelope, bytes } = compose(message, { clock: systemClock, hostname: "example.com" })
 */
export function compose(message: MessageFields, context: ComposeContext): Composed {
  refuseUnknownFields(message);
  refuseContentBeyond(context.maxMessageBytes, message);
  const expanded = expandFields(message);
  if (expanded.raw === undefined) return withScratch(() => composeFields(expanded, context));
  const composed = composeRaw(expanded, context.defaultFrom);
  refuseLengthBeyond(context.maxMessageBytes, composed.bytes.length);
  return composed;
}

function composeFields(message: MessageFields, context: ComposeContext): Composed {
  const people = readPeople(message, context.defaultFrom);
  const custom = readCustomHeaders(message.headers);
  const style = headerStyle(message, context);
  const subject = headerText(message.subject ?? "", "subject");
  const messageId = idOf(message, custom, context);
  const headers =
    peopleHeaders(people, custom, style, context.headerEncoding?.foldFrom !== false) +
    (subject === "" ? "" : textHeader("Subject", subject, style) + CRLF) +
    `Date: ${dateOf(message, custom, context)}${CRLF}Message-ID: ${messageId}${CRLF}` +
    furtherHeaders(custom, style) +
    `MIME-Version: 1.0${CRLF}`;
  const octets = style.utf8 ? utf8Octets(headers) : headers;
  const envelope = messageEnvelope(message, people, octets.length !== headers.length);
  // Whoever names the Message-ID gets the same bytes for the same message, boundaries included.
  const seed = message.messageId !== undefined || custom.has("message-id") ? messageId : undefined;
  const layout = layOut(octets, bodyPart(message, context.charset), seed);
  refuseLengthBeyond(context.maxMessageBytes, layout.length);
  return { envelope, bytes: writeLayout(layout), messageId, subject };
}

const KNOWN_FIELDS: ReadonlySet<string> = new Set(MESSAGE_FIELDS);

function refuseUnknownFields(message: MessageFields): void {
  if (Object.keys(message).every((name) => KNOWN_FIELDS.has(name))) return;
  const unknown = findUnknownOption(message, MESSAGE_FIELDS);
  if (unknown === undefined) return;
  const { name: value, hint: fix } = unknown;
  throw new MessageError("WX_MESSAGE_FIELD", { field: "message", value, problem: "is not a field", fix });
}

function headerStyle(message: MessageFields, { headerEncoding }: ComposeContext): HeaderStyle {
  const addresses = addressOptionsOf(message);
  if (addresses === undefined && headerEncoding === undefined) return ASCII_STYLE;
  return { utf8: message.smtpUtf8 === true, words: headerEncoding?.words ?? ASCII_STYLE.words, addresses };
}

/** Text as UTF-8, one character for each octet. */
function utf8Octets(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function idOf(message: MessageFields, custom: CustomHeaders, { hostname, clock }: ComposeContext): string {
  const header = custom.get("message-id");
  if (header !== undefined) return messageIdValue(header.value, header.field);
  if (message.messageId !== undefined) return messageIdValue(message.messageId, "messageId");
  const domain = message.messageIdDomain;
  const asciiDomain =
    domain === undefined
      ? asciiHostname(hostname)
      : domainOf(toAsciiAddress(`id@${headerText(domain, "messageIdDomain")}`, "messageIdDomain"));
  // In the order of time, so that a table of sent mail grows at its end.
  return `<${newId(clock.now())}@${asciiDomain}>`;
}

let knownHostname = "";
let knownDomain = "";

/** A mailer's hostname is the same for all its messages: it is read once. */
function asciiHostname(hostname: string): string {
  if (hostname !== knownHostname || knownHostname === "") {
    knownDomain = domainOf(toAsciiAddress(`id@${hostname}`, "hostname"));
    knownHostname = hostname;
  }
  return knownDomain;
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1);
}

function dateOf(message: MessageFields, custom: CustomHeaders, { clock, useLocalTime }: ComposeContext): string {
  const header = custom.get("date");
  if (header !== undefined) return dateValue(header.value, header.field, useLocalTime);
  if (message.date === undefined && useLocalTime !== true) return dateOfNow(clock.now());
  return dateValue(message.date ?? new Date(clock.now()), "date", useLocalTime);
}

const WRITTEN_ALREADY: ReadonlySet<string> = new Set(["from", "sender", "to", "cc", "reply-to", "date", "message-id"]);

function furtherHeaders(custom: CustomHeaders, style: HeaderStyle): string {
  let lines = "";
  for (const [key, header] of custom) if (!WRITTEN_ALREADY.has(key)) lines += customHeaderLines(header, style);
  return lines;
}
