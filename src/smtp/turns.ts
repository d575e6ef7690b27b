/** Lets a fixed number work at once; the others wait in the order in which they came. */
import { onAbort } from "./on-abort.ts";

/** Why a turn was not given. */
export type TurnRefusal = "closed" | "full" | "aborted";

interface Waiting {
  grant(): void;
  refuse(why: TurnRefusal): void;
}

export class Turns {
  readonly #limit: number;
  readonly #maxWaiting: number;
  readonly #waiting = new Set<Waiting>();
  #working = 0;
  #closed = false;
  #onEmpty: (() => void) | undefined;

  /** At most `limit` turns at once, and at most `maxWaiting` in the queue. */
  constructor(limit: number, maxWaiting: number) {
    this.#limit = limit;
    this.#maxWaiting = maxWaiting;
  }

  /** Waits for a turn. Resolves with undefined, and then `release` must be called, or with why there is none. */
  take(signal?: AbortSignal): Promise<TurnRefusal | undefined> {
    if (signal?.aborted === true) return Promise.resolve("aborted");
    if (this.#closed) return Promise.resolve("closed");
    if (this.#working < this.#limit) {
      this.#working += 1;
      return Promise.resolve(undefined);
    }
    if (this.#waiting.size >= this.#maxWaiting) return Promise.resolve("full");
    return new Promise((resolve) => {
      const leave = (answer: TurnRefusal | undefined): void => {
        this.#waiting.delete(waiting);
        unlisten();
        resolve(answer);
      };
      const waiting: Waiting = { grant: () => leave(undefined), refuse: leave };
      this.#waiting.add(waiting);
      const unlisten = onAbort(signal, () => leave("aborted"));
    });
  }

  /** Ends a turn: it passes to whoever waits longest. */
  release(): void {
    const [next] = this.#waiting;
    if (next !== undefined) return next.grant();
    this.#working -= 1;
    if (this.#working === 0) this.#onEmpty?.();
  }

  /** Refuses whoever waits and whoever comes; resolves when the last turn has ended. */
  close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#waiting) waiting.refuse("closed");
    if (this.#working === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const before = this.#onEmpty;
      this.#onEmpty = () => {
        before?.();
        resolve();
      };
    });
  }
}
