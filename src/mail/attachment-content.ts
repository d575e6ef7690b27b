/** What the content of an attachment or an alternative stands for: bytes, whichever way they are written. */
import { MessageError } from "./errors.ts";
import type { Attachment } from "./message-fields.ts";
import { readCharset, textEncoding } from "./mime/charset.ts";
import { charsetOf, isText } from "./mime/media-type.ts";

/**
 * The octets that content stands for.
 *
 * @throws MessageError WX_MESSAGE_ATTACHMENT, WX_MESSAGE_CHARSET
 */
export function contentOctets(
  { content, encoding, path }: Attachment,
  type: string | undefined,
  field: string,
): Uint8Array {
  if (content === undefined && path !== undefined) throw notLoaded(`${field}.path`);
  if (typeof content === "object" && content !== null && Symbol.asyncIterator in content) {
    throw notLoaded(`${field}.content`);
  }
  const given = bytesOrText(content, `${field}.content`);
  if (typeof given !== "string") return given;
  if (encoding !== undefined && encoding !== "utf8") return decode(given, encoding, field);
  const charset = type === undefined || !isText(type) ? undefined : charsetOf(type);
  if (charset === undefined) return Buffer.from(given, "utf8");
  return Buffer.from(given, textEncoding(given, readCharset(charset, `${field}.contentType`), `${field}.content`));
}

/**
 * Text or bytes, and nothing else.
 *
 * @throws MessageError WX_MESSAGE_ATTACHMENT
 */
export function bytesOrText(content: unknown, field: string): string | Uint8Array {
  if (typeof content === "string" || content instanceof Uint8Array) return content;
  const fix = "Give a string, a Buffer or a Uint8Array";
  throw new MessageError("WX_MESSAGE_ATTACHMENT", { field, problem: "is neither text nor bytes", fix });
}

function notLoaded(field: string): MessageError {
  const fix = "Send it, or compose it, with what createMail gives, which reads it first; or give its bytes as content";
  return new MessageError("WX_MESSAGE_ATTACHMENT", { field, problem: "has not been read", fix });
}

type BytesEncoding = Exclude<NonNullable<Attachment["encoding"]>, "utf8">;

const WRITTEN_AS: Readonly<Record<BytesEncoding, RegExp>> = {
  base64: /^[A-Za-z\d+/\s]*(?:=\s*){0,2}$/,
  base64url: /^[\w-]*={0,2}$/,
  hex: /^(?:[\dA-Fa-f]{2})*$/,
  // oxlint-disable-next-line no-control-regex -- every character of one octet
  latin1: /^[\0-\xff]*$/,
};

/** Node would pass over what does not belong to an encoding; here nothing is lost in silence. */
function decode(content: string, encoding: BytesEncoding, field: string): Buffer {
  // A name that every object has is none of ours.
  const shape = typeof encoding === "string" && Object.hasOwn(WRITTEN_AS, encoding) ? WRITTEN_AS[encoding] : undefined;
  if (shape === undefined) throw unknownEncoding(encoding, `${field}.encoding`);
  if (shape.test(content) && !hasLooseDigit(content, encoding)) return Buffer.from(content, encoding);
  throw new MessageError("WX_MESSAGE_ATTACHMENT", {
    field: `${field}.content`,
    value: content,
    problem: `is not ${encoding}`,
    fix: "Leave encoding out where content is text, or correct it",
  });
}

/** True for base64 whose last digit is too little for an octet. */
function hasLooseDigit(content: string, encoding: BytesEncoding): boolean {
  return encoding.startsWith("base64") && content.replace(/[\s=]+/g, "").length % 4 === 1;
}

function unknownEncoding(value: unknown, field: string): MessageError {
  const fix = `There are: utf8, ${Object.keys(WRITTEN_AS).join(", ")}`;
  return new MessageError("WX_MESSAGE_ATTACHMENT", {
    field,
    ...(typeof value === "string" && { value }),
    problem: "is not an encoding of bytes",
    fix,
  });
}
