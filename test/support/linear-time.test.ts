import { expect, test } from "vitest";
import { expectLinearTime } from "./linear-time.ts";

/** So many steps of work that no compiler leaves out. */
function steps(count: number): number {
  let sum = 0;
  for (let step = 0; step < count; step++) sum = (sum * 31 + step) % 1_000_003;
  return sum;
}

test("work in proportion to its input passes, that in proportion to its square does not", () => {
  expectLinearTime((size) => steps(size), 1_000_000);
  expect(() => expectLinearTime((size) => steps(size * size), 6000)).toThrow("times as long for 32 times the input");
});
