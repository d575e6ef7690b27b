/** Several ways out as one: which to try, in which order, and which to leave alone for a while. */
import type { Clock } from "../../base/index.ts";
import type { Backend } from "../backend.ts";

/** Ways out, and since when those that failed rest. */
export class Ways {
  readonly #backends: readonly Backend[];
  readonly #clock: Clock;
  /** For each way that rests: since when, and until when. */
  readonly #resting = new Map<Backend, { since: number; until: number }>();

  constructor(backends: readonly Backend[], clock: Clock) {
    this.#backends = backends;
    this.#clock = clock;
  }

  /**
   * The ways to try, beginning with the one at `start`: those that do not rest, and after them those that do, the one that
   * has rested longest first: a message is better tried than turned away.
   */
  inOrder(start: number): Backend[] {
    const rotated = [...this.#backends.slice(start), ...this.#backends.slice(0, start)];
    const now = this.#clock.now();
    const isAwake = (way: Backend): boolean => (this.#resting.get(way)?.until ?? now) <= now;
    const resting = rotated.filter((way) => !isAwake(way));
    return [...rotated.filter(isAwake), ...resting.toSorted((a, b) => this.#restingSince(a) - this.#restingSince(b))];
  }

  /** Leaves a way alone for so many milliseconds from now. */
  rest(way: Backend, ms: number): void {
    const now = this.#clock.now();
    this.#resting.set(way, { since: now, until: now + ms });
  }

  /** A way that took something has recovered. */
  wake(way: Backend): void {
    this.#resting.delete(way);
  }

  #restingSince(way: Backend): number {
    return this.#resting.get(way)?.since ?? 0;
  }
}
