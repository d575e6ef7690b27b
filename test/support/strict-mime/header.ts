/** A header as fields: their names, their lines, and the rules for both (RFC 5322, section 2.2). */
import type { Report } from "./report.ts";

export interface Field {
  /** The name in lower case. */
  readonly key: string;
  /** The value without the folds' line breaks and without blanks around it. */
  readonly value: string;
  /** Where its first line begins. */
  readonly offset: number;
}

export interface Header {
  readonly fields: readonly Field[];
  /** Where the body begins, after the empty line. */
  readonly bodyAt: number;
}

const FOLD_BY = 78;

/** Reads the header that begins at `start`; the body may reach up to `end`. */
export function readHeader(source: string, start: number, end: number, report: Report): Header {
  const fields: Field[] = [];
  for (let at = start; ;) {
    const lineEnd = source.indexOf("\r\n", at);
    if (lineEnd < 0 || lineEnd >= end) {
      report.unless(at >= end, "header-without-end", at, source.slice(at, end));
      return { fields, bodyAt: end };
    }
    if (lineEnd === at) return { fields, bodyAt: at + 2 };
    const next = fieldEnd(source, lineEnd);
    fields.push(readField(source.slice(at, next), at, report));
    at = next + 2;
  }
}

/** The index of the CRLF that no fold follows. */
function fieldEnd(source: string, lineEnd: number): number {
  let end = lineEnd;
  while (/^[ \t]/.test(source.slice(end + 2, end + 3))) {
    const next = source.indexOf("\r\n", end + 2);
    if (next < 0) return source.length;
    end = next;
  }
  return end;
}

function readField(text: string, offset: number, report: Report): Field {
  const [, name = "", body = ""] = /^([^:]*):?([^]*)$/.exec(text) ?? [];
  report.unless(/^[!-9;-~]+$/.test(name) && text[name.length] === ":", "field-name", offset, text);
  report.unless(name.length <= 76, "field-name-length", offset, name);
  report.unless(/^(?: |\r\n[ \t])/.test(body), "no-space-after-colon", offset, text);
  const value = body.replaceAll("\r\n", "").trim();
  report.unless(value !== "", "empty-field", offset, name);
  checkFolds(text, offset, report);
  return { key: name.toLowerCase(), value, offset };
}

function checkFolds(text: string, offset: number, report: Report): void {
  let at = offset;
  for (const line of text.split("\r\n")) {
    report.unless(/[^ \t]/.test(line), "blank-fold", at, line);
    report.unless(!/[ \t]$/.test(line), "blank-at-line-end", at, line);
    const characters = report.utf8 ? Buffer.from(line, "latin1").toString().length : line.length;
    report.unless(!/=\?[^?]+\?[BQ]\?[^?]*\?=/i.test(line) || characters <= 76, "encoded-word-line-over-76", at, line);
    report.unless(characters <= FOLD_BY || !canFold(line), "line-over-78-that-folds", at, line);
    at += line.length + 2;
  }
}

/** True where a blank stands alone between two words, outside of quotes and not before the first word. */
function canFold(line: string): boolean {
  const words = line.replace(/^[!-9;-~]+: |^[ \t]+/, "").replace(/"(?:[^"\\]|\\.)*"/g, "Q");
  return /[^ \t][ \t][^ \t]/.test(words);
}
