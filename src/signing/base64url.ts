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

const NOT_ALPHANUMERIC = /[^0-9A-Za-z]/;

/** What the last character may be where a group of four has only two or three: its unused bits are zero. */
const ENDS_OF_TWO = "AQgw";
const ENDS_OF_THREE = "AEIMQUYcgkosw048";

/** True for the correct spelling of bytes, where that is of letters and digits alone. */
function isPlainSpelling(text: string): boolean {
  if (NOT_ALPHANUMERIC.test(text)) return false;
  const rest = text.length % 4;
  if (rest === 0) return true;
  const last = text.charAt(text.length - 1);
  return (rest === 2 && ENDS_OF_TWO.includes(last)) || (rest === 3 && ENDS_OF_THREE.includes(last));
}

const NOT_ASCII = /[^\u0000-\u007f]/;

/**
 * The text, where it is ASCII and its base64 has neither `-` nor `_`, as of nearly every header and payload: in one step
 * and without a buffer, which is about half the time. Undefined where the other way must decide.
 */
function decodePlainText(text: string): string | undefined {
  if (!isPlainSpelling(text)) return undefined;
  const decoded = atob(text);
  return NOT_ASCII.test(decoded) ? undefined : decoded;
}

/**
 * The UTF-8 text that the base64 `text` stands for.
 *
 * @param lenient As of `decodeBase64Url`.
 * @throws BadData where it is not base64, TypeError where the bytes are not UTF-8.
 */
export function decodeBase64UrlText(text: string, lenient: boolean): string {
  if (lenient || text.length > scratch.length) return decodeUtf8(decodeBase64Url(text, lenient));
  const plain = decodePlainText(text);
  if (plain !== undefined) return plain;
  const length = scratch.write(text, "base64url");
  if (scratch.toString("base64url", 0, length) !== text) refuse();
  const decoded = scratch.toString("utf8", 0, length);
  return decoded.includes(REPLACEMENT) ? decodeUtf8(scratch.subarray(0, length)) : decoded;
}
