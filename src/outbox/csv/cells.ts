/** Takes lines of CSV apart into cells (RFC 4180, section 2), one after the other, as a cell in quotes may go on in the next. */

import type { Line } from "./lines.ts";

/** How cells are separated. */
export interface CellOptions {
  separator: string;
  /** Blanks around a cell are none of it. */
  trim: boolean;
}

/** A record that is being read. */
export interface OpenRecord {
  cells: string[];
  /** What a cell in quotes holds so far, where the line ended within it. */
  open: string | undefined;
}

const QUOTE = '"';
const BLANKS = /[ \t\f]/;

/**
 * Reads one more line of a record.
 *
 * @returns What is wrong with it, if anything is. Otherwise the record is whole, unless a cell of it is open.
 */
export function readLine(record: OpenRecord, whole: Line, options: CellOptions): string | undefined {
  const { separator } = options;
  const { text: line } = whole;
  // Outside of quotes, the CR before a LF belongs to the end of the line.
  const end = line.endsWith("\r") ? line.length - 1 : line.length;
  let at = record.open === undefined ? 0 : undefined;
  for (;;) {
    if (at !== undefined) at = skipBlanks(line, at, options);
    if (at === undefined || line.startsWith(QUOTE, at)) {
      const after = readQuoted(record, whole, at === undefined ? 0 : at + 1);
      if (after === undefined) return undefined;
      at = skipBlanks(line, after, options);
      if (at < end && !line.startsWith(separator, at)) return AFTER_QUOTE;
    } else {
      const next = line.indexOf(separator, at);
      const cell = line.slice(at, next < 0 ? end : next);
      record.cells.push(options.trim ? trimmed(cell) : cell);
      at = next < 0 ? end : next;
    }
    if (at >= end) return undefined;
    at += separator.length;
  }
}

const AFTER_QUOTE = "text follows the quote that ends a cell; inside of a cell in quotes, write a quote twice";

/** From within the quotes; where the cell ends, or undefined where the line ends first. */
function readQuoted(record: OpenRecord, { text: line, newline }: Line, from: number): number | undefined {
  let cell = record.open ?? "";
  for (let at = from; ;) {
    const quote = line.indexOf(QUOTE, at);
    if (quote < 0) {
      record.open = cell + line.slice(at) + newline;
      return undefined;
    }
    cell += line.slice(at, quote);
    if (!line.startsWith(QUOTE, quote + 1)) {
      record.cells.push(cell);
      record.open = undefined;
      return quote + 1;
    }
    cell += QUOTE;
    at = quote + 2;
  }
}

function skipBlanks(line: string, from: number, { separator, trim }: CellOptions): number {
  if (!trim) return from;
  let at = from;
  while (at < line.length && BLANKS.test(line.charAt(at)) && !line.startsWith(separator, at)) at++;
  return at;
}

function trimmed(cell: string): string {
  let end = cell.length;
  while (end > 0 && BLANKS.test(cell.charAt(end - 1))) end--;
  return end === cell.length ? cell : cell.slice(0, end);
}
