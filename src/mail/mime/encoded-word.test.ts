import { expect, test } from "vitest";
import { encodedWords } from "./encoded-word.ts";
import { expectLinearTime } from "../../../test/support/linear-time.ts";

/** RFC 2047, read the plain way: each word must decode alone. */
function decode(word: string): string {
  const [, encoding, payload = ""] = /^=\?UTF-8\?([BQ])\?([^ ?]*)\?=$/.exec(word) ?? [];
  const bytes =
    encoding === "B"
      ? Buffer.from(payload, "base64")
      : Buffer.from(
          payload.replaceAll("_", " ").replace(/=(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
          "latin1",
        );
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

test.each([
  "天天生鲜",
  "天天生鲜欢迎信息".repeat(40),
  "a天".repeat(100),
  "👩‍👩‍👧‍👦".repeat(30),
  "café au lait ".repeat(20),
  "=?UTF-8?Q?x?=",
  "a_b=c?d",
  "é",
  " ",
  "x".repeat(500),
])("%j comes back, in words of at most 75 characters that cut no character", (text) => {
  for (const firstRoom of [75, 67, 40, 1]) {
    const words = encodedWords(text, firstRoom);
    expect(words.map(decode).join("")).toBe(text);
    expect(words.every((word) => word.length <= 75)).toBe(true);
    expect(words[0]?.length).toBeLessThanOrEqual(Math.max(firstRoom, 24));
  }
});

test("the shorter encoding is taken", () => {
  expect(encodedWords("天天生鲜")).toEqual(["=?UTF-8?B?5aSp5aSp55Sf6bKc?="]);
  expect(encodedWords("Café au lait")).toEqual(["=?UTF-8?Q?Caf=C3=A9_au_lait?="]);
});

test("half of a surrogate pair becomes the replacement character", () => {
  expect(encodedWords("a\ud83d").map(decode)).toEqual(["a\ufffd"]);
});

test("a megabyte is encoded in linear time", () => {
  expectLinearTime((size) => expect(encodedWords("中".repeat(size)).length).toBeGreaterThan(size / 20), 350_000);
});
