/** Base64 in the URL-safe alphabet without padding (RFC 4648, section 5), strict on reading unless leniency is asked for. */
import { BadData } from "./errors.ts";
import { decodeLenientBase64 } from "./lenient-base64.ts";

export function encodeBase64Url(value: string | Uint8Array): string {
  const bytes =
    typeof value === "string" ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.length);
  return bytes.toString("base64url");
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
  if (bytes.toString("base64url") !== text)
    throw new BadData("not unpadded URL-safe base64 in its one correct spelling");
  return bytes;
}
