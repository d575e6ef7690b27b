import { parse } from "csv-parse/sync";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../test/support/property.ts";
import { type CsvFault, type CsvOptions, type CsvRecord, isFault, readCsv } from "./records.ts";

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function read(
  text: string,
  options: Partial<CsvOptions> = {},
  size = text.length,
): Promise<(CsvRecord | CsvFault)[]> {
  const found: (CsvRecord | CsvFault)[] = [];
  const usual = { separator: ",", trim: true, longest: 1000 };
  for await (const one of readCsv(pieces(text, size), { ...usual, ...options })) found.push(one);
  return found;
}

/** The cells of a record, or the line of a fault. */
const short = (found: readonly (CsvRecord | CsvFault)[]) => found.map((one) => (isFault(one) ? one.line : one.cells));

test.each<[string, string, (string[] | number)[]]>([
  [
    "quotes, separators and line ends in quotes",
    '"a,b","c""d"\n"e\r\nf",g\n',
    [
      ["a,b", 'c"d'],
      ["e\r\nf", "g"],
    ],
  ],
  ["quotes within a plain cell", 'a"b",c\n', [['a"b"', "c"]]],
  [
    "empty cells and an empty last one",
    ',"",\na,\n',
    [
      ["", "", ""],
      ["a", ""],
    ],
  ],
  ["empty lines", "\r\n  \na\n\n", [["a"]]],
  ["blanks around", ' a\t, " b " ,c \n', [["a", " b ", "c"]]],
  ["CRLF, LF and none mixed", "a\r\nb\nc", [["a"], ["b"], ["c"]]],
  [
    "CR alone",
    'a,"b\rc"\rd,e\r',
    [
      ["a", "b\rc"],
      ["d", "e"],
    ],
  ],
  ["a byte order mark", '\ufeff"a"\n', [["a"]]],
  ["nothing", "", []],
  ["a line end and nothing", "\n", []],
  ["text after a closing quote", 'a,b\nc,"d"e\nf,g\n', [["a", "b"], 2, ["f", "g"]]],
  ["the same in a record of several lines", 'a,b\nc,"d\ne,"f"\ng,h\n', [["a", "b"], 2, ["e", "f"], ["g", "h"]]],
  ["a quote that closes nowhere", 'a,b\nc,"d\ne,f\n', [["a", "b"], 2, ["e", "f"]]],
  ["two such", 'a,b\nc,"d\n"e\nf,g', [["a", "b"], 2, 3, ["f", "g"]]],
  ["one that closes where a cell too many opens", 'a,b\nc,"d\ne","f\ng,h\n', [["a", "b"], 2, 3, ["g", "h"]]],
  [
    "one that closes in a later line, of which nothing is left",
    'a,b\nc,"d\ne,",f\ng,h\n',
    [["a", "b"], 2, 3, ["g", "h"]],
  ],
  [
    "one that closes behind good lines",
    'a,b,c\n"d\ne,f,g\nh,",i\nj,k,l\n',
    [["a", "b", "c"], 2, ["e", "f", "g"], 4, ["j", "k", "l"]],
  ],
  ["a quote alone in the last line", 'a\n"', [["a"], 2]],
])("%s", async (_what, text, expected) => {
  for (const size of [text.length || 1, 1, 2, 3]) expect(short(await read(text, {}, size))).toEqual(expected);
});

test("a record that is too long is given up at its first line, and what was taken into it is read", async () => {
  const good = "e,f\n".repeat(500);
  const found = short(await read(`a,b\nc,"d\n${good}g,"h"\n`));
  expect(found).toHaveLength(503);
  expect(found.slice(0, 3)).toEqual([["a", "b"], 2, ["e", "f"]]);
  expect(found.at(-1)).toEqual(["g", "h"]);
});

test("a line that is too long is told, and not kept", async () => {
  const found = await read(`a,b\n${"x".repeat(5000)}\nc,"d\n${"y".repeat(5000)}\ne,f\n`, {}, 700);
  expect(short(found)).toEqual([["a", "b"], 2, 3, 4, ["e", "f"]]);
  expect(found[1]).toMatchObject({ problem: "the line is longer than 1000 characters" });
});

test("lines before the table are left out, and counted", async () => {
  expect(await read("sep=,\na,b\n", { skip: 1 })).toEqual([{ cells: ["a", "b"], line: 2 }]);
});

test("what is well formed is read as csv-parse reads it, and however it is cut", async () => {
  const text = fc.string({ unit: fc.constantFrom("a", " ", ",", '"', "\n", "\r\n", "\t", "é", "例"), maxLength: 6 });
  const quoted = text.map((cell) => `"${cell.replaceAll('"', '""')}"`);
  const plain = text.map((cell) => cell.replaceAll(/[",\r\n]/g, ""));
  const line = fc.array(fc.oneof(quoted, plain), { minLength: 3, maxLength: 3 }).map((cells) => cells.join(","));
  const table = fc.tuple(fc.array(line, { maxLength: 6 }), fc.constantFrom("\n", "\r\n"));
  await fc.assert(
    fc.asyncProperty(table, fc.boolean(), fc.integer({ min: 1, max: 9 }), async ([lines, end], trim, size) => {
      const all = `x,y,z${end}${lines.join(end)}`;
      const expected = parse(all, { trim, skip_empty_lines: true, record_delimiter: end }) as string[][];
      expect(short(await read(all, { trim }, size))).toEqual(expected);
    }),
    runs(500),
  );
});

test("whatever comes, every line is in a record or told, once and in order", async () => {
  const text = fc.string({ unit: fc.constantFrom("a", ",", '"', '"', "\n", "\n", " "), maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(text, async (rest) => {
      const found = await read(`x,y\n${rest}`, { longest: 20 });
      const lines = found.map(({ line }) => line);
      expect(lines).toEqual(lines.toSorted((one, other) => one - other));
      expect(new Set(lines).size).toBe(lines.length);
    }),
    runs(1000),
  );
});

test("a list whose every line opens a quote is not read anew from each of them to its end", async () => {
  const count = 100_000;
  const found = await read(`x,y\n${'a","b\n'.repeat(count)}`, { longest: 10_000_000 });
  expect(found).toHaveLength(1 + count);
});
