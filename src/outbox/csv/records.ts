/** Reads CSV record by record, and goes on after a line that is none: it is told with its number. */
import { type CellOptions, type OpenRecord, readLine } from "./cells.ts";
import { type Line, linesOf } from "./lines.ts";

/** How a file is written. */
export interface CsvOptions extends CellOptions {
  /** So many characters a record may have. */
  longest: number;
  /** So many lines at its beginning are no part of the table. */
  skip?: number;
}

/** A line, or several where a cell in quotes holds their ends. */
export interface CsvRecord {
  cells: string[];
  /** Its last line. */
  line: number;
}

/** A line that cannot be read. */
export interface CsvFault {
  problem: string;
  line: number;
}

export function isFault(found: CsvRecord | CsvFault): found is CsvFault {
  return "problem" in found;
}

/**
 * The records, and the lines that are none; empty lines are left out.
 *
 * Where a quote opens a cell and nothing good closes it, its line alone is lost: what follows is read anew from the next line
 * on. That such a cell goes on is given up after `longest` characters, at the end, with a line that opens one cell more
 * than the first record has, or where it closes in a record that then has fewer or more cells than the first. So each line is
 * read at most once for each of the columns.
 */
export async function* readCsv(
  texts: AsyncIterable<string>,
  options: CsvOptions,
): AsyncGenerator<CsvRecord | CsvFault, void, undefined> {
  const assembly = assemble(options);
  for await (const line of linesOf(texts, options.longest)) {
    if (line.number > (options.skip ?? 0)) yield* assembly.take(line);
  }
  yield* assembly.end();
}

const NOT_CLOSED = "a quote opens a cell and does not close it; inside of a cell in quotes, write a quote twice";

interface Assembly {
  take(line: Line): Iterable<CsvRecord | CsvFault>;
  end(): Iterable<CsvRecord | CsvFault>;
}

function assemble(options: CsvOptions): Assembly {
  const { longest } = options;
  let columns: number | undefined;
  /** The lines of the record under way, and their length. */
  let lines: Line[] = [];
  let length = 0;
  let record: OpenRecord = { cells: [], open: undefined };

  /** Why the record under way is none, if that is so. */
  function add(line: Line): string | undefined {
    lines.push(line);
    length += line.text.length + 1;
    if (line.isTooLong === true) return lines.length > 1 ? NOT_CLOSED : `the line is longer than ${longest} characters`;
    const problem = readLine(record, line, options);
    if (problem !== undefined || record.open === undefined) return problem;
    const hasTooMany = columns !== undefined && record.cells.length >= columns;
    return length > longest || hasTooMany ? NOT_CLOSED : undefined;
  }

  function finish(): { cells: string[]; lines: Line[] } {
    const done = { cells: record.cells, lines };
    record = { cells: [], open: undefined };
    lines = [];
    length = 0;
    return done;
  }

  function* take(line: Line): Generator<CsvRecord | CsvFault, void, undefined> {
    if (lines.length === 0 && isEmpty(line, options)) return;
    const problem = add(line);
    if (problem !== undefined) yield* refuse(problem);
    else if (record.open === undefined) {
      columns ??= record.cells.length;
      if (lines.length > 1 && record.cells.length !== columns) yield* refuse(NOT_CLOSED);
      else yield { cells: finish().cells, line: line.number };
    }
  }

  /** Its first line is lost; the others are read anew. */
  function* refuse(problem: string): Generator<CsvRecord | CsvFault, void, undefined> {
    const [first, ...others] = finish().lines;
    if (first !== undefined) yield { problem, line: first.number };
    for (const line of others) yield* take(line);
  }

  function* end(): Generator<CsvRecord | CsvFault, void, undefined> {
    while (lines.length > 0) yield* refuse(NOT_CLOSED);
  }

  return { take, end };
}

function isEmpty({ text, isTooLong }: Line, { trim }: CellOptions): boolean {
  return isTooLong !== true && (text === "" || text === "\r" || (trim && text.trim() === ""));
}
