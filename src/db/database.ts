/** The database handle: one URL in, a Kysely instance out, with the promises of durability set. */
import type { Kysely } from "kysely";
import { findUnknownOption } from "../base/index.ts";
import type { SqliteHold } from "./drivers/sqlite-connection.ts";
import type { Ask, Unit } from "./drivers/sqlite-steps.ts";
import { isPostgresUrl, mayPrepare, withoutPassword } from "./drivers/postgres-url.ts";
import { DatabaseError } from "./errors.ts";
import { refuseNewer } from "./migrate.ts";
import type { Queryable, Schema } from "./schema.ts";

/** An open database. */
export interface Database extends AsyncDisposable {
  /** For queries; a part's statements stand in its own store. */
  kysely: Kysely<Schema>;
  dialect: "sqlite" | "postgres";
  /** The URL it was opened with, without its password. */
  url: string;
  /** SQLite alone, for Waxseal's own hot paths: see there. */
  sqlite?: SqliteAccess;
  /** Postgres alone, for a library that brings its own SQL: see there. */
  postgres?: PostgresAccess;
  /**
   * Postgres: hears what `notify` says on a channel, in whatever process, once it is committed. It takes one connection
   * beside the pool, which must be one to Postgres itself (a pooler in transaction mode passes nothing on). After that
   * was lost and is back, `listener` is called with an empty payload, for something may have been missed. It must not throw.
   *
   * SQLite has no such thing: undefined, and who waits for another process has to look.
   *
   * @throws DatabaseError `WX_DB_UNREACHABLE`, `WX_DB_OPEN`
   * @example
   * const listening = await database.listen("orders", (payload) => console.log(payload));
   * await database.notify(database.kysely, "orders", "42");
   * await listening?.close();
   */
  listen(channel: string, listener: (payload: string) => void): Promise<Listening | undefined>;
  /** Says something on a channel when `tx` commits, in 7,999 bytes at the most; on SQLite nothing. */
  notify(tx: Queryable, channel: string, payload: string): Promise<void>;
  close(): Promise<void>;
}

/** A listener at its channel. */
export interface Listening {
  /** Hears no more. */
  close(): Promise<void>;
}

/** SQLite past Kysely, for Waxseal's own hot paths; not for applications, and it may change. */
export interface SqliteAccess {
  /**
   * Runs a statement with each of these lists of parameters, in a transaction of `kysely` or by itself.
   *
   * @returns The rows of each.
   * @example
   * const [rows] = await database.sqlite.select(tx, "select value from outbox_marks where name = ?", [["clock"]]);
   */
  select<Row>(tx: Queryable, sql: string, lists: readonly (readonly unknown[])[]): Promise<Row[][]>;
  /**
   * The same with several statements, one after the other in one go.
   *
   * @returns For each statement, the rows of each list.
   * @example
   * const [[marks], [keys]] = await database.sqlite.selectAll(tx, [
   *   { sql: "select value from outbox_marks where name = ?", lists: [["clock"]] },
   *   { sql: "select id from api_keys where name = ?", lists: [["shop"]] },
   * ]);
   */
  selectAll(tx: Queryable, asks: readonly Ask[]): Promise<unknown[][][]>;
  /**
   * Runs units of statements, many in one go, in a transaction. Where the first statement of a unit changes no row, its others are left out.
   *
   * @param isLast Nothing more is asked of the transaction: it is committed along with them, which spares a way to the file's thread.
   * @returns For each unit, whether its first statement changed a row.
   * @throws DatabaseError `WX_DB_FULL`; a failed statement's own error
   * @example
   * await database.sqlite.apply(tx, [[["delete from outbox_marks where name = ?", "clock"]]]);
   */
  apply(tx: Queryable, units: readonly Unit[], isLast?: boolean): Promise<boolean[]>;
}

/** Postgres past Kysely, for what brings its own SQL along; not for applications, and it may change. */
export interface PostgresAccess {
  /**
   * Runs a statement, or a script of several where there are no values, on a connection of the pool.
   *
   * @returns The rows of all of them. A connection on which something failed is not used again, so that a script may begin a transaction.
   * @throws DatabaseError `WX_DB_LOST`, `WX_DB_UNREACHABLE`; a failed statement's own error
   * @example
   * await database.postgres?.run("begin; create schema jobs; create table jobs.job (id uuid); commit");
   */
  run(text: string, values?: readonly unknown[]): Promise<object[]>;
}

/** How a database is opened. */
export interface DatabaseOptions {
  /** How long a statement waits for a transaction of this process to end, or for a connection of the pool, before it fails with `WX_DB_BUSY`, in milliseconds. Default 30 s. */
  connectionWaitMs?: number;
  /** SQLite: how long it waits for another process' write before it fails so, in milliseconds. Default 30 s. */
  busyWaitMs?: number;
  /**
   * SQLite: read and write the file in a thread of its own, so that a slow disk holds up nothing else. Default true; where
   * there can be no thread (a program bundled into one file), all is done in the caller's.
   */
  thread?: boolean;
  /** Postgres: connections at the most. Default 10. */
  poolSize?: number;
  /** Postgres: how long making a connection may take, in milliseconds. Default 10 s. */
  connectTimeoutMs?: number;
  /** Postgres: keep statements prepared on each connection. Default true, unless the URL says `pgbouncer=true`; false behind a pooler that does not know them (PgBouncer before 1.21). */
  prepare?: boolean;
}

const databaseOptions = {
  connectionWaitMs: true,
  busyWaitMs: true,
  thread: true,
  poolSize: true,
  connectTimeoutMs: true,
  prepare: true,
} satisfies Record<keyof DatabaseOptions, true>;

/**
 * Opens a database.
 *
 * @param url `sqlite:PATH` (relative to the working folder), `sqlite:///ABSOLUTE/PATH` or `sqlite::memory:`;
 *   `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=require`.
 * @throws DatabaseError `WX_DB_OPTIONS`, `WX_DB_URL`, `WX_DB_OPEN`, `WX_DB_DRIVER`, `WX_DB_UNREACHABLE`, `WX_DB_NEWER` (then nothing was changed in it)
 * @example
 * await using database = await openDatabase("sqlite:.waxseal/waxseal.db");
 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const unknown = findUnknownOption(options, Object.keys(databaseOptions));
  if (unknown !== undefined) {
    throw new DatabaseError("WX_DB_OPTIONS", `openDatabase has no option ${unknown.name}. ${unknown.hint}`);
  }
  return isPostgresUrl(url) ? openOnPostgres(url, options) : openOnSqlite(url, options);
}

async function openOnSqlite(url: string, options: DatabaseOptions): Promise<Database> {
  const path = sqlitePath(url);
  // Loaded here, as Kysely takes longer to load than all that a program needs that only sends.
  const [{ Kysely }, { makeDurable, openSqlite }, { sqliteDialect }, { pack }] = await Promise.all([
    import("kysely"),
    import("./drivers/sqlite.ts"),
    import("./drivers/sqlite-dialect.ts"),
    import("./drivers/sqlite-steps.ts"),
  ]);
  const waits = { connectionWaitMs: options.connectionWaitMs ?? 30_000, busyWaitMs: options.busyWaitMs ?? 30_000 };
  const connection = await openSqlite(path, waits, options.thread ?? true);
  const kysely = new Kysely<Schema>({ dialect: sqliteDialect(connection) });
  const sqlite: SqliteAccess = {
    select: async <Row>(tx: Queryable, statement: string, lists: readonly (readonly unknown[])[]) =>
      ((await sqlite.selectAll(tx, [{ sql: statement, lists }]))[0] ?? []) as Row[][],
    selectAll: (tx, asks) => within(tx, (at) => at.patiently({ kind: "select", asks })) as Promise<unknown[][][]>,
    apply: async (tx, units, isLast = false) => {
      const step = { kind: "apply", units: pack(units) } as const;
      const done = await within(tx, (at) => (isLast && tx.isTransaction ? at.finally(step) : at.patiently(step)));
      return [...done];
    },
  };
  const close = (): Promise<void> => kysely.destroy();
  const listen = async (): Promise<undefined> => undefined;
  const notify = async (): Promise<void> => {};
  return opened({ kysely, dialect: "sqlite", url, sqlite, listen, notify, close }, () => makeDurable(connection));
}

/** On the connection that the transaction has, or on which there is none. */
function within<T>(tx: Queryable, work: (hold: SqliteHold) => Promise<T>): Promise<T> {
  return tx.getExecutor().provideConnection((connection) => work(connection as SqliteHold));
}

async function openOnPostgres(url: string, options: DatabaseOptions): Promise<Database> {
  const [{ Kysely, sql }, { openPostgres, requireKept }] = await Promise.all([
    import("kysely"),
    import("./drivers/postgres.ts"),
  ]);
  const { dialect, listener, run } = await openPostgres(url, {
    poolSize: options.poolSize ?? 10,
    connectionWaitMs: options.connectionWaitMs ?? 30_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    prepare: options.prepare ?? mayPrepare(url),
  });
  const kysely = new Kysely<Schema>({ dialect });
  const close = async (): Promise<void> => {
    await listener.close();
    await kysely.destroy();
  };
  const listen: Database["listen"] = async (channel, hear) => ({ close: await listener.listen(channel, hear) });
  const notify: Database["notify"] = async (tx, channel, payload) => {
    await sql`select pg_notify(${channel}, ${payload})`.execute(tx);
  };
  const shown = withoutPassword(url);
  return opened({ kysely, dialect: "postgres", url: shown, postgres: { run }, listen, notify, close }, () =>
    requireKept(kysely),
  );
}

/** The handle, once it is seen that the database may be used and keeps its promises. */
async function opened(
  database: Omit<Database, typeof Symbol.asyncDispose>,
  keepPromises: () => void | Promise<void>,
): Promise<Database> {
  try {
    await refuseNewer(database.kysely);
    await keepPromises();
  } catch (error) {
    await database.close();
    throw error;
  }
  return { ...database, [Symbol.asyncDispose]: database.close };
}

/**
 * The path in a `sqlite:` URL.
 *
 * @throws DatabaseError `WX_DB_URL` for any other text
 * @example
 * sqlitePath("sqlite:.waxseal/waxseal.db"); // ".waxseal/waxseal.db"
 */
export function sqlitePath(url: string): string {
  const path = /^sqlite:(?:\/\/)?(?<path>.+)$/s.exec(url)?.groups?.["path"];
  if (path === undefined) {
    throw new DatabaseError(
      "WX_DB_URL",
      `The database URL ${JSON.stringify(withoutPassword(url))} is not understood. Use sqlite:PATH, for example sqlite:.waxseal/waxseal.db, or postgres://USER:PASSWORD@HOST:PORT/DATABASE.`,
    );
  }
  return path;
}
