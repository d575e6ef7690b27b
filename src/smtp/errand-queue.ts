/** The messages that wait for a connection: the urgent ones first, each kind first come, first served. */
import type { Errand } from "./job.ts";

/** Places before the first are cleared when there are so many of them. */
const MAX_EMPTY_PLACES = 1024;

export class ErrandQueue {
  readonly #urgent = new Lane();
  readonly #others = new Lane();
  #size = 0;

  /** How many wait; those that were answered for while they waited do not count. */
  get size(): number {
    return this.#size;
  }

  add(errand: Errand): void {
    errand.isWaiting = true;
    this.#laneOf(errand).add(errand);
    this.#size += 1;
  }

  /** Puts errands that are still to be answered for before all others of their kind, in their order. */
  putBack(errands: readonly Errand[]): void {
    for (const errand of errands) errand.isWaiting = true;
    this.#urgent.putBack(errands.filter(({ isUrgent }) => isUrgent));
    this.#others.putBack(errands.filter(({ isUrgent }) => !isUrgent));
    this.#size += errands.length;
  }

  /** One that waits is answered for by its caller: it counts no longer. */
  forget(errand: Errand): void {
    errand.isWaiting = false;
    this.#size -= 1;
  }

  /** The one whose turn it is. */
  peek(): Errand | undefined {
    return this.#urgent.peek() ?? this.#others.peek();
  }

  /** Takes out the one that `peek` has just shown. */
  take(errand: Errand): void {
    errand.isWaiting = false;
    this.#laneOf(errand).dropFirst();
    this.#size -= 1;
  }

  /** Takes out all. */
  drain(): Errand[] {
    this.#size = 0;
    return [...this.#urgent.drain(), ...this.#others.drain()];
  }

  #laneOf({ isUrgent }: Errand): Lane {
    return isUrgent ? this.#urgent : this.#others;
  }
}

/** Those of one kind, in their order; one that was answered for leaves an empty place. */
class Lane {
  #places: (Errand | undefined)[] = [];
  #first = 0;

  add(errand: Errand): void {
    this.#places.push(errand);
  }

  putBack(errands: readonly Errand[]): void {
    if (errands.length === 0) return;
    this.#places = [...errands, ...this.#places.slice(this.#first)];
    this.#first = 0;
  }

  peek(): Errand | undefined {
    for (; this.#first < this.#places.length; this.dropFirst()) {
      const errand = this.#places[this.#first];
      if (errand?.isSettled === false) return errand;
    }
    return undefined;
  }

  dropFirst(): void {
    this.#places[this.#first] = undefined;
    this.#first += 1;
    if (this.#first < MAX_EMPTY_PLACES && this.#first < this.#places.length) return;
    this.#places.splice(0, this.#first);
    this.#first = 0;
  }

  drain(): Errand[] {
    const errands = this.#places.slice(this.#first).filter((errand) => errand?.isSettled === false);
    this.#places = [];
    this.#first = 0;
    return errands as Errand[];
  }
}
