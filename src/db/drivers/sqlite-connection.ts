/** The one connection to a SQLite file: who may use it now, and the patience with other processes. */
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

/** The connection as those who take it in turn share it. */
interface Shared {
  readonly engine: SqliteEngine;
  readonly waits: SqliteWaits;
  readonly turns: Turns;
  /** Another process holds the file, and that is what the one whose turn it is waits for. */
  waitsForAnother: boolean;
}

export class SqliteConnection {
  readonly #shared: Shared;

  constructor(engine: SqliteEngine, waits: SqliteWaits) {
    this.#shared = { engine, waits, turns: new Turns(), waitsForAnother: false };
  }

  /**
   * Waits until nobody else in this process uses the connection; then `release` of what it gives must follow.
   *
   * @throws DatabaseError `WX_DB_BUSY`: whoever waits for it inside of a transaction waits for itself, and that must end
   */
  async acquire(): Promise<SqliteHold> {
    await take(this.#shared);
    return new SqliteHold(this.#shared);
  }

  /** Does a step for whoever needs no turn, since nobody else has the connection yet. */
  patiently<S extends Step>(step: S): Promise<AnswerTo<S>> {
    return new SqliteHold(this.#shared).patiently(step);
  }

  async close(): Promise<void> {
    await this.#shared.engine.perform({ kind: "close" });
  }
}

async function take(shared: Shared): Promise<void> {
  const { connectionWaitMs } = shared.waits;
  if (await shared.turns.take(connectionWaitMs)) return;
  throw shared.waitsForAnother ? heldByAnother(connectionWaitMs) : heldByTransaction(connectionWaitMs);
}

/**
 * The connection in the hands of one who has it, for a transaction or a statement.
 *
 * The last step of a transaction is given to the file before it is answered: from then on the next one may have the
 * connection, whose steps the file does after it.
 */
export class SqliteHold implements DatabaseConnection {
  readonly #shared: Shared;
  /** A transaction is to be begun, and nothing was asked of it yet. */
  #begins = false;
  /** The last step of the transaction has been given to the file, which commits with it, or does nothing of it. */
  #isOver = false;
  #isReleased = false;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#shared.turns.give();
  }

  /** Begins a transaction, along with its first statement. */
  begin(): void {
    this.#begins = true;
  }

  async commit(): Promise<void> {
    if (!this.#begins && !this.#isOver) await this.finally({ kind: "nothing" });
  }

  async rollback(): Promise<void> {
    if (!this.#begins && !this.#isOver) await this.#shared.engine.perform({ kind: "rollback" });
  }

  /** Does the last step of a transaction, and commits it. */
  finally<S extends Step>(step: S): Promise<AnswerTo<S>> {
    return this.patiently({ ...step, commits: true });
  }

  /** Does a step; while another process holds the lock, again and again. */
  async patiently<S extends Step>(step: S): Promise<AnswerTo<S>> {
    if (this.#isOver) {
      throw new Error("The transaction was committed along with its last statement; nothing may follow.");
    }
    this.#isOver = step.commits === true;
    const { engine, waits } = this.#shared;
    let since: number | undefined;
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        const answering = engine.perform(this.#begins ? { ...step, begins: true } : step);
        if (step.commits === true) this.release();
        const answer = await answering;
        this.#begins = false;
        this.#shared.waitsForAnother = false;
        return answer;
      } catch (error) {
        this.#shared.waitsForAnother = isBusy(error);
        // Without its beginning, a last step that failed has nothing left to be tried in.
        const mayTryAgain = this.#begins || step.commits !== true;
        if (!this.#shared.waitsForAnother || !mayTryAgain) throw nameSqliteFault(error);
        since ??= performance.now();
        if (performance.now() - since >= waits.busyWaitMs) throw heldByAnother(waits.busyWaitMs, error);
      }
      await sleep(pauseMs * (0.5 + Math.random()));
      if (this.#isReleased) await this.#takeAgain();
    }
  }

  async #takeAgain(): Promise<void> {
    await take(this.#shared);
    this.#isReleased = false;
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
      await this.#shared.engine.perform({ kind: "end", cursor });
    }
  }
}
