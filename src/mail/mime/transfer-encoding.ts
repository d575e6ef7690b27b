/** Bodies as 7-bit lines: as they are where that is safe, else by the shorter of quoted-printable and base64 (RFC 2045). */
import { quotedPrintable, quotedPrintableLength } from "./quoted-printable.ts";

export type TransferEncoding = "7bit" | "quoted-printable" | "base64";

export interface EncodedBody {
  encoding: TransferEncoding;
  /** ASCII, ends with CRLF. */
  body: string;
}

const LONGEST_PLAIN_LINE = 78;
const BASE64_LINE = 76;

/** What may be changed on the way, or end a part early: other characters, a bare CR, a blank at a line's end, "From ", a boundary. */
const UNSAFE = /[^\t\r\n -~]|\r(?!\n)|[ \t]\r\n|(?:^|\n)(?:From |--=_)/;

/** Text as a body. It ends with a line break, and its line breaks become CRLF; a CR alone is kept, encoded. */
export function encodeText(text: string): EncodedBody {
  const lines = text.replace(/\r?\n/g, "\r\n");
  const whole = lines.endsWith("\n") ? lines : `${lines}\r\n`;
  if (!UNSAFE.test(whole) && !hasLongLine(whole)) return { encoding: "7bit", body: whole };
  const bytes = Buffer.from(whole, "utf8");
  if (quotedPrintableLength(bytes) <= base64Length(bytes)) {
    return { encoding: "quoted-printable", body: quotedPrintable(whole) };
  }
  return encodeBytes(bytes);
}

/** Bytes as a body, which come back exactly. */
export function encodeBytes(bytes: Uint8Array): EncodedBody {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  const lines: string[] = [];
  for (let start = 0; start < text.length; start += BASE64_LINE) lines.push(text.slice(start, start + BASE64_LINE));
  return { encoding: "base64", body: `${lines.join("\r\n")}\r\n` };
}

function hasLongLine(text: string): boolean {
  for (let start = 0; start < text.length;) {
    const end = text.indexOf("\r\n", start);
    if (end - start > LONGEST_PLAIN_LINE) return true;
    start = end + 2;
  }
  return false;
}

function base64Length(bytes: Uint8Array): number {
  const length = Math.ceil(bytes.length / 3) * 4;
  return length + Math.ceil(length / BASE64_LINE) * 2;
}
