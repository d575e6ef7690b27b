/** When the plans of a connection's prepared statements have to be made anew. */

/** Transactions with the same plans at the least: to make them all anew takes as long as a turn of the outbox or two. */
const TRANSACTIONS = 16;
/** How long plans are kept at the least, in milliseconds. */
const KEPT_MS = 500;
/** A connection that takes longer than this for so many transactions makes no table grow, in milliseconds. */
const BUSY_MS = 10_000;

/**
 * Postgres keeps the plan of a prepared statement until the table is analyzed, within a minute or so. A queue that was empty
 * when the plan was made may have 100,000 rows by then, and each of its statements reads them all.
 */
export class PlanAge {
  readonly #monotonic: () => number;
  #since: number;
  #transactions = 0;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
    this.#since = monotonic();
  }

  /** Called for each transaction that begins: true where the plans are to be discarded before it. */
  isOver(): boolean {
    this.#transactions++;
    const passedMs = this.#monotonic() - this.#since;
    if (this.#transactions < TRANSACTIONS || passedMs < KEPT_MS) return false;
    this.#transactions = 0;
    this.#since = this.#monotonic();
    return passedMs < BUSY_MS;
  }
}
