/** Leaves an endpoint alone that fails again and again: then one call at a time finds out whether it is back. */
import { backoffMs, type Clock } from "../../../base/index.ts";

export interface Circuit {
  /** How many calls may be made now, of `free` that could be. */
  allow(free: number, running: number): number;
  /** When calls may be made again, in milliseconds since 1970; 0 while nothing holds them up. */
  readonly opensAt: number;
  record(isSuccess: boolean): void;
}

/** Failures in a row after which an endpoint rests. */
const MOST_FAILURES = 5;
const rests = { baseMs: 5_000, capMs: 5 * 60_000 };

export function circuit(clock: Clock): Circuit {
  let failures = 0;
  let opensAt = 0;
  return {
    allow: (free, running) => {
      if (failures < MOST_FAILURES) return free;
      return clock.now() >= opensAt && running === 0 ? 1 : 0;
    },
    get opensAt() {
      return opensAt;
    },
    record: (isSuccess) => {
      failures = isSuccess ? 0 : failures + 1;
      opensAt = failures < MOST_FAILURES ? 0 : clock.now() + backoffMs(failures - MOST_FAILURES + 1, rests);
    },
  };
}
