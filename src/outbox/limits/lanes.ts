/** How many messages go before others, for a page of them: each lane is read once. */
import type { Queryable } from "../../db/index.ts";
import type { Candidate } from "../seams.ts";
import { type Lane, listDueTimes } from "./store.ts";

/** No more than that many are counted before a message. */
export const MAX_COUNTED = 10_000;

/** The places of messages in their lanes; each lane is read once, in the order in which it is due. */
export class Lanes {
  readonly #db: Queryable;
  readonly #now: number;
  readonly #times = new Map<string, Promise<readonly number[]>>();

  constructor(db: Queryable, now: number) {
    this.#db = db;
    this.#now = now;
  }

  /** How many go before it: those of its own priority that are due before, and all more urgent ones that are due by then. */
  async ahead({ mailer, priority, due_at }: Candidate["message"]): Promise<number> {
    const dueAt = due_at ?? this.#now;
    let count = 0;
    for (let rank = 0; rank <= priority; rank++) {
      const before = rank === priority ? dueAt : Math.max(this.#now, dueAt) + 1;
      count += countBelow(await this.#timesOf({ mailer, priority: rank }), before);
    }
    return Math.min(count, MAX_COUNTED);
  }

  #timesOf(lane: Lane): Promise<readonly number[]> {
    const name = `${lane.priority} ${lane.mailer}`;
    const found = this.#times.get(name) ?? listDueTimes(this.#db, lane, MAX_COUNTED);
    this.#times.set(name, found);
    return found;
  }
}

/** How many of these, which are sorted, are less. */
function countBelow(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
