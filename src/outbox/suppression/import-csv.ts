/** Reads a suppression file in, its own or a provider's, line by line and in batches. */
import { Readable } from "node:stream";
import { describeError } from "../../base/index.ts";
import { type CsvFault, type CsvRecord, isFault, readCsv } from "../csv/records.ts";
import { OutboxError } from "../errors.ts";
import { type Column, columnOf, reasonIn, timeIn } from "./csv-columns.ts";
import { unguardFormula } from "./formula.ts";
import type { SuppressionRow } from "./store.ts";
import {
  type ImportOptions,
  type ImportProblem,
  type ImportReport,
  type NewSuppression,
  suppressionReasons,
} from "./types.ts";

/** Rows in one transaction. */
const BATCH = 500;
/** Characters of one record; a quote that is never closed would take the rest of the file for one. */
const LONGEST_RECORD = 64 * 1024;
const PROBLEMS_KEPT = 100;

/** What reading needs of the list. */
export interface ImportTarget {
  /** @throws for an address that is none */
  complete(entry: NewSuppression, createdAt: number | undefined): SuppressionRow;
  save(rows: readonly SuppressionRow[]): Promise<void>;
}

/** @throws OutboxError WX_OUTBOX_SUPPRESSION when the file has no column for addresses */
export async function importCsv(
  source: AsyncIterable<Uint8Array | string>,
  options: ImportOptions,
  target: ImportTarget,
): Promise<ImportReport> {
  const report: ImportReport = { read: 0, taken: 0, skipped: 0, problems: [] };
  // By key: one statement cannot write the same row twice.
  const batch = new Map<string, SuppressionRow>();
  const flush = async (): Promise<void> => {
    if (batch.size > 0) await target.save([...batch.values()]);
    batch.clear();
    options.onProgress?.(report.read);
  };
  const skip = (problem: ImportProblem): void => {
    report.skipped++;
    if (report.problems.length < PROBLEMS_KEPT) report.problems.push(problem);
    options.onProblem?.(problem);
  };

  let columns: readonly (Column | undefined)[] | undefined;
  for await (const found of records(source, options.signal)) {
    if (columns === undefined) {
      columns = columnsOf(found);
      continue;
    }
    report.read++;
    try {
      if (isFault(found)) throw new Error(found.problem);
      const cells = cellsOf(found.cells, columns);
      const row = target.complete(entryIn(cells, options), timeOf(cells, "created_at"));
      const key = JSON.stringify([row.address_key, row.stream, row.reason]);
      batch.set(key, withLaterEnd(row, batch.get(key)));
      report.taken++;
    } catch (error) {
      skip({ line: found.line, problem: describeError(error) });
    }
    if (batch.size >= BATCH) await flush();
  }
  await flush();
  return report;
}

/** The last line counts, but for its end, as where the other line is far before it and stored already. */
function withLaterEnd(row: SuppressionRow, before: SuppressionRow | undefined): SuppressionRow {
  if (before === undefined || row.expires_at === null) return row;
  const isLater = before.expires_at === null || before.expires_at > row.expires_at;
  return isLater ? { ...row, expires_at: before.expires_at } : row;
}

function records(
  source: AsyncIterable<Uint8Array | string>,
  signal: AbortSignal | undefined,
): AsyncGenerator<CsvRecord | CsvFault> {
  const chunks = signal === undefined ? source : Readable.from(source, { signal });
  return readCsv(textsOf(chunks), { separator: ",", trim: true, longest: LONGEST_RECORD });
}

async function* textsOf(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of chunks) {
    yield typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}

function columnsOf(header: CsvRecord | CsvFault): (Column | undefined)[] {
  if (isFault(header)) throw unreadable(`In line ${header.line}, ${header.problem}.`);
  const columns = header.cells.map(columnOf);
  if (columns.includes("address")) return columns;
  throw unreadable(
    `The first line names no column for addresses; it is ${JSON.stringify(header.cells.join(",").slice(0, 100))}. Begin the file with a header such as "address,stream,reason".`,
  );
}

function unreadable(problem: string): OutboxError {
  return new OutboxError("WX_OUTBOX_SUPPRESSION", problem);
}

type Cells = ReadonlyMap<Column, string>;

/** The cells that have a meaning; where two columns have the same one, the first counts. */
function cellsOf(record: readonly string[], columns: readonly (Column | undefined)[]): Cells {
  const cells = new Map<Column, string>();
  columns.forEach((column, index) => {
    if (column !== undefined && !cells.has(column)) cells.set(column, unguardFormula(record[index] ?? ""));
  });
  return cells;
}

function entryIn(cells: Cells, options: ImportOptions): NewSuppression {
  const named = cells.get("reason") ?? "";
  const reason = reasonIn(named) ?? options.reason;
  if (reason === undefined) {
    const got = named === "" ? "it has no reason" : `${JSON.stringify(named.slice(0, 60))} is no reason`;
    throw new Error(`${got}; use one of ${suppressionReasons.join(", ")}, or say which one holds for such lines`);
  }
  const stream = cells.get("stream") || (options.stream ?? "");
  if (stream.includes("\0")) throw new Error(`stream is ${JSON.stringify(stream.slice(0, 60))}, which holds a NUL`);
  const words = [cells.get("detail") ?? "", reasonIn(named) === undefined ? named : ""].filter((text) => text !== "");
  return {
    address: cells.get("address") ?? "",
    stream,
    reason,
    detail: words.join(": ").replaceAll("\0", ""), // Postgres stores no NUL in a text
    // In a file that has the column, nothing in it means never.
    ...(cells.has("expires_at") && { expiresAt: timeOf(cells, "expires_at") ?? null }),
  };
}

function timeOf(cells: Cells, column: "created_at" | "expires_at"): number | undefined {
  const cell = cells.get(column) ?? "";
  if (cell === "") return undefined;
  const time = timeIn(cell);
  if (time !== undefined) return time;
  throw new Error(
    `${column} is ${JSON.stringify(cell.slice(0, 60))}, which is no time; write it as 2026-01-31T12:00:00Z`,
  );
}
