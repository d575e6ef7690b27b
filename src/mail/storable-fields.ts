/** The fields of a message as JSON can hold them, from which the same message can be made again. */
import { isUtf8 } from "node:buffer";
import { MessageError } from "./errors.ts";
import type { Alternative, Attachment, HeaderValue, MessageFields } from "./message-fields.ts";

/** @throws MessageError WX_MESSAGE_STREAM for a stream, WX_MESSAGE_TYPE for bytes of `raw` or an event that are not UTF-8 */
export function storableFields(message: MessageFields): MessageFields {
  const { date, raw, headers, alternatives, attachments, icalEvent } = message;
  return {
    ...message,
    date: date instanceof Date ? mailDate(date) : date,
    raw: raw === undefined ? undefined : asText(raw, "raw"),
    headers: headers === undefined ? undefined : storableHeaders(headers),
    alternatives: alternatives?.map(storableAlternative),
    attachments: attachments?.map(storableAttachment),
    icalEvent: icalEvent && { ...icalEvent, content: asText(icalEvent.content, "icalEvent.content") },
  };
}

function mailDate(date: Date): string {
  return date.toUTCString().replace("GMT", "+0000");
}

function storableHeaders(headers: Readonly<Record<string, HeaderValue>>): Record<string, HeaderValue> {
  const entries = Object.entries(headers);
  return Object.fromEntries(entries.map(([name, value]) => [name, value instanceof Date ? mailDate(value) : value]));
}

function storableAlternative(alternative: Alternative): Alternative {
  const { content } = alternative;
  return typeof content === "string" ? alternative : { ...alternative, content: base64(content), encoding: "base64" };
}

function storableAttachment(attachment: Attachment, index: number): Attachment {
  const { content, path, raw } = attachment;
  const stored: Attachment = { ...attachment };
  if (path instanceof URL) stored.path = path.href;
  if (raw !== undefined) stored.raw = asText(raw, `attachments[${index}].raw`);
  if (content === undefined || typeof content === "string") return stored;
  if (content instanceof Uint8Array) return { ...stored, content: base64(content), encoding: "base64" };
  throw new MessageError("WX_MESSAGE_STREAM", {
    field: `attachments[${index}].content`,
    problem: "is a stream, which cannot be stored",
    fix: "Read it to its end and give its bytes",
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

function asText(content: string | Uint8Array, field: string): string {
  if (typeof content === "string") return content;
  if (isUtf8(content)) return Buffer.from(content).toString("utf8");
  throw new MessageError("WX_MESSAGE_TYPE", {
    field,
    problem: "holds bytes that are not UTF-8, which JSON cannot hold",
    fix: "Attach them as a file",
  });
}
