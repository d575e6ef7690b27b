import { expect, test } from "vitest";
import { checkEntry } from "./entry.ts";

test.each([
  ["a\0b\0\0", "ab"],
  ["\\u0000", "\\u0000"],
  ["\\\0", "\\"],
  ["\\\\\0\\u0000", "\\\\\\u0000"],
])("of a variable %j, %j is stored: what it was, without NUL", (given, stored) => {
  const { variables, json } = checkEntry({ to: "ann@x.cn", variables: { given, other: "," } });
  expect(variables).toEqual({ given: stored, other: "," });
  expect(JSON.parse(json)).toEqual({ variables });
});
