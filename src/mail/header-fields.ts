/** The header fields of a message: one of each, what `headers` may override, and what it may not hold. */
import { type Mailbox, parseMailboxes, parseMailboxText } from "./address.ts";
import { MessageError } from "./errors.ts";
import type { HeaderValue } from "./message.ts";
import { mailboxHeader, longestLine, plainHeader, textHeader } from "./mime/header.ts";
import { headerText, notText } from "./text.ts";

/** RFC 5322, section 2.1.1, without the CRLF. */
const MAX_LINE = 998;
const MAX_NAME = 76;

/** Headers whose value is mailboxes. */
const MAILBOX_HEADERS = /^(?:from|sender|reply-to|to|cc|disposition-notification-to|resent-(?:from|sender|to|cc))$/;
/** Headers with a grammar of their own, in which an encoded-word would be taken literally. */
const STRUCTURED_HEADERS =
  /^(?:list-.*|references|in-reply-to|auto-submitted|precedence|importance|priority|x-priority|feedback-id|received|return-path|dkim-signature|authentication-results)$/;
const DATE = /^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|GMT|UT)$/;
const MESSAGE_ID = /^<[!-;=?A-~]+@[!-;=?A-~]+>$/;

/** Where else a header that may not be given is decided. */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ["bcc", "Use the field bcc, which stays out of the header"],
  ["subject", "Use the field subject"],
  ["mime-version", "Leave it out; it is always 1.0"],
]);

/** A header given by name, checked. */
export interface CustomHeader {
  name: string;
  /** As an error names it. */
  field: string;
  value: HeaderValue;
}

/**
 * The headers of a message by their lower-case names.
 *
 * @throws MessageError WX_MESSAGE_HEADER
 */
export function readCustomHeaders(headers: Readonly<Record<string, HeaderValue>> = {}): Map<string, CustomHeader> {
  const found = new Map<string, CustomHeader>();
  for (const [name, value] of Object.entries(headers)) {
    const field = `headers[${JSON.stringify(name.slice(0, MAX_NAME))}]`;
    const key = name.toLowerCase();
    const fault = nameFault(name, key) ?? (found.has(key) ? sameName : undefined);
    if (fault !== undefined) throw new MessageError("WX_MESSAGE_HEADER", { field, ...fault });
    found.set(key, { name, field, value });
  }
  return found;
}

const sameName = { problem: "is there twice, in another case", fix: "Give a list to repeat a header" };

function nameFault(name: string, key: string): { problem: string; fix: string } | undefined {
  if (name.length > MAX_NAME || !/^[!-9;-~]+$/.test(name)) {
    return { problem: "is not a header's name", fix: "A name is ASCII letters, digits and hyphens, at most 76" };
  }
  if (key.startsWith("content-")) {
    return { problem: "describes the body, which Waxseal encodes", fix: "Leave it out" };
  }
  const fix = RESERVED.get(key);
  return fix === undefined ? undefined : { problem: "may not be given by name", fix };
}

/** The header lines of a custom header: several where its value is a list of texts. */
export function customHeaderLines({ name, field, value }: CustomHeader): string[] {
  const key = name.toLowerCase();
  if (MAILBOX_HEADERS.test(key)) return [mailboxHeader(name, headerMailboxes(value, field))];
  if (value instanceof Date) return [`${name}: ${formatDate(value, field)}`];
  if (!Array.isArray(value)) return [customLine(name, headerText(value, field), field)];
  return value.map((item, index) => customLine(name, headerText(item, `${field}[${index}]`), `${field}[${index}]`));
}

function customLine(name: string, value: string, field: string): string {
  if (value === "") {
    throw new MessageError("WX_MESSAGE_HEADER", { field, problem: "is empty", fix: "Leave the header out" });
  }
  if (!STRUCTURED_HEADERS.test(name.toLowerCase())) return textHeader(name, value, MAX_LINE);
  const line = plainHeader(name, value);
  if (line !== undefined && longestLine(line) <= MAX_LINE) return line;
  throw new MessageError("WX_MESSAGE_HEADER", {
    field,
    value,
    problem: "does not fit a header of its kind",
    fix: `Give plain ASCII without spaces at its ends, and no word over ${MAX_LINE - MAX_NAME - 2} characters`,
  });
}

function headerMailboxes(value: HeaderValue, field: string): Mailbox[] {
  if (value instanceof Date) throw notText(value, field);
  const mailboxes = typeof value === "string" ? parseMailboxText(value, field) : parseMailboxes(value, field);
  if (mailboxes.length > 0) return mailboxes;
  throw new MessageError("WX_MESSAGE_HEADER", { field, problem: "names nobody", fix: "Leave the header out" });
}

/** The Date header's value: the one given, else the clock's, in UTC. */
export function dateValue(custom: CustomHeader | undefined, nowMs: number): string {
  if (custom === undefined) return formatDate(new Date(nowMs), "date");
  if (custom.value instanceof Date) return formatDate(custom.value, custom.field);
  const text = headerText(custom.value, custom.field);
  if (DATE.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw badDate(custom.field, text);
}

/** RFC 5322, section 3.3, in UTC. */
function formatDate(date: Date, field: string): string {
  const year = date.getUTCFullYear();
  if (!(year >= 1900 && year <= 9999)) throw badDate(field, String(date));
  return date.toUTCString().replace("GMT", "+0000");
}

function badDate(field: string, value: string): MessageError {
  const fix = 'Give a Date, or text such as "Thu, 01 Jan 2026 08:00:00 +0800"';
  return new MessageError("WX_MESSAGE_HEADER", { field, value, problem: "is not a date for a mail", fix });
}

/** The Message-ID that was given, checked. */
export function messageIdValue({ field, value }: CustomHeader): string {
  const text = headerText(value, field);
  if (text.length <= MAX_LINE - "Message-ID: ".length && MESSAGE_ID.test(text)) return text;
  const fix = "Write <something-unique@example.com>, with the angle brackets";
  throw new MessageError("WX_MESSAGE_HEADER", { field, value: text, problem: "is not a Message-ID", fix });
}
