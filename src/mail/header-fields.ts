/** The header fields of a message: one of each, what `headers` may override, and what it may not hold. */
import { type Mailbox, parseMailboxes, parseMailboxText } from "./address.ts";
import { formatDate } from "./date-value.ts";
import { MessageError } from "./errors.ts";
import type { HeaderValue } from "./message-fields.ts";
import {
  ASCII_STYLE,
  CRLF,
  type HeaderStyle,
  LONGEST_LINE,
  longestLine,
  mailboxHeader,
  plainHeader,
  textHeader,
} from "./mime/header.ts";
import { headerText, notText } from "./text.ts";

const MAX_NAME = 76;

/** Headers whose value is mailboxes. */
const MAILBOX_HEADERS = /^(?:from|sender|reply-to|to|cc|disposition-notification-to|resent-(?:from|sender|to|cc))$/;
/** Headers with a grammar of their own, in which an encoded-word would be taken literally. */
const STRUCTURED_HEADERS =
  /^(?:list-.*|references|in-reply-to|auto-submitted|precedence|importance|priority|x-priority|feedback-id|received|return-path|dkim-signature|authentication-results)$/;
/** Of these, one at the most (RFC 5322, section 3.6; RFC 2369, section 4). */
const ONCE = /^(?:list-.*|references|in-reply-to|auto-submitted|importance|priority|x-priority)$/;
/** msg-id of RFC 5322, section 3.6.4, without the obsolete forms, and nothing in it that a reader would decode. */
const MESSAGE_ID = /^<(?!.*=\?)[\w.!#$%&'*+/=?^`{|}~-]+@(?:[\w.!#$%&'*+/=?^`{|}~-]+|\[[!-Z^-~]+\])>$/;

/** Where else a header that may not be given is decided. */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ["bcc", "Use the field bcc, which stays out of the header"],
  ["resent-bcc", "Use the field bcc, which stays out of the header"],
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

/** Headers by their lower-case names. */
export type CustomHeaders = ReadonlyMap<string, CustomHeader>;

/**
 * The headers of a message by their lower-case names.
 *
 * @throws MessageError WX_MESSAGE_HEADER
 */
export function readCustomHeaders(headers: Readonly<Record<string, HeaderValue>> | undefined): CustomHeaders {
  const found = new Map<string, CustomHeader>();
  if (typeof (headers ?? {}) !== "object" || Array.isArray(headers)) {
    const fix = 'Give an object, such as { "X-Tag": "welcome" }; a list as a value repeats a header';
    throw new MessageError("WX_MESSAGE_HEADER", { field: "headers", problem: "is no object of names and values", fix });
  }
  for (const [name, value] of Object.entries(headers ?? {})) {
    const field = `headers[${JSON.stringify(name.slice(0, MAX_NAME))}]`;
    const key = name.toLowerCase();
    const fault = nameFault(name, key) ?? (found.has(key) ? sameName : undefined);
    if (fault !== undefined) throw new MessageError("WX_MESSAGE_HEADER", { field, ...fault });
    found.set(key, { name, field, value });
  }
  return found;
}

const sameName = { problem: "is there twice, in another case", fix: "Give a list to repeat a header" };

const NAME_FIX = "A name is ASCII letters, digits and hyphens, at most 76";

function isName(name: string): boolean {
  return name.length <= MAX_NAME && /^[!-9;-~]+$/.test(name);
}

function nameFault(name: string, key: string): { problem: string; fix: string } | undefined {
  if (!isName(name)) return { problem: "is not a header's name", fix: NAME_FIX };
  if (key.startsWith("content-") && key !== "content-language") {
    return { problem: "describes the body, which Waxseal encodes", fix: "Leave it out" };
  }
  const fix = RESERVED.get(key);
  return fix === undefined ? undefined : { problem: "may not be given by name", fix };
}

/** The header lines of a custom header, each with its CRLF: several where its value is a list of texts. */
export function customHeaderLines(header: CustomHeader, style: HeaderStyle = ASCII_STYLE): string {
  const { name, field, value } = header;
  if (isMailboxHeader(name)) return mailboxHeader(name, headerMailboxes(header, style), style) + CRLF;
  if (value instanceof Date) return `${name}: ${formatDate(value, field)}${CRLF}`;
  if (!Array.isArray(value)) return customLine(name, headerText(value, field), field, style);
  if (value.length > 1 && ONCE.test(name.toLowerCase())) {
    const fix = "Give one text with all of it";
    throw new MessageError("WX_MESSAGE_HEADER", {
      field,
      problem: "is a header that stands once, and not a list",
      fix,
    });
  }
  const lines = value.map((item, index) => {
    const place = `${field}[${index}]`;
    return customLine(name, headerText(item, place), place, style);
  });
  return lines.join("");
}

function customLine(name: string, value: string, field: string, style: HeaderStyle): string {
  if (value === "") {
    throw new MessageError("WX_MESSAGE_HEADER", { field, problem: "is empty", fix: "Leave the header out" });
  }
  if (!STRUCTURED_HEADERS.test(name.toLowerCase())) return textHeader(name, value, style, LONGEST_LINE) + CRLF;
  const line = plainHeader(name, value);
  if (line !== undefined && longestLine(line) <= LONGEST_LINE) return line + CRLF;
  throw new MessageError("WX_MESSAGE_HEADER", {
    field,
    value,
    problem: "does not fit a header of its kind",
    fix: `Give plain ASCII without spaces at its ends, and no word over ${LONGEST_LINE - MAX_NAME - 2} characters`,
  });
}

function isMailboxHeader(name: string): boolean {
  return MAILBOX_HEADERS.test(name.toLowerCase());
}

/** The mailboxes that a header given by name holds. */
export function headerMailboxes({ field, value }: CustomHeader, { addresses }: HeaderStyle): Mailbox[] {
  if (value instanceof Date) throw notText(value, field);
  const mailboxes =
    typeof value === "string" ? parseMailboxText(value, field, addresses) : parseMailboxes(value, field, addresses);
  if (mailboxes.length > 0) return mailboxes;
  throw new MessageError("WX_MESSAGE_HEADER", { field, problem: "names nobody", fix: "Leave the header out" });
}

/** What a part's own fields decide. */
const PART_FIELDS: ReadonlyMap<string, string> = new Map([
  ["content-type", "Use the field contentType"],
  ["content-disposition", "Use the fields contentDisposition and filename"],
  ["content-id", "Use the field cid"],
  ["content-transfer-encoding", "Leave it out; Waxseal encodes the content"],
]);

/**
 * The further headers of a part, each with its CRLF.
 *
 * @throws MessageError WX_MESSAGE_HEADER
 */
export function partHeaderLines(headers: Readonly<Record<string, string>> | undefined, part: string): string {
  if (headers === undefined || headers === null) return "";
  let lines = "";
  for (const [name, value] of Object.entries(headers)) {
    const field = `${part}.headers[${JSON.stringify(name.slice(0, MAX_NAME))}]`;
    const fix = PART_FIELDS.get(name.toLowerCase()) ?? (isName(name) ? undefined : NAME_FIX);
    if (fix !== undefined)
      throw new MessageError("WX_MESSAGE_HEADER", { field, problem: "may not be given by name", fix });
    lines += customLine(name, headerText(value, field), field, ASCII_STYLE);
  }
  return lines;
}

/**
 * The Message-ID that was given, checked.
 *
 * @throws MessageError WX_MESSAGE_HEADER
 */
export function messageIdValue(value: HeaderValue, field: string): string {
  const text = headerText(value, field);
  if (text.length <= LONGEST_LINE - "Message-ID: ".length && MESSAGE_ID.test(text)) return text;
  const fix = "Write <something-unique@example.com>, with the angle brackets";
  throw new MessageError("WX_MESSAGE_HEADER", { field, value: text, problem: "is not a Message-ID", fix });
}
