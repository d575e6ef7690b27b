/** Opens a SQLite file, and sees to it that it keeps its promises. */
import { describeError } from "../../base/index.ts";
import { DatabaseError } from "../errors.ts";
import { SqliteConnection, type SqliteWaits } from "./sqlite-connection.ts";
import { openSqliteFile } from "./sqlite-file.ts";
import type { SqliteEngine } from "./sqlite-steps.ts";
import { openInThread } from "./sqlite-worker.ts";

/**
 * Opens a file, making its folder when there is none.
 *
 * @param path A file's path, or `:memory:`.
 * @throws DatabaseError `WX_DB_OPEN`, `WX_DB_DRIVER`, `WX_DB_BUSY`
 */
export async function openSqlite(path: string, waits: SqliteWaits, usesThread: boolean): Promise<SqliteConnection> {
  let engine: SqliteEngine | undefined;
  try {
    engine = await openEngine(path, usesThread);
    const connection = new SqliteConnection(engine, waits);
    // A file that is no database fails here.
    await connection.patiently({ kind: "exec", sql: "SELECT name FROM sqlite_schema LIMIT 1" });
    return connection;
  } catch (cause) {
    await engine?.perform({ kind: "close" });
    if (cause instanceof DatabaseError) throw cause;
    throw new DatabaseError("WX_DB_OPEN", `The database ${path} cannot be opened: ${describeError(cause)}.`, { cause });
  }
}

/**
 * Opens a file where its disk holds up nobody: a commit waits for the disk, and a thread can wait while this one goes on.
 * What is in memory alone waits for nothing.
 */
async function openEngine(path: string, usesThread: boolean): Promise<SqliteEngine> {
  const thread = usesThread && path !== ":memory:" ? await openInThread(path) : undefined;
  if (thread !== undefined) return thread;
  const file = await openSqliteFile(path);
  return { perform: async (step) => file.perform(step) };
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
    await connection.patiently({ kind: "query", sql: `PRAGMA ${pragma} = ${value}`, values: [] });
    const { rows } = await connection.patiently({ kind: "query", sql: `PRAGMA ${pragma}`, values: [] });
    const found: unknown = Object.values(rows[0] as object)[0];
    if (!(right as readonly unknown[]).includes(found)) {
      throw new DatabaseError(
        "WX_DB_OPEN",
        `The database refuses PRAGMA ${pragma} = ${value}; it stays at ${String(found)}.`,
      );
    }
  }
}
