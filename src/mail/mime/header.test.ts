import { describe, expect, test } from "vitest";
import { ASCII_STYLE, foldHeader, longestLine, mailboxHeader, plainHeader, textHeader } from "./header.ts";

const unfold = (header: string): string => header.replaceAll("\r\n ", " ");

test("a header folds at a space where the line would grow too long, never before its first word", () => {
  const words = Array.from({ length: 40 }, (_, index) => `word${index}`);
  const header = foldHeader("Subject", words, 78);
  expect(header).toMatch(/^Subject: word0 /);
  expect(longestLine(header)).toBeLessThanOrEqual(78);
  expect(unfold(header)).toBe(`Subject: ${words.join(" ")}`);
  expect(foldHeader("Subject", ["x".repeat(200)])).toBe(`Subject: ${"x".repeat(200)}`);
});

describe("free text", () => {
  test("stays as it is when it is ASCII", () => {
    expect(textHeader("Subject", "Welcome, Ann!")).toBe("Subject: Welcome, Ann!");
    expect(textHeader("Subject", "a  b")).toBe("Subject: a  b");
  });

  test("is never folded inside a run of spaces", () => {
    const header = textHeader("X-Tag", `${"a".repeat(60)}  ${"b".repeat(60)}`, ASCII_STYLE, 998);
    expect(header).toBe(`X-Tag: ${"a".repeat(60)}  ${"b".repeat(60)}`);
  });

  test.each(["天天生鲜", "=?utf-8?q?x?=", " lead", "trail ", "x".repeat(100), `${"a".repeat(60)}  ${"b".repeat(60)}`])(
    "%j is encoded, in lines of at most 76 characters",
    (value) => {
      const header = textHeader("Subject", value);
      expect(header).toMatch(/^Subject: =\?UTF-8\?[BQ]\?/);
      expect(longestLine(header)).toBeLessThanOrEqual(76);
    },
  );

  test("that must stay plain is refused where it cannot", () => {
    expect(plainHeader("List-Id", "新闻 <news.example.com>")).toBeUndefined();
    expect(plainHeader("List-Id", " <news.example.com>")).toBeUndefined();
    expect(plainHeader("List-Id", "")).toBeUndefined();
    expect(plainHeader("List-Id", "<news.example.com>")).toBe("List-Id: <news.example.com>");
  });
});

describe("mailboxes", () => {
  test.each([
    ["", "a@example.com"],
    ["Ann Lee", "Ann Lee <a@example.com>"],
    ["Lee, Ann", '"Lee, Ann" <a@example.com>'],
    ['a"b', '"a\\"b" <a@example.com>'],
    ["天天生鲜", "=?UTF-8?B?5aSp5aSp55Sf6bKc?= <a@example.com>"],
    ["=?utf-8?q?x?=", "=?UTF-8?B?PT91dGYtOD9xP3g/PQ==?= <a@example.com>"],
  ])("the name %j is written %j", (name, expected) => {
    expect(mailboxHeader("To", [{ name, address: "a@example.com" }])).toBe(`To: ${expected}`);
  });

  test("are separated by commas, folded between, and have ASCII domains", () => {
    const mailboxes = Array.from({ length: 10 }, (_, index) => ({ name: "Ann", address: `ann${index}@例子.中国` }));
    const header = mailboxHeader("Cc", mailboxes);
    expect(longestLine(header)).toBeLessThanOrEqual(76);
    expect(unfold(header)).toBe(`Cc: ${mailboxes.map((_, n) => `Ann <ann${n}@xn--fsqu00a.xn--fiqs8s>`).join(", ")}`);
  });
});
