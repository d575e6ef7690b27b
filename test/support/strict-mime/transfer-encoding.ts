/** A body is encoded as its part says (RFC 2045, sections 6.7 and 6.8). */
import type { Report } from "./report.ts";

const LONGEST_LINE = 76;

/** Checks an encoded body and decodes it. */
export function checkTransferEncoding(body: string, encoding: string, offset: number, report: Report): Uint8Array {
  if (encoding === "base64") return checkBase64(body, offset, report);
  if (encoding === "quoted-printable") return checkQuotedPrintable(body, offset, report);
  report.unless(encoding === "7bit", "transfer-encoding", offset, encoding);
  return Buffer.from(body, "latin1");
}

function checkBase64(body: string, offset: number, report: Report): Uint8Array {
  const lines = body.replace(/\r\n$/, "").split("\r\n");
  let at = offset;
  for (const [index, line] of lines.entries()) {
    const isLast = index === lines.length - 1;
    report.unless(line.length <= LONGEST_LINE, "base64-line-over-76", at, line);
    report.unless(isLast || line !== "", "base64-empty-line", at, line);
    report.unless(isLast || !line.includes("="), "base64-padding", at, line);
    report.unless(/^[A-Za-z0-9+/]*={0,2}$/.test(line), "base64-character", at, line);
    at += line.length + 2;
  }
  const text = lines.join("");
  const bytes = Buffer.from(text, "base64");
  // What is encoded anew is the same only with the right padding, and no bits set that stand for nothing.
  report.unless(bytes.toString("base64") === text, "base64-padding", offset, text.slice(-8));
  return bytes;
}

function checkQuotedPrintable(body: string, offset: number, report: Report): Uint8Array {
  let at = offset;
  for (const line of body.split("\r\n")) {
    report.unless(line.length <= LONGEST_LINE, "qp-line-over-76", at, line);
    report.unless(/^(?:[\t -<>-~]|=[0-9A-F]{2})*=?$/.test(line), "qp-escape", at, line);
    report.unless(!/[ \t]$/.test(line), "qp-blank-at-line-end", at, line);
    at += line.length + 2;
  }
  report.unless(!/=\r\n$|=$/.test(body), "qp-soft-break-at-end", offset, body.slice(-20));
  const joined = body.replaceAll("=\r\n", "");
  const octets = joined.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(octets, "latin1");
}
