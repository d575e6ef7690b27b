/** A clock that stands still until a test moves it. */
import type { Clock } from "../base/index.ts";

export interface FixedClock extends Clock {
  /** Moves the time on, and ends every sleep that it passes. */
  advance(ms: number): void;
}

/**
 * @param start Milliseconds since 1970. Default 2026-01-01T00:00:00Z.
 * @example
 * const clock = fixedClock();
 * clock.advance(3_600_000);
 */
export function fixedClock(start: number = Date.UTC(2026, 0, 1)): FixedClock {
  let now = start;
  const sleepers = new Set<{ until: number; end: () => void }>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (ms <= 0 || signal?.aborted) return resolve();
        const end = (): void => {
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", end);
          resolve();
        };
        const sleeper = { until: now + ms, end };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", end, { once: true });
      }),
    advance: (ms) => {
      now += ms;
      for (const sleeper of sleepers) if (sleeper.until <= now) sleeper.end();
    },
  };
}
