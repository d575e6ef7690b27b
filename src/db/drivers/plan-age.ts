/** When the plans of a connection's prepared statements have to be made anew. */

/** Transactions with the same plans at the least: a plan costs as much as a statement. */
const TRANSACTIONS = 64;
/** How long a busy connection keeps its plans, in milliseconds. */
const KEPT_MS = 1_000;

/**
 * Postgres keeps the plan of a prepared statement until the table is analyzed, within a minute or so. A queue that was empty
 * when the plan was made may have 100,000 rows by then, and each of its statements reads them all.
 */
export class PlanAge {
  readonly #monotonic: () => number;
  #madeAt: number;
  #transactions = 0;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
    this.#madeAt = monotonic();
  }

  /** Called for each transaction that begins: true where the plans are to be discarded before it. */
  isOver(): boolean {
    this.#transactions++;
    if (this.#transactions < TRANSACTIONS || this.#monotonic() - this.#madeAt < KEPT_MS) return false;
    this.#transactions = 0;
    this.#madeAt = this.#monotonic();
    return true;
  }
}
