/** Opens a SQLite file: by node:sqlite where this Node has a complete one, else by @photostructure/sqlite, which has the same interface. */
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { describeError } from "../../base/index.ts";
import { DatabaseError } from "../errors.ts";
import { SqliteConnection, type SqliteHandle, type SqliteWaits } from "./sqlite-connection.ts";

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

/**
 * Opens a file, making its folder when there is none (readable by its owner alone: it will hold mail).
 *
 * @param path A file's path, or `:memory:`.
 * @throws DatabaseError `WX_DB_OPEN`, `WX_DB_DRIVER`, `WX_DB_BUSY`
 */
export async function openSqlite(path: string, waits: SqliteWaits): Promise<SqliteConnection> {
  const { DatabaseSync } = await loadSqlite();
  let connection: SqliteConnection | undefined;
  try {
    if (path !== ":memory:") mkdirSync(dirname(resolve(path)), { recursive: true, mode: 0o700 });
    const handle = new DatabaseSync(path);
    connection = new SqliteConnection(handle, waits);
    handle.exec("PRAGMA busy_timeout = 0"); // SQLite would wait in the thread, and nothing else could run
    await connection.patiently(() => handle.exec("SELECT name FROM sqlite_schema LIMIT 1")); // a file that is no database fails here
    return connection;
  } catch (cause) {
    connection?.close();
    if (cause instanceof DatabaseError) throw cause;
    throw new DatabaseError("WX_DB_OPEN", `The database ${path} cannot be opened: ${describeError(cause)}.`, { cause });
  }
}

/**
 * Sets the promises of the file and reads them back.
 *
 * Guarantee: with `synchronous=FULL` a commit that has returned is on the disk, also in WAL mode, where the weaker
 * NORMAL may lose the last commits at a power cut (https://sqlite.org/pragma.html#pragma_synchronous).
 */
export async function makeDurable(connection: SqliteConnection): Promise<void> {
  for (const [pragma, value, right] of [
    ["journal_mode", "WAL", ["wal", "memory"]],
    ["synchronous", "FULL", [2]],
    ["foreign_keys", "ON", [1]],
    // In pages of 4 kB. The log is carried into the file within somebody's commit: seldom, and the same pages once.
    ["wal_autocheckpoint", "4000", [4000]],
  ] as const) {
    const found = await connection.patiently(() => {
      connection.prepare(`PRAGMA ${pragma} = ${value}`).all();
      return Object.values(connection.prepare(`PRAGMA ${pragma}`).get() as object)[0] as never;
    });
    if (!(right as readonly unknown[]).includes(found)) {
      throw new DatabaseError(
        "WX_DB_OPEN",
        `The database refuses PRAGMA ${pragma} = ${value}; it stays at ${String(found)}.`,
      );
    }
  }
}
