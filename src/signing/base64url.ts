/** Base64 in the URL-safe alphabet without padding (RFC 4648, section 5), strict on reading unless leniency is asked for. */
import { BadData } from "./errors.ts";
import { decodeLenientBase64 } from "./lenient-base64.ts";
import { decodeUtf8, REPLACEMENT } from "./utf8.ts";

/** Where short texts are encoded and decoded, which saves an allocation for each; every call is done with it before it returns. */
const scratch = Buffer.alloc(4096);

/** The unpadded base64 of bytes, or of text in UTF-8. */
export function encodeBase64Url(value: string | Uint8Array): string {
  if (typeof value !== "string") return Buffer.from(value.buffer, value.byteOffset, value.length).toString("base64url");
  // A character takes three bytes of UTF-8 at the most.
  if (value.length * 3 > scratch.length) return Buffer.from(value).toString("base64url");
  return scratch.toString("base64url", 0, scratch.write(value));
}

function refuse(): never {
  throw new BadData("not unpadded URL-safe base64 in its one correct spelling");
}

/**
 * The bytes that `text` stands for.
 *
 * Strict reading accepts exactly what `encodeBase64Url` writes, so that no two texts stand for the same bytes.
 *
 * @param lenient Also accept what Python's decoder does: padding, `+` and `/`, foreign characters, stray final bits.
 * @throws BadData where that is impossible.
 */
export function decodeBase64Url(text: string, lenient: boolean): Buffer {
  if (lenient) return decodeLenientBase64(Buffer.from(text));
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : refuse();
}

/**
 * The UTF-8 text that the base64 `text` stands for.
 *
 * @param lenient As of `decodeBase64Url`.
 * @throws BadData where it is not base64, TypeError where the bytes are not UTF-8.
 */
export function decodeBase64UrlText(text: string, lenient: boolean): string {
  if (lenient || text.length > scratch.length) return decodeUtf8(decodeBase64Url(text, lenient));
  const length = scratch.write(text, "base64url");
  if (scratch.toString("base64url", 0, length) !== text) refuse();
  const decoded = scratch.toString("utf8", 0, length);
  return decoded.includes(REPLACEMENT) ? decodeUtf8(scratch.subarray(0, length)) : decoded;
}
