/** The messages that wait for a connection, first come, first served. */
import type { Errand } from "./job.ts";

/** Places before the first are cleared when there are so many of them. */
const MAX_EMPTY_PLACES = 1024;

export class ErrandQueue {
  #places: (Errand | undefined)[] = [];
  #first = 0;
  #size = 0;

  /** How many wait; those that were answered for while they waited do not count. */
  get size(): number {
    return this.#size;
  }

  add(errand: Errand): void {
    errand.isWaiting = true;
    this.#places.push(errand);
    this.#size += 1;
  }

  /** Puts errands that are still to be answered for before all others, in their order. */
  putBack(errands: readonly Errand[]): void {
    if (errands.length === 0) return;
    for (const errand of errands) errand.isWaiting = true;
    this.#places = [...errands, ...this.#places.slice(this.#first)];
    this.#first = 0;
    this.#size += errands.length;
  }

  /** One that waits is answered for by its caller: it counts no longer. */
  forget(errand: Errand): void {
    errand.isWaiting = false;
    this.#size -= 1;
  }

  /** The one that waits longest. */
  peek(): Errand | undefined {
    for (; this.#first < this.#places.length; this.#dropFirst()) {
      const errand = this.#places[this.#first];
      if (errand?.isSettled === false) return errand;
    }
    return undefined;
  }

  /** Takes out the one that `peek` shows. */
  take(): void {
    const errand = this.peek();
    if (errand === undefined) return;
    errand.isWaiting = false;
    this.#dropFirst();
    this.#size -= 1;
  }

  /** Takes out all. */
  drain(): Errand[] {
    const errands = this.#places.slice(this.#first).filter((errand) => errand?.isSettled === false);
    this.#places = [];
    this.#first = 0;
    this.#size = 0;
    return errands as Errand[];
  }

  #dropFirst(): void {
    this.#places[this.#first] = undefined;
    this.#first += 1;
    if (this.#first < MAX_EMPTY_PLACES && this.#first < this.#places.length) return;
    this.#places.splice(0, this.#first);
    this.#first = 0;
  }
}
