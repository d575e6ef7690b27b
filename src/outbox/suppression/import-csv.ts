/** Reads a suppression file in, its own or a provider's, line by line and in batches. */
import { Readable } from "node:stream";
import { describeError } from "../../base/index.ts";
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
/** Characters of one line; a quote that is never closed would take the rest of the file for one. */
const LONGEST_LINE = 64 * 1024;
const PROBLEMS_KEPT = 100;

/** What reading needs of the list. */
export interface ImportTarget {
  /** @throws for an address that is none */
  complete(entry: NewSuppression, createdAt: number | undefined): SuppressionRow;
  save(rows: readonly SuppressionRow[]): Promise<void>;
}

interface CsvRecord {
  record: string[];
  info: { lines: number };
}

/** @throws OutboxError WX_OUTBOX_SUPPRESSION when the file has no column for addresses, or cannot be read as CSV */
export async function importCsv(
  source: AsyncIterable<Uint8Array | string>,
  options: ImportOptions,
  target: ImportTarget,
): Promise<ImportReport> {
  const report: ImportReport = { read: 0, taken: 0, skipped: 0, problems: [] };
  // By key: one statement cannot write the same row twice. The last line counts.
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
  for await (const { record, info } of records(source, options.signal)) {
    if (columns === undefined) {
      columns = columnsOf(record);
      continue;
    }
    report.read++;
    try {
      const cells = cellsOf(record, columns);
      const row = target.complete(entryIn(cells, options), timeOf(cells, "created_at"));
      batch.set(JSON.stringify([row.address_key, row.stream, row.reason]), row);
      report.taken++;
    } catch (error) {
      skip({ line: info.lines, problem: describeError(error) });
    }
    if (batch.size >= BATCH) await flush();
  }
  await flush();
  return report;
}

async function* records(
  source: AsyncIterable<Uint8Array | string>,
  signal: AbortSignal | undefined,
): AsyncIterable<CsvRecord> {
  const { parse } = await import("csv-parse");
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: LONGEST_LINE,
  });
  const input = Readable.from(source, { objectMode: false, ...(signal !== undefined && { signal }) });
  input.on("error", (error) => parser.destroy(error));
  input.pipe(parser);
  try {
    yield* parser as AsyncIterable<CsvRecord>;
  } catch (cause) {
    if (!isCsvError(cause)) throw cause;
    const problem = `The file cannot be read as CSV: ${describeError(cause)}. Mend it and read it in once more: what is in the list already only stays there.`;
    throw new OutboxError("WX_OUTBOX_SUPPRESSION", problem, { cause });
  } finally {
    input.destroy();
  }
}

function isCsvError(error: unknown): boolean {
  return String((error as { code?: unknown }).code).startsWith("CSV_");
}

function columnsOf(header: readonly string[]): (Column | undefined)[] {
  const columns = header.map(columnOf);
  if (columns.includes("address")) return columns;
  const problem = `The first line names no column for addresses; it is ${JSON.stringify(header.join(",").slice(0, 100))}. Begin the file with a header such as "address,stream,reason".`;
  throw new OutboxError("WX_OUTBOX_SUPPRESSION", problem);
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
  const words = [cells.get("detail") ?? "", reasonIn(named) === undefined ? named : ""].filter((text) => text !== "");
  return {
    address: cells.get("address") ?? "",
    stream: cells.get("stream") || (options.stream ?? ""),
    reason,
    detail: words.join(": "),
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
