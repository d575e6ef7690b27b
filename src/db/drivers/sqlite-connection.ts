/** The one connection to a SQLite file: who may use it now, and its patience with other processes. */
import { setTimeout as sleep } from "node:timers/promises";
import type { CompiledQuery, DatabaseConnection, QueryResult } from "kysely";
import { heldByAnother, heldByTransaction, isBusy, nameSqliteFault } from "./sqlite-faults.ts";
import type { AnswerTo, SqliteEngine, Step } from "./sqlite-steps.ts";
import { Turns } from "./turns.ts";

/** How long to wait for whom, in milliseconds. */
export interface SqliteWaits {
  /** A statement for a transaction of this process. */
  connectionWaitMs: number;
  /** A statement for another process' write; this process goes on with other things meanwhile. */
  busyWaitMs: number;
}

/** The longest pause between two looks at a lock, in milliseconds: a commit of another process takes less. */
const LONGEST_PAUSE_MS = 20;

export class SqliteConnection implements DatabaseConnection {
  readonly #engine: SqliteEngine;
  readonly #waits: SqliteWaits;
  readonly #turns = new Turns();
  /** A transaction is to be begun, and nothing was asked of it yet. */
  #begins = false;
  /** The transaction in hand has been committed along with its last statement. */
  #isOver = false;
  #waitsForAnother = false;

  constructor(engine: SqliteEngine, waits: SqliteWaits) {
    this.#engine = engine;
    this.#waits = waits;
  }

  /**
   * Waits until nobody else in this process uses the connection; then `release` must follow.
   *
   * @throws DatabaseError `WX_DB_BUSY`: whoever waits for it inside of a transaction waits for itself, and that must end
   */
  async acquire(): Promise<void> {
    const { connectionWaitMs } = this.#waits;
    if (await this.#turns.take(connectionWaitMs)) return;
    throw this.#waitsForAnother ? heldByAnother(connectionWaitMs) : heldByTransaction(connectionWaitMs);
  }

  release(): void {
    this.#turns.give();
  }

  /** Begins a transaction, along with its first statement. */
  begin(): void {
    this.#begins = true;
  }

  async commit(): Promise<void> {
    if (this.#begins || this.#isOver) this.#begins = this.#isOver = false;
    else await this.patiently({ kind: "exec", sql: "commit" });
  }

  async rollback(): Promise<void> {
    if (this.#begins || this.#isOver) this.#begins = this.#isOver = false;
    else await this.#engine.perform({ kind: "rollback" });
  }

  /** Does the last step of a transaction, and commits it. */
  async finally<S extends Step>(step: S): Promise<AnswerTo<S>> {
    const answer = await this.patiently({ ...step, commits: true });
    this.#isOver = true;
    return answer as AnswerTo<S>;
  }

  /** Does a step; while another process holds the lock, again and again. */
  async patiently<S extends Step>(step: S): Promise<AnswerTo<S>> {
    if (this.#isOver)
      throw new Error("The transaction was committed along with its last statement; nothing may follow.");
    let since: number | undefined;
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        const answer = await this.#engine.perform(this.#begins ? { ...step, begins: true } : step);
        this.#begins = false;
        this.#waitsForAnother = false;
        return answer;
      } catch (error) {
        this.#waitsForAnother = isBusy(error);
        // Without its beginning, a last step that failed has nothing left to be tried in.
        const mayTryAgain = this.#begins || step.commits !== true;
        if (!this.#waitsForAnother || !mayTryAgain) throw nameSqliteFault(error);
        since ??= performance.now();
        if (performance.now() - since >= this.#waits.busyWaitMs) throw heldByAnother(this.#waits.busyWaitMs, error);
      }
      await sleep(pauseMs * (0.5 + Math.random()));
    }
  }

  async executeQuery<Row>({ sql, parameters: values }: CompiledQuery): Promise<QueryResult<Row>> {
    const { rows, changes, lastInsertRowid } = await this.patiently({ kind: "query", sql, values });
    if (changes === undefined) return { rows: rows as Row[] };
    return { numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid ?? 0), rows: [] };
  }

  async *streamQuery<Row>({ sql, parameters: values }: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    const cursor = await this.patiently({ kind: "open", sql, values });
    try {
      for (;;) {
        const { rows, done } = await this.patiently({ kind: "next", cursor });
        for (const row of rows) yield { rows: [row as Row] };
        if (done) return;
      }
    } finally {
      await this.#engine.perform({ kind: "end", cursor });
    }
  }

  async close(): Promise<void> {
    await this.#engine.perform({ kind: "close" });
  }
}
