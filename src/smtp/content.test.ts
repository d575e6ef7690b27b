import { expect, test } from "vitest";
import { dataBlocks, factsOf, stuffed, terminatorOf } from "./content.ts";
import { expectLinearTime } from "../../test/support/linear-time.ts";

function wire(content: string, blockBytes?: number): string {
  const bytes = Buffer.from(content, "latin1");
  return Buffer.concat([...dataBlocks(bytes, blockBytes), terminatorOf(bytes)]).toString("latin1");
}

/** The same rule said once more, slowly. */
function expected(content: string): string {
  const lines = content.split("\r\n").map((line) => (line.startsWith(".") ? `.${line}` : line));
  return lines.join("\r\n") + (content === "" || content.endsWith("\r\n") ? ".\r\n" : "\r\n.\r\n");
}

test.each([
  "",
  "plain\r\n",
  "no end of line",
  ".\r\n",
  "..\r\n",
  ".a\r\nb.\r\n.c",
  "a\r\n.\r\nMAIL FROM:<x@y>\r\n",
  "a\r\n\r\n.\r\n..\r\n\r\n\r\n",
  "\r\n.",
])("%j is stuffed and ended the same at every block size", (content) => {
  for (let size = 1; size <= content.length + 1; size += 1) expect(wire(content, size)).toBe(expected(content));
  expect(wire(content)).toBe(expected(content));
});

test("a block without a dot at a line's start is not copied", () => {
  const bytes = Buffer.from("a.b\r\nc.d\r\n".repeat(20_000));
  for (const block of dataBlocks(bytes)) expect(block.buffer).toBe(bytes.buffer);
});

test.each([
  ["", -1],
  ["a\r\nb\r\n", -1],
  ["a\nb", 1],
  ["a\rb", 1],
  ["a\r\nb\n", 4],
  ["a\r\r\n", 1],
  ["a\n\r\n", 1],
  ["a\r\n\r", 3],
  ["\r\n.\n", 3],
])("a bare newline in %j is found at %i", (content, at) => {
  expect(factsOf(Buffer.from(content)).bareNewlineAt).toBe(at);
});

test.each(["", "plain\r\n", "a.b\r\n", "no end.", ".", ".\r\n", "a\r\n.\r\n", "a\r\n.b", "\r\n\r\n.", "a\r\nb\r\n."])(
  "of %j one look tells whether it has to be stuffed",
  (content) => {
    const bytes = Buffer.from(content);
    expect(factsOf(bytes).hasDots).toBe(!stuffed(bytes).equals(bytes));
  },
);

test("10 MB of nothing but dots and line ends are prepared in linear time", { timeout: 60_000 }, () => {
  expectLinearTime((lines) => {
    const bytes = Buffer.from(".\r\n".repeat(lines));
    expect(factsOf(bytes)).toEqual({ bareNewlineAt: -1, hasDots: true });
    let length = 0;
    for (const block of dataBlocks(bytes)) length += block.length;
    expect(length).toBe(bytes.length + lines);
  }, 3_500_000);
});
