/** Shows that a call's time grows with its input and not with its square, whatever the machine's speed. */
import { expect } from "vitest";

const GROWTH = 16;
/** Linear work takes 16 times as long on 16 times the input, quadratic work 256 times. */
const MOST = GROWTH * 5;
/** Below this, a clock and a garbage collector measure themselves. */
const FLOOR_MS = 0.5;

/** Calls with inputs of `size` and of a sixteenth of it, and fails where the longer took more than linearly longer. */
export function expectLinearTime(call: (size: number) => void, size = 1_000_000): void {
  const small = Math.max(
    FLOOR_MS,
    fastest(() => call(Math.floor(size / GROWTH)), 3),
  );
  const big = fastest(() => call(size), 2, small * MOST);
  expect(big / small, "times as long for 16 times the input").toBeLessThan(MOST);
}

/** The shortest of a few runs, which is the one that nothing disturbed; no more runs once one was short enough. */
function fastest(run: () => void, times: number, enoughMs = 0): number {
  let best = Number.POSITIVE_INFINITY;
  for (let time = 0; time < times && best > enoughMs; time++) {
    const started = performance.now();
    run();
    best = Math.min(best, performance.now() - started);
  }
  return best;
}
