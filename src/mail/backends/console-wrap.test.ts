import { expect, test } from "vitest";
import { columnsOf, wrapLine } from "./console-wrap.ts";

test("Chinese and emoji take two columns, marks and joiners none", () => {
  expect(columnsOf("abc")).toBe(3);
  expect(columnsOf("天天生鲜")).toBe(8);
  expect(columnsOf("，。（）")).toBe(8);
  expect(columnsOf("e\u0301")).toBe(1);
  expect(columnsOf("📦")).toBe(2);
});

test("no line is wider than 79 columns, and nothing is lost", () => {
  const english = "The quick brown fox jumps over the lazy dog and on. ".repeat(10).trim();
  const chinese = "欢迎您成为天天生鲜注册会员，请激活您的账户。".repeat(10);
  for (const text of [english, chinese, `${english} ${chinese}`]) {
    const lines = wrapLine(text);
    expect(lines.length).toBeGreaterThan(4);
    expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(79);
    expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
  }
});

test("a line does not begin with a Chinese comma or full stop", () => {
  const lines = wrapLine(`${"字".repeat(39)}，${"字".repeat(38)}。字`);
  expect(lines.filter((line) => /^[，。]/.test(line))).toEqual([]);
});

test("a word longer than the line stays whole", () => {
  const word = "x".repeat(200);
  expect(wrapLine(`a ${word} b`)).toEqual(["a", word, "b"]);
});

test("a short line is left as it is, its blanks too", () => {
  expect(wrapLine("  indented   text ")).toEqual(["  indented   text "]);
});

test("a hundred thousand characters of anything are wrapped", () => {
  for (const text of ["x".repeat(100_000), "https://".repeat(12_500), "字".repeat(50_000), "a".padEnd(100_000, " ")]) {
    expect(wrapLine(text).join("").trimEnd()).toBe(text.trimEnd());
  }
});
