/** Stops this whole process for good at one statement, so that a test can kill it just there; for the programs of tests. */
import { writeSync } from "node:fs";
import { Client } from "pg";
import { KeptStatement } from "../../src/db/drivers/kept-statement.ts";
import { SqliteFile } from "../../src/db/drivers/sqlite-file.ts";

/** The statement, and where about it. */
export interface Tripwire {
  /** A pattern of the statement itself, such as `^commit$`. */
  statement: string;
  /** A pattern of another one that the same connection must have run since its last `begin`. */
  after?: string;
  /** `sent`, on Postgres alone: it has left, and its answer is not read. */
  where: "before" | "sent" | "after";
}

/** Said on stdout when the wire was touched. */
export const STOPPED = "stopped";

/** Each connection has its own transaction. */
type Touch = (connection: object, sql: string, where: Tripwire["where"]) => void;

export function setTripwire({ statement, after, where }: Tripwire): void {
  const wanted = new RegExp(statement, "i");
  const arming = new RegExp(after ?? "", "i");
  const armed = new WeakSet<object>();
  const touch: Touch = (connection, sql, at) => {
    if (wanted.test(sql) && at === where && (after === undefined || armed.has(connection))) stop();
    if (at !== "before") return;
    if (/^\s*begin/i.test(sql)) armed.delete(connection);
    if (arming.test(sql)) armed.add(connection);
  };
  watchSqlite(touch);
  watchPostgres(touch);
}

/** Says so, and takes no further step: the thread itself stands still. */
function stop(): never {
  writeSync(1, `${STOPPED}\n`);
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Such a process has one file, and opens it without a thread: a wire in another thread would stop that one alone. */
function watchSqlite(touch: Touch): void {
  const connection = {};
  const around = <T>(sql: string, run: () => T): T => {
    touch(connection, sql, "before");
    const result = run();
    touch(connection, sql, "after");
    return result;
  };
  /* oxlint-disable typescript/unbound-method -- called with their own `this` below */
  const { exec } = SqliteFile.prototype;
  const { all, run } = KeptStatement.prototype;
  /* oxlint-enable typescript/unbound-method */
  SqliteFile.prototype.exec = function (this: SqliteFile, sql) {
    return around(sql, () => Reflect.apply(exec, this, [sql]));
  };
  KeptStatement.prototype.all = function (this: KeptStatement, values) {
    return around(this.sql, () => Reflect.apply(all, this, [values]));
  };
  KeptStatement.prototype.run = function (this: KeptStatement, values) {
    return around(this.sql, () => Reflect.apply(run, this, [values]));
  };
}

function watchPostgres(touch: Touch): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const { query } = Client.prototype;
  Client.prototype.query = function (this: Client, ...args: unknown[]) {
    const [first] = args as [string | { text?: string }];
    const sql = (typeof first === "string" ? first : first.text) ?? "";
    touch(this, sql, "before");
    const result: unknown = Reflect.apply(query, this, args);
    touch(this, sql, "sent");
    if (!(result instanceof Promise)) return result as never;
    return result.then((answer: unknown) => {
      touch(this, sql, "after");
      return answer;
    }) as never;
  } as typeof query;
}
