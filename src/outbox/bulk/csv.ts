/** Reads the list of a bulk from a CSV file: its encoding, separator and columns are found out, its lines streamed. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { describeError, hintFor } from "../../base/index.ts";
import { type CsvFault, type CsvOptions, type CsvRecord, isFault, readCsv } from "../csv/records.ts";
import type { BulkEntry, UnreadableEntry } from "./entry.ts";
import { BulkError } from "./errors.ts";
import { type FileEncoding, probeEncoding } from "./text-encoding.ts";

/** A file of recipients. The first line names the columns, which are the variables of the template. */
export interface RecipientFile {
  path: string;
  /** SHA-256 of its bytes, hex. */
  hash: string;
  encoding: FileEncoding;
  separator: string;
  /** The names of the variables, in order; empty for columns without a name. */
  columns: readonly string[];
  /** The column of the addresses. */
  addressColumn: string;
  /** Lines after the first; about as many as there are recipients. */
  lines: number;
  /** Reads it from its start. A line that cannot be read is told with its number, and the reading goes on. */
  entries(): AsyncIterable<BulkEntry | UnreadableEntry>;
}

/** How the columns are chosen. */
export interface RecipientFileOptions {
  /** The column that holds the addresses. Default: the first of the usual names that is there. */
  addressColumn?: string | undefined;
}

const ADDRESS_COLUMNS = [
  "email",
  "e-mail",
  "mail",
  "emailaddress",
  "email_address",
  "邮箱",
  "电子邮箱",
  "邮箱地址",
  "电子邮件",
  "邮件地址",
  "邮件",
  "to",
  "recipient",
  "address",
];
const LOCALE_COLUMNS = ["locale", "language", "lang", "语言"];
const SEPARATORS = [",", ";", "\t", "|"] as const;
/** Characters of one record; a quote that is never closed would take the rest of the file for one. */
const LONGEST_RECORD = 128 * 1024;
const LF = 0x0a;

/**
 * Opens a CSV file: UTF-8 (with or without its mark), UTF-16 with its mark or GB18030; separated by commas, semicolons,
 * tabs or bars; cells in quotes may hold any of them, and line breaks.
 *
 * @throws BulkError `WX_BULK_LIST` when it cannot be read, or has no column of addresses
 * @example
 * const file = await openRecipients("recipients.csv");
 * await bulk.sendMany(template, file.entries(), { name: "news", source: file.hash });
 */
export async function openRecipients(path: string, options: RecipientFileOptions = {}): Promise<RecipientFile> {
  const { hash, encoding, lines } = await survey(path);
  const head = await readHead(path, encoding);
  const writing = writingOf(head, encoding);
  const columns = await readHeader(path, writing);
  const chosen = chooseColumns(path, columns, options);
  const entries = (): AsyncIterable<BulkEntry | UnreadableEntry> => readEntries(path, writing, chosen);
  const { separator } = writing;
  const addressColumn = columns[chosen.address] ?? "";
  return { path, hash, encoding, separator, columns, addressColumn, lines: Math.max(0, lines - 1), entries };
}

async function readHeader(path: string, writing: Writing): Promise<string[]> {
  for await (const found of records(path, writing)) {
    if (isFault(found)) throw unreadable(path, `in line ${found.line}, ${found.problem}`);
    return found.cells.map(variableName);
  }
  throw unreadable(path, "it is empty");
}

/** Reads the file once through. */
async function survey(path: string): Promise<{ hash: string; encoding: FileEncoding; lines: number }> {
  const hash = createHash("sha256");
  const probe = probeEncoding();
  let [lines, last] = [0, LF];
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      probe.look(chunk);
      for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, at + 1)) lines++;
      last = chunk.at(-1) ?? last;
    }
  } catch (cause) {
    throw unreadable(path, `it cannot be read: ${describeError(cause)}`, cause);
  }
  return { hash: hash.digest("hex"), encoding: probe.end(path), lines: lines + (last === LF ? 0 : 1) };
}

async function* decoded(path: string, encoding: FileEncoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding); // which leaves out a byte order mark
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>)
    yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

async function readHead(path: string, encoding: FileEncoding): Promise<string> {
  for await (const text of decoded(path, encoding)) if (text !== "") return text;
  return "";
}

/** The separator that the first line has most of outside of quotes. */
function separatorOf(head: string): string {
  const line = (/^(?:"[^"]*"|[^"\r\n])*/.exec(head)?.[0] ?? "").replace(/"[^"]*"/g, "");
  const counts = SEPARATORS.map((separator) => line.split(separator).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ",";
}

/** How the file is written, beside its encoding. */
interface Writing extends Pick<CsvOptions, "separator" | "skip"> {
  encoding: FileEncoding;
}

function writingOf(head: string, encoding: FileEncoding): Writing {
  // As Excel says it, in a line of its own.
  const told = /^sep=(.)\r?\n/.exec(head)?.[1];
  return { encoding, separator: told ?? separatorOf(head), skip: told === undefined ? 0 : 1 };
}

function records(path: string, { encoding, ...writing }: Writing): AsyncGenerator<CsvRecord | CsvFault> {
  return readCsv(decoded(path, encoding), { ...writing, trim: writing.separator !== "\t", longest: LONGEST_RECORD });
}

/** As a template can say it: what is no letter, digit, `_` or `-` becomes `_`. */
function variableName(header: string): string {
  return header.trim().replace(/[^\p{L}\p{M}\p{N}_-]+/gu, "_");
}

interface Columns {
  names: readonly string[];
  address: number;
  /** -1 for none. */
  locale: number;
}

function chooseColumns(path: string, names: readonly string[], { addressColumn }: RecipientFileOptions): Columns {
  const folded = names.map((name) => name.toLowerCase());
  const repeated = folded.find((name, index) => name !== "" && folded.indexOf(name) !== index);
  if (repeated !== undefined)
    throw unreadable(path, `two columns are called "${repeated}"; give each a name of its own`);
  const locale = folded.findIndex((name) => LOCALE_COLUMNS.includes(name));
  const wanted = addressColumn === undefined ? ADDRESS_COLUMNS : [variableName(addressColumn).toLowerCase()];
  const address = wanted.map((name) => folded.indexOf(name)).find((index) => index >= 0);
  if (address !== undefined) return { names, address, locale };
  if (addressColumn !== undefined)
    throw unreadable(path, `there is no column "${addressColumn}". ${hintFor(addressColumn, names)}`);
  const shown = names.join(", ").slice(0, 200);
  const fix = "The first line must name the columns, one of them email (or to, address, 邮箱)";
  throw unreadable(path, `there is no column of addresses among: ${shown}. ${fix}`);
}

async function* readEntries(
  path: string,
  writing: Writing,
  columns: Columns,
): AsyncGenerator<BulkEntry | UnreadableEntry> {
  let isHeader = true;
  for await (const found of records(path, writing)) {
    if (isHeader) isHeader = false;
    else yield isFault(found) ? { number: found.line, problem: found.problem } : entryOf(found, columns);
  }
}

function entryOf({ cells, line }: CsvRecord, { names, address, locale }: Columns): BulkEntry | UnreadableEntry {
  if (cells.length !== names.length) {
    return { number: line, problem: `the line has ${cells.length} cells, and the first line ${names.length}` };
  }
  const variables: Record<string, string> = {};
  for (const [index, name] of names.entries()) if (name !== "") variables[name] = cells[index] ?? "";
  const tag = cells[locale];
  return {
    to: cells[address] ?? "",
    variables,
    number: line,
    ...(tag !== undefined && tag !== "" && { locale: tag }),
  };
}

function unreadable(path: string, problem: string, cause?: unknown): BulkError {
  return new BulkError("WX_BULK_LIST", `${path}: ${problem}.`, { cause });
}
