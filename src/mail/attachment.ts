/** Attachments, whose content is at hand, as parts of a message. */
import { isUtf8 } from "node:buffer";
import { findUnknownOption } from "../base/index.ts";
import { bytesOrText, contentOctets } from "./attachment-content.ts";
import { MessageError } from "./errors.ts";
import { partHeaderLines } from "./header-fields.ts";
import type { Attachment } from "./message-fields.ts";
import { octetsOf, refuseDeepNesting, refuseUnsafe, sevenBitMessage } from "./mime/entity.ts";
import { CRLF } from "./mime/header.ts";
import {
  charsetOf,
  checkMediaType,
  DEFAULT_MEDIA_TYPE,
  guessMediaType,
  isText,
  MESSAGE_TYPE,
} from "./mime/media-type.ts";
import { isPlain, likeness, parameterHeader } from "./mime/parameter.ts";
import { contentHeaders, type Leaf } from "./mime/part.ts";
import { encodeBytes } from "./mime/transfer-encoding.ts";
import { headerText } from "./text.ts";

/** Far beyond what a file system takes. */
const MAX_FILENAME = 1000;
/** msg-id of RFC 5322 without its brackets, and the bare words that are common. */
const CONTENT_ID = /^(?!.*=\?)[!-;=?-~]{1,250}$/;

const attachmentFields = {
  filename: true,
  content: true,
  path: true,
  encoding: true,
  contentType: true,
  contentDisposition: true,
  cid: true,
  headers: true,
  raw: true,
} satisfies Record<keyof Attachment, true>;
const ATTACHMENT_FIELDS: readonly string[] = Object.keys(attachmentFields);

/** An attachment as a part, and the Content-ID by which HTML may show it. */
export interface AttachmentPart {
  readonly part: Leaf;
  readonly cid: string | undefined;
}

/**
 * Makes an attachment a part. Its bytes come back exactly, those of text too.
 *
 * @param field As an error names it, such as `attachments[0]`.
 * @throws MessageError WX_MESSAGE_ATTACHMENT, WX_MESSAGE_CONTENT_TYPE, WX_MESSAGE_RAW, WX_MESSAGE_HEADER, WX_MESSAGE_FIELD,
 *   WX_MESSAGE_CHARSET, WX_MESSAGE_NESTING
 */
export function attachmentPart(attachment: Attachment, field: string): AttachmentPart {
  refuseUnknownFields(attachment, field);
  if (attachment.raw !== undefined) return { part: rawPart(attachment, field), cid: undefined };
  const { filename, cid, contentType } = attachment;
  const name = filename === undefined || filename === false ? undefined : baseName(filename, `${field}.filename`);
  const type = contentType === undefined ? undefined : checkMediaType(contentType, `${field}.contentType`);
  const octets = contentOctets(attachment, type, field);
  const about = dispositionHeaders(attachment, name, field) + partHeaderLines(attachment.headers, field);
  const message = messageContent(octets, type, name, field);
  if (message !== undefined) return { part: messagePart(message, type ?? MESSAGE_TYPE, about), cid };
  const guessed = type ?? (name === undefined ? DEFAULT_MEDIA_TYPE : guessMediaType(name));
  const body = encodeBytes(octets);
  const headers = contentHeaders(withName(honestType(octets, guessed), name), about, body.encoding);
  return { part: { headers, body }, cid };
}

/** Beside a name that goes by RFC 2231, readers that do not know that find its likeness here. */
function withName(type: string, name: string | undefined): string {
  if (name === undefined || isPlain(name) || /; ?name=/i.test(type)) return type;
  return `${type}; name="${likeness(name)}"`;
}

function refuseUnknownFields(attachment: Attachment, field: string): void {
  if (typeof attachment !== "object" || attachment === null) {
    const fix = 'Give { filename, content }, such as { filename: "a.txt", content: "text" }';
    throw new MessageError("WX_MESSAGE_ATTACHMENT", { field, problem: "is not an attachment", fix });
  }
  const unknown = findUnknownOption(attachment, ATTACHMENT_FIELDS);
  if (unknown === undefined) return;
  const { name: value, hint: fix } = unknown;
  throw new MessageError("WX_MESSAGE_FIELD", { field, value, problem: "is not a field of an attachment", fix });
}

/** A prebuilt part, taken as it is. */
function rawPart(attachment: Attachment, field: string): Leaf {
  const { raw = "", ...others } = attachment;
  const other = Object.entries(others).find(([, value]) => value !== undefined)?.[0];
  if (other !== undefined) {
    const fix = "Leave it out, or say it in the headers of raw";
    throw new MessageError("WX_MESSAGE_ATTACHMENT", { field: `${field}.${other}`, problem: "stands beside raw", fix });
  }
  const octets = octetsOf(bytesOrText(raw, `${field}.raw`));
  refuseUnsafe(octets, `${field}.raw`);
  refuseDeepNesting(octets, `${field}.raw`);
  requireHeader(octets, `${field}.raw`);
  return { headers: "", body: { encoding: "7bit", octets, length: octets.length }, isForeign: true };
}

/** A part begins with headers, or with the empty line that ends them. */
function requireHeader(octets: Buffer, field: string): void {
  const end = octets.indexOf(CRLF + CRLF);
  const header = octets.toString("latin1", 0, end < 0 ? octets.length : end + CRLF.length);
  if (header.startsWith(CRLF) || (end >= 0 && /^(?:[!-9;-~]+:[\t -~]*\r\n(?:[ \t][\t -~]*\r\n)*)+$/.test(header)))
    return;
  const fix = "Begin it with headers such as Content-Type, and an empty line after them";
  throw new MessageError("WX_MESSAGE_RAW", { field, problem: "does not begin with the headers of a part", fix });
}

/** The last part of a path, so that no reader is told where to write. */
function baseName(filename: string, field: string): string {
  const name = headerText(filename, field).split(/[/\\]/).at(-1) ?? "";
  if (name.length <= MAX_FILENAME && !["", ".", ".."].includes(name)) return name;
  const fix = `Give a name such as report.pdf, of at most ${MAX_FILENAME} characters`;
  throw new MessageError("WX_MESSAGE_ATTACHMENT", {
    field,
    value: filename,
    problem: "is not the name of a file",
    fix,
  });
}

function dispositionHeaders({ contentDisposition, cid }: Attachment, name: string | undefined, field: string): string {
  const disposition = contentDisposition ?? (cid === undefined ? "attachment" : "inline");
  if (disposition !== "attachment" && disposition !== "inline") {
    const where = `${field}.contentDisposition`;
    const shown = typeof disposition === "string" ? { value: disposition as string } : {};
    const problem = "is not how a file is shown";
    const fix = 'Say "attachment" or "inline"';
    throw new MessageError("WX_MESSAGE_ATTACHMENT", { field: where, ...shown, problem, fix });
  }
  const line =
    name === undefined
      ? `Content-Disposition: ${disposition}`
      : parameterHeader("Content-Disposition", disposition, "filename", name);
  return line + CRLF + (cid === undefined ? "" : `Content-ID: <${checkContentId(cid, `${field}.cid`)}>${CRLF}`);
}

function checkContentId(cid: string, field: string): string {
  if (CONTENT_ID.test(headerText(cid, field))) return cid;
  throw new MessageError("WX_MESSAGE_ATTACHMENT", {
    field,
    value: cid,
    problem: "is not a Content-ID",
    fix: "Give visible ASCII without spaces and angle brackets, such as logo@example.com, and write cid:logo@example.com in the HTML",
  });
}

/** The content when it goes as a message inside the message: by its type, or by a name that ends in .eml where it can. */
function messageContent(
  octets: Uint8Array,
  type: string | undefined,
  name: string | undefined,
  field: string,
): Buffer | undefined {
  if (type !== undefined && !isMessageType(type)) return undefined;
  if (type !== undefined) return sevenBitMessage(octetsOf(octets), `${field}.content`);
  if (name === undefined || guessMediaType(name) !== MESSAGE_TYPE) return undefined;
  try {
    return sevenBitMessage(octetsOf(octets), `${field}.content`);
  } catch (error) {
    if (error instanceof MessageError) return undefined; // It goes as a file then, whose bytes are kept.
    throw error;
  }
}

/** Of the message types, the check lets only this one through. */
function isMessageType(type: string): boolean {
  return type.toLowerCase().startsWith(MESSAGE_TYPE);
}

function messagePart(octets: Buffer, type: string, about: string): Leaf {
  const headers = contentHeaders(type, about, "7bit");
  return { headers, body: { encoding: "7bit", octets, length: octets.length }, isForeign: true };
}

/** Text that is not UTF-8 and does not say what it is goes as plain bytes, so that nobody decodes it wrongly. */
export function honestType(octets: Uint8Array, type: string): string {
  if (type === MESSAGE_TYPE) return DEFAULT_MEDIA_TYPE;
  if (!isText(type) || charsetOf(type) !== undefined) return type;
  return isUtf8(octets) ? `${type}; charset=utf-8` : DEFAULT_MEDIA_TYPE;
}
