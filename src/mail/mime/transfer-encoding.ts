/** Bodies as 7-bit lines: as they are where that is safe, else by the shorter of quoted-printable and base64 (RFC 2045). */
import { base64Length } from "./base64.ts";
import { canonicalText, type TextEncoding } from "./canonical-text.ts";
import { quotedPrintable, quotedPrintableLength } from "./quoted-printable.ts";

export type TransferEncoding = "7bit" | "quoted-printable" | "base64";

/** A body and how it goes. */
export interface EncodedBody {
  readonly encoding: TransferEncoding;
  /** With "base64" the octets that are still to be encoded, when the message is written; else ASCII that ends with CRLF. */
  readonly octets: Uint8Array;
  /** How long it is in the message. */
  readonly length: number;
}

/** Text as a body. It ends with a line break, and its line breaks become CRLF; a CR alone is kept, encoded. */
export function encodeText(text: string, encoding: TextEncoding = "utf8"): EncodedBody {
  const { octets, isSafe, escapes } = canonicalText(text, encoding);
  if (isSafe) return { encoding: "7bit", octets, length: octets.length };
  if (quotedPrintableLength(octets.length, escapes) > base64Length(octets.length)) return encodeBytes(octets);
  const encoded = quotedPrintable(octets);
  return { encoding: "quoted-printable", octets: encoded, length: encoded.length };
}

/** Bytes as a body, which come back exactly. */
export function encodeBytes(octets: Uint8Array): EncodedBody {
  return { encoding: "base64", octets, length: base64Length(octets.length) };
}
