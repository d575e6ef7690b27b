import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

test("the wait doubles to its cap", () => {
  const waits = [1, 2, 3, 4, 5, 1000].map((n) => backoffMs(n, { baseMs: 100, capMs: 1000, jitter: 0 }));
  expect(waits).toEqual([100, 200, 400, 800, 1000, 1000]);
});

test("chance takes away at most the jitter's share", () => {
  expect(backoffMs(1, { baseMs: 1000, capMs: 9000, jitter: 0.5 }, () => 0)).toBe(1000);
  expect(backoffMs(1, { baseMs: 1000, capMs: 9000, jitter: 0.5 }, () => 0.99)).toBe(505);
});
