import { expect, test } from "vitest";
import { pageSize } from "./page-size.ts";

test.each([
  [undefined, 100],
  [50, 50],
  [0, 0],
  [-1, 0],
  [2.9, 2],
  [Infinity, 1000],
  [Number.NaN, 100],
])("of %s rows %s are read", (limit, rows) => {
  expect(pageSize(limit)).toBe(rows);
});
