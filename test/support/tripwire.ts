/** Stops this whole process for good at one statement, so that a test can kill it just there; for the programs of tests. */
import { writeSync } from "node:fs";
import { Client } from "pg";
import { SqliteConnection } from "../../src/db/drivers/sqlite-connection.ts";

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

function watchSqlite(touch: Touch): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const { prepare, begin } = SqliteConnection.prototype;
  SqliteConnection.prototype.begin = function (this: SqliteConnection) {
    touch(this, "begin immediate", "before");
    return Reflect.apply(begin, this, []);
  };
  SqliteConnection.prototype.prepare = function (this: SqliteConnection, sql: string) {
    const kept = Reflect.apply(prepare, this, [sql]);
    const around = <T>(run: () => T): T => {
      touch(this, sql, "before");
      const result = run();
      touch(this, sql, "after");
      return result;
    };
    return {
      returnsRows: kept.returnsRows,
      all: (...values: readonly unknown[]) => around(() => kept.all(...values)),
      get: (...values: readonly unknown[]) => around(() => kept.get(...values)),
      run: (...values: readonly unknown[]) => around(() => kept.run(...values)),
    } as typeof kept; // its private fields are not used by anybody else
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
