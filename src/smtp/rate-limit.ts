/** Holds messages back where a server takes only so many in a time. */
import type { Clock } from "../base/index.ts";

/** At most so many messages begin in any stretch of so many milliseconds. */
export interface SmtpRate {
  readonly messages: number;
  readonly windowMs: number;
}

/** One rule: when the last `messages` messages began, in a ring. */
class Window {
  readonly #windowMs: number;
  readonly #starts: Float64Array;
  #next = 0;

  constructor({ messages, windowMs }: SmtpRate) {
    this.#windowMs = windowMs;
    this.#starts = new Float64Array(messages).fill(-Infinity);
  }

  /** How long until one more may begin. */
  waitMs(now: number): number {
    const oldest = this.#starts[this.#next] ?? -Infinity;
    // A clock that was set back says nothing of how long ago it was.
    return oldest > now ? 0 : Math.max(0, oldest + this.#windowMs - now);
  }

  add(now: number): void {
    this.#starts[this.#next] = now;
    this.#next = (this.#next + 1) % this.#starts.length;
  }
}

export class RateLimit {
  readonly #clock: Clock;
  readonly #windows: readonly Window[];

  constructor(rates: readonly SmtpRate[], clock: Clock) {
    this.#clock = clock;
    this.#windows = rates.map((rate) => new Window(rate));
  }

  /** How long until the next message may begin, in milliseconds; 0 where it may now. */
  waitMs(): number {
    if (this.#windows.length === 0) return 0;
    const now = this.#clock.now();
    return Math.max(...this.#windows.map((window) => window.waitMs(now)));
  }

  /** A message begins. */
  count(): void {
    if (this.#windows.length === 0) return;
    const now = this.#clock.now();
    for (const window of this.#windows) window.add(now);
  }
}
