/** Calling work off, at a price that every message of a queue can pay: an AbortController for each would be a tenth of all it costs. */

/** What an AbortController does. */
export class CutOff {
  #isAborted = false;
  #controller: AbortController | undefined;
  readonly #callbacks: (() => void)[] = [];

  get aborted(): boolean {
    return this.#isAborted;
  }

  /** For those who take nothing else; made when it is first asked for. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isAborted) this.#controller.abort();
    return this.#controller.signal;
  }

  get reason(): unknown {
    return this.#isAborted ? this.signal.reason : undefined;
  }

  abort(): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#controller?.abort();
    for (const callback of this.#callbacks.splice(0)) callback();
  }

  /** Calls `callback` when it is aborted, at once where it has been; returns the way to stop listening. */
  onAbort(callback: () => void): () => void {
    if (this.#isAborted) {
      callback();
      return () => {};
    }
    const call = (): void => callback(); // its own function, so that the same callback may be given twice
    this.#callbacks.push(call);
    return () => {
      const at = this.#callbacks.indexOf(call);
      if (at >= 0) this.#callbacks.splice(at, 1);
    };
  }
}
