/** The one connection to a SQLite file: who may use it now, its prepared statements, and its patience with other processes. */
import { setTimeout as sleep } from "node:timers/promises";
import type { CompiledQuery, DatabaseConnection, QueryResult } from "kysely";
import { KeptStatement, type SqliteStatement } from "./kept-statement.ts";
import { heldByAnother, heldByTransaction, isBusy, nameSqliteFault } from "./sqlite-faults.ts";
import { Turns } from "./turns.ts";

/** How long to wait for whom, in milliseconds. */
export interface SqliteWaits {
  /** A statement for a transaction of this process. */
  connectionWaitMs: number;
  /** A statement for another process' write; this process goes on with other things meanwhile. */
  busyWaitMs: number;
}

/** What is used of a database of node:sqlite. */
export interface SqliteHandle {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

/** Statements by their text, prepared once. */
export interface SqliteStatements {
  prepare(sql: string): Pick<SqliteStatement, "all" | "get" | "run">;
}

/** How many prepared statements are kept; Waxseal has fewer, and an application's own come and go. */
const KEPT_STATEMENTS = 200;
/** In characters; a longer one holds a list, and costs more to keep than to prepare. */
const LONGEST_KEPT = 10_000;
/** The longest pause between two looks at a lock, in milliseconds: a commit of another process takes less. */
const LONGEST_PAUSE_MS = 20;

export class SqliteConnection implements DatabaseConnection, SqliteStatements {
  readonly #handle: SqliteHandle;
  readonly #waits: SqliteWaits;
  readonly #turns = new Turns();
  readonly #statements = new Map<string, KeptStatement>();
  /** Held here while their rows are read: @photostructure/sqlite ends a statement that is collected, whoever iterates over it. */
  readonly #streaming = new Set<SqliteStatement>();
  #waitsForAnother = false;

  constructor(handle: SqliteHandle, waits: SqliteWaits) {
    this.#handle = handle;
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

  /** Runs a transaction of synchronous statements in one go. What `work` throws rolls it back. */
  async exclusive<T>(work: (statements: SqliteStatements) => T): Promise<T> {
    await this.acquire();
    try {
      await this.begin();
      try {
        const result = work(this);
        this.#handle.exec("commit");
        return result;
      } catch (error) {
        this.rollback();
        throw nameSqliteFault(error);
      }
    } finally {
      this.release();
    }
  }

  /** Takes the write lock at once: a transaction that took it later could fail for what another process wrote meanwhile. */
  begin(): Promise<void> {
    return this.patiently(() => this.#handle.exec("begin immediate"));
  }

  /** Undoes the transaction. After some errors, such as a full disk, SQLite has done so by itself, and the first error is the one to tell. */
  rollback(): void {
    try {
      this.#handle.exec("rollback");
    } catch (error) {
      if (!/no transaction is active/.test(String(error))) throw error;
    }
  }

  /** Does `work`; while another process holds the lock again and again, with the event loop free in between. */
  async patiently<T>(work: () => T): Promise<T> {
    let since: number | undefined;
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        const result = work();
        this.#waitsForAnother = false;
        return result;
      } catch (error) {
        this.#waitsForAnother = isBusy(error);
        if (!this.#waitsForAnother) throw nameSqliteFault(error);
        since ??= performance.now();
        if (performance.now() - since >= this.#waits.busyWaitMs) throw heldByAnother(this.#waits.busyWaitMs, error);
      }
      await sleep(pauseMs * (0.5 + Math.random()));
    }
  }

  prepare(sql: string): KeptStatement {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    // Node 22 gives the columns that a statement had when it was prepared.
    if (/^\s*(?:alter|create|drop)\b/i.test(sql)) this.#statements.clear();
    const statement = new KeptStatement(this.#handle.prepare(sql));
    if (sql.length > LONGEST_KEPT) return statement;
    if (this.#statements.size >= KEPT_STATEMENTS) {
      for (const oldest of this.#statements.keys()) {
        this.#statements.delete(oldest);
        break;
      }
    }
    this.#statements.set(sql, statement);
    return statement;
  }

  executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    return this.patiently(() => {
      const statement = this.prepare(sql);
      if (statement.returnsRows) return { rows: statement.all(...parameters) as Row[] };
      const { changes, lastInsertRowid } = statement.run(...parameters);
      return { numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid), rows: [] };
    });
  }

  async *streamQuery<Row>({ sql, parameters }: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    const statement = this.#handle.prepare(sql); // one that is kept could be run again while its rows are read
    this.#streaming.add(statement);
    try {
      for (const row of statement.iterate(...parameters)) yield { rows: [row as Row] };
    } finally {
      this.#streaming.delete(statement);
    }
  }

  /** Closes the file, with all that was written in it rather than beside it: a driver may keep the log until its statements are collected. */
  close(): void {
    this.#statements.clear();
    try {
      this.#handle.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // No database, or no room: the log stays, and the next to open it reads it.
    }
    this.#handle.close();
  }
}
