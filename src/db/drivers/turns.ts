/** Lets one after the other at something that there is one of, in the order they came. */

export class Turns {
  #taken = false;
  readonly #waiting = new Set<() => void>();

  /** Resolves when it is the caller's turn, who then calls `give` once; false when that took too long. */
  take(waitMs: number): Promise<boolean> {
    if (!this.#taken) {
      this.#taken = true;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(go);
        resolve(false);
      }, waitMs);
      this.#waiting.add(go);
    });
  }

  /** Ends a turn: the next one's begins. */
  give(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken = false;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
