/** A clock that runs faster than the machine's, so that a lease ends within a test. */
import { type Clock, systemClock } from "../../src/base/index.ts";

/** The options of an outbox whose time runs `times` as fast, from now on. */
export function fastClock(times: number): { clock: Clock; monotonic: () => number } {
  const start = Date.now();
  const from = performance.now();
  const passed = (): number => (performance.now() - from) * times;
  return {
    clock: {
      now: () => Math.round(start + passed()),
      sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
    },
    monotonic: passed,
  };
}
