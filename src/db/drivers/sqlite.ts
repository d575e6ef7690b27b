/** SQLite for Kysely: node:sqlite where this Node has a complete one, else @photostructure/sqlite, which has the same interface. */
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { describeError } from "../../base/index.ts";
import { DatabaseError } from "../errors.ts";

/** SQLite's result code for "another connection holds the lock", also in the low byte of its finer ones. */
const SQLITE_BUSY = 5;

/** How long to wait for whom, in milliseconds. */
export interface SqliteWaits {
  /** A statement for a transaction of this process. */
  connectionWaitMs: number;
  /** A statement for another process' write. Nothing else runs in this process meanwhile: SQLite waits in the thread. */
  busyWaitMs: number;
}

interface SqliteHandle {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
  /** Node 23 does not say. */
  readonly isTransaction?: boolean;
}

interface SqliteStatement {
  all(...parameters: readonly unknown[]): unknown[];
  run(...parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  iterate(...parameters: readonly unknown[]): IterableIterator<unknown>;
  /** One entry for each column that the statement returns. */
  columns(): readonly unknown[];
}

interface SqliteModule {
  DatabaseSync: new (path: string) => SqliteHandle;
  StatementSync: { prototype: object };
}

/** The SQLite that this Node can use. `StatementSync.columns` came with Node 22.16; before it, node:sqlite does not do. */
async function loadSqlite(): Promise<SqliteModule> {
  const builtin = process.getBuiltinModule("node:sqlite") as SqliteModule | undefined;
  if (builtin !== undefined && "columns" in builtin.StatementSync.prototype) return builtin;
  try {
    return (await import("@photostructure/sqlite")) as unknown as SqliteModule;
  } catch (cause) {
    throw new DatabaseError(
      "WX_DB_DRIVER",
      `Node ${process.versions.node} has no SQLite that can be used here. Install one with \`npm i @photostructure/sqlite@1\`, or use Node 22.16 or later.`,
      { cause },
    );
  }
}

/** An opened SQLite file and the dialect that runs on it. */
export interface SqliteConnection {
  handle: SqliteHandle;
  dialect: Dialect;
}

/**
 * Opens a file, making its folder when there is none (readable by its owner alone: it will hold mail).
 *
 * @param path A file's path, or `:memory:`.
 * @throws DatabaseError `WX_DB_OPEN`, `WX_DB_DRIVER`
 */
export async function openSqlite(path: string, waits: SqliteWaits): Promise<SqliteConnection> {
  const { DatabaseSync } = await loadSqlite();
  let handle: SqliteHandle | undefined;
  try {
    if (path !== ":memory:") mkdirSync(dirname(resolve(path)), { recursive: true, mode: 0o700 });
    handle = new DatabaseSync(path);
    handle.exec(`PRAGMA busy_timeout = ${waits.busyWaitMs}`);
    handle.exec("SELECT name FROM sqlite_schema LIMIT 1"); // a file that is no database fails here
    return { handle, dialect: dialectOf(handle, waits) };
  } catch (cause) {
    handle?.close();
    throw new DatabaseError("WX_DB_OPEN", `The database ${path} cannot be opened: ${describeError(cause)}.`, { cause });
  }
}

/**
 * Sets the promises of the file and reads them back.
 *
 * Guarantee: with `synchronous=FULL` a commit that has returned is on the disk, also in WAL mode, where the weaker
 * NORMAL may lose the last commits at a power cut (https://sqlite.org/pragma.html#pragma_synchronous).
 */
export function makeDurable(handle: SqliteHandle): void {
  for (const [pragma, value, right] of [
    ["journal_mode", "WAL", ["wal", "memory"]],
    ["synchronous", "FULL", [2]],
    ["foreign_keys", "ON", [1]],
  ] as const) {
    handle.exec(`PRAGMA ${pragma} = ${value}`);
    const found = Object.values(handle.prepare(`PRAGMA ${pragma}`).all()[0] as object)[0] as never;
    if (!(right as readonly unknown[]).includes(found)) {
      throw new DatabaseError(
        "WX_DB_OPEN",
        `The database refuses PRAGMA ${pragma} = ${value}; it stays at ${String(found)}.`,
      );
    }
  }
}

function dialectOf(handle: SqliteHandle, waits: SqliteWaits): Dialect {
  const database: SqliteDatabase = {
    close: () => handle.close(),
    prepare: (sql) => {
      const statement = handle.prepare(sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => nameBusy(() => statement.all(...parameters), waits),
        run: (parameters) => nameBusy(() => statement.run(...parameters), waits),
        iterate: (parameters) => statement.iterate(...parameters),
      };
    },
  };
  return {
    createDriver: () => new ImmediateDriver(database, handle, waits.connectionWaitMs),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new TransactionalDdlAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/** Does `work`, and says in our own words that another process kept it waiting for too long. */
function nameBusy<T>(work: () => T, { busyWaitMs }: SqliteWaits): T {
  try {
    return work();
  } catch (cause) {
    const { errcode } = cause as { errcode?: number };
    if (errcode === undefined || (errcode & 0xff) !== SQLITE_BUSY) throw cause;
    const message = `Another process has held the database for ${busyWaitMs / 1000} seconds; nothing was written. Try again, and end what holds it: a shell with an open transaction, or a backup that locks.`;
    throw new DatabaseError("WX_DB_BUSY", message, { cause });
  }
}

/**
 * A transaction takes the write lock at its start: one that took it later could fail at once, whatever the busy timeout.
 * And since there is one connection, whoever waits for it inside of a transaction waits for itself; that must end.
 */
class ImmediateDriver extends SqliteDriver {
  readonly #handle: SqliteHandle;
  readonly #waitMs: number;

  constructor(database: SqliteDatabase, handle: SqliteHandle, waitMs: number) {
    super({ database });
    this.#handle = handle;
    this.#waitMs = waitMs;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const acquiring = super.acquireConnection();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<undefined>((giveUp) => {
      timer = setTimeout(() => giveUp(undefined), this.#waitMs);
    });
    const connection = await Promise.race([acquiring, timeout]);
    clearTimeout(timer);
    if (connection !== undefined) return connection;
    void acquiring.then(() => this.releaseConnection());
    throw new DatabaseError(
      "WX_DB_BUSY",
      `A transaction has held the database for ${this.#waitMs / 1000} seconds. Inside of a transaction, hand it on (as tx), for a statement outside of it waits for its end.`,
    );
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  /** After some errors, such as a full disk, SQLite has rolled back by itself; a second time would fail and hide the error. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#handle.isTransaction !== false) await super.rollbackTransaction(connection);
  }
}

/** SQLite rolls back a changed schema like any data, so all pending migrations run in one transaction. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}
