/** The limit on how large a message may be, kept before the message is built. */
import { MessageError } from "./errors.ts";
import type { AttachmentContent, MessageFields } from "./message-fields.ts";
import { base64Length } from "./mime/base64.ts";

/**
 * Refuses content that cannot fit, by what it comes to at least.
 *
 * @throws MessageError WX_MESSAGE_TOO_LARGE
 */
export function refuseContentBeyond(maxMessageBytes: number | undefined, message: MessageFields): void {
  if (maxMessageBytes === undefined) return;
  const { raw, text, html, alternatives, attachments } = message;
  let least = lengthOf(raw) + lengthOf(text) + lengthOf(html);
  for (const { content } of itemsOf(alternatives)) least += lengthOf(content);
  for (const { content, encoding } of itemsOf(attachments)) {
    // Text may stand for fewer octets: hexadecimal for half of its length.
    if (encoding === undefined) least += base64Length(lengthOf(content));
  }
  refuseLengthBeyond(maxMessageBytes, least);
}

/**
 * Refuses a message of that length.
 *
 * @throws MessageError WX_MESSAGE_TOO_LARGE
 */
export function refuseLengthBeyond(maxMessageBytes: number | undefined, length: number): void {
  if (maxMessageBytes === undefined || length <= maxMessageBytes) return;
  throw new MessageError("WX_MESSAGE_TOO_LARGE", {
    field: "message",
    problem: `is ${length} octets, more than maxMessageBytes, which is ${maxMessageBytes}`,
    fix: "Send a link to a file that is large, or raise the limit where the mail servers on the way take as much",
  });
}

/** What is no list, or none of its objects, is for composing to refuse. */
function itemsOf<T extends object>(list: readonly T[] | undefined): readonly T[] {
  return Array.isArray(list) ? (list as readonly T[]).filter((item) => typeof item === "object" && item !== null) : [];
}

function lengthOf(content: AttachmentContent | undefined): number {
  return typeof content === "string" || content instanceof Uint8Array ? content.length : 0;
}
