/** The rules for all lines, whatever stands in them (RFC 5322, section 2.1; RFC 2045, section 2.7). */
import { isUtf8 } from "node:buffer";
import type { Report } from "./report.ts";

const LONGEST_LINE = 998;

export function checkLines(source: string, report: Report): void {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  for (const { 0: found, index } of source.matchAll(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g)) {
    report.broken("control-character", index, found);
  }
  const bodyAt = report.utf8 ? source.indexOf("\r\n\r\n") : 0;
  for (const { 0: found, index } of source.slice(bodyAt).matchAll(/[\x80-\xff]/g)) {
    report.broken("not-7bit", bodyAt + index, found);
  }
  const header = Buffer.from(source.slice(0, bodyAt), "latin1");
  report.unless(isUtf8(header), "header-not-utf8", 0, header.toString("latin1"));
  for (const { index } of source.matchAll(/\r(?!\n)/g)) report.broken("bare-cr", index, "CR without LF");
  for (const { index } of source.matchAll(/(?<!\r)\n/g)) report.broken("bare-lf", index, "LF without CR");
  report.unless(source.endsWith("\r\n"), "no-last-crlf", source.length, source.slice(-20));
  let start = 0;
  for (const line of source.split("\r\n")) {
    report.unless(line.length <= LONGEST_LINE, "line-over-998", start, line);
    start += line.length + 2;
  }
}
