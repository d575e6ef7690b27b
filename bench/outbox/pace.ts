/** How long the turns are. */
import type { Pace } from "../smtp/measure.ts";

/** Turns of a second or two: a commit that waits for the disk must not be all that is seen of one. */
export function paceOf(isQuick: boolean): Pace {
  return isQuick ? { warmUpMs: 500, turnMs: 500, rounds: 3 } : { warmUpMs: 3000, turnMs: 1500, rounds: 9 };
}
