/** Shows that a call's time grows with its input and not with its square, whatever the machine's speed and load. */
import { expect } from "vitest";

const GROWTH = 32;
/** Linear work takes 32 times as long on 32 times the input, quadratic work 1,024 times. */
const MOST = GROWTH * 8;
/** Below this, the clock and the garbage collector measure themselves. */
const FLOOR_MS = 0.5;
const TRIES = 4;

/** Calls with inputs of `size` and of a small part of it, and fails where the longer took more than linearly longer. */
export function expectLinearTime(call: (size: number) => void, size = 1_000_000): void {
  const small = Math.max(
    FLOOR_MS,
    fastest(() => call(Math.floor(size / GROWTH))),
  );
  const big = fastest(() => call(size), small * MOST);
  expect(big / small, `times as long for ${GROWTH} times the input`).toBeLessThan(MOST);
}

/** The shortest of a few runs, which is the one that nothing disturbed; no more runs once one was short enough. */
function fastest(run: () => void, enoughMs = 0): number {
  let best = Number.POSITIVE_INFINITY;
  for (let time = 0; time < TRIES && best > enoughMs; time++) best = Math.min(best, cpuMsOf(run));
  return best;
}

/** In CPU time, since other processes may hold the processor meanwhile. */
function cpuMsOf(run: () => void): number {
  const started = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}
