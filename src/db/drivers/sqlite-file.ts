/** A SQLite file at work: does one step after the other, with its statements prepared once. It never waits for a lock. */
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { KeptStatement, type SqliteStatement } from "./kept-statement.ts";
import { loadSqlite, type SqliteHandle } from "./load-sqlite.ts";
import type { AnswerTo, CursorAnswer, PackedUnits, QueryAnswer, Step } from "./sqlite-steps.ts";

/** How many prepared statements are kept; Waxseal has fewer, and an application's own come and go. */
const KEPT_STATEMENTS = 200;
/** In characters; a longer one holds a list, and costs more to keep than to prepare. */
const LONGEST_KEPT = 10_000;
/** How much of a cursor is read at once: rows, and bytes of them. */
const ROWS_AT_ONCE = 100;
const BYTES_AT_ONCE = 1024 * 1024;

/** Opens a file, making its folder when there is none (readable by its owner alone: it will hold mail). */
export async function openSqliteFile(path: string): Promise<SqliteFile> {
  const { DatabaseSync } = await loadSqlite();
  if (path !== ":memory:") mkdirSync(dirname(resolve(path)), { recursive: true, mode: 0o700 });
  const handle: SqliteHandle = new DatabaseSync(path);
  handle.exec("PRAGMA busy_timeout = 0"); // SQLite would wait in the thread, and nothing else could be asked of it
  return new SqliteFile(handle);
}

export class SqliteFile {
  readonly #handle: SqliteHandle;
  readonly #statements = new Map<string, KeptStatement>();
  /** The statements are held here too: @photostructure/sqlite ends one that is collected, whoever iterates over it. */
  readonly #cursors = new Map<number, { statement: SqliteStatement; rows: IterableIterator<unknown> }>();
  #cursorsMade = 0;

  constructor(handle: SqliteHandle) {
    this.#handle = handle;
  }

  perform<S extends Step>(step: S): AnswerTo<S>;
  perform(step: Step): AnswerTo<Step> {
    if (step.begins !== true && step.commits !== true) return this.#do(step);
    // The write lock at once: a transaction that took it later could fail for what another process wrote meanwhile.
    if (step.begins === true) this.exec("begin immediate");
    try {
      const answer = this.#do(step);
      if (step.commits === true) this.exec("commit");
      return answer;
    } catch (error) {
      rollBack(this.#handle);
      throw error;
    }
  }

  /** Runs statements without parameters that answer nothing. */
  exec(sql: string): undefined {
    this.#handle.exec(sql);
  }

  #do(step: Step): AnswerTo<Step> {
    switch (step.kind) {
      case "exec":
        return this.exec(step.sql);
      case "nothing":
        return undefined;
      case "query":
        return this.#query(step.sql, step.values);
      case "select":
        return step.asks.map(({ sql, lists }) => {
          const statement = this.#prepare(sql);
          return lists.map((values) => statement.all(values));
        });
      case "rollback":
        rollBack(this.#handle);
        return undefined;
      case "apply":
        return this.#apply(step.units);
      case "open":
        return this.#open(step.sql, step.values);
      case "next":
        return this.#next(step.cursor);
      case "end":
        this.#cursors.delete(step.cursor);
        return undefined;
      case "close":
        this.#close();
        return undefined;
    }
  }

  #query(sql: string, values: readonly unknown[]): QueryAnswer {
    const statement = this.#prepare(sql);
    if (statement.returnsRows) return { rows: statement.all(values) };
    return { rows: [], ...statement.run(values) };
  }

  #apply({ statements, plan, values, parts, bytes }: PackedUnits): boolean[] {
    const prepared = statements.map((sql) => this.#prepare(sql));
    const whole = [...values];
    for (let part = 0; part < parts.length; part += 3) {
      whole[parts[part] ?? 0] = new Uint8Array(bytes, parts[part + 1], parts[part + 2]);
    }
    const done: boolean[] = [];
    for (let at = 0, value = 0; at < plan.length;) {
      let goesOn = true;
      const count = plan[at++] ?? 0;
      for (let index = 0; index < count; index++) {
        const statement = prepared[plan[at++] ?? 0];
        const next = value + (plan[at++] ?? 0);
        if (goesOn && statement !== undefined) {
          const { changes } = statement.run(whole.slice(value, next));
          if (index === 0) goesOn = Number(changes) > 0;
        }
        value = next;
      }
      done.push(goesOn);
    }
    return done;
  }

  #open(sql: string, values: readonly unknown[]): number {
    const statement = this.#handle.prepare(sql); // one that is kept could be run again while its rows are read
    this.#cursors.set(++this.#cursorsMade, { statement, rows: statement.iterate(...values) });
    return this.#cursorsMade;
  }

  #next(cursor: number): CursorAnswer {
    const rows: unknown[] = [];
    const reading = this.#cursors.get(cursor);
    if (reading === undefined) return { rows, done: true };
    for (let size = 0; rows.length < ROWS_AT_ONCE && size < BYTES_AT_ONCE;) {
      const { value, done } = reading.rows.next();
      if (done === true) return { rows, done: true };
      rows.push(value);
      for (const column of Object.values(value as object)) size += (column as { length?: number } | null)?.length ?? 8;
    }
    return { rows, done: false };
  }

  #prepare(sql: string): KeptStatement {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    // Node 22 gives the columns that a statement had when it was prepared.
    if (/^\s*(?:alter|create|drop)\b/i.test(sql)) this.#statements.clear();
    const statement = new KeptStatement(this.#handle.prepare(sql), sql);
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

  /** Closes the file, with all that was written in it rather than beside it: a driver may keep the log until its statements are collected. */
  #close(): void {
    this.#statements.clear();
    this.#cursors.clear();
    try {
      this.#handle.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // No database, or no room: the log stays, and the next to open it reads it.
    }
    this.#handle.close();
  }
}

/** After some errors, such as a full disk, SQLite has done so by itself. */
function rollBack(handle: SqliteHandle): void {
  try {
    handle.exec("rollback");
  } catch (error) {
    if (!/no transaction is active/.test(String(error))) throw error;
  }
}
