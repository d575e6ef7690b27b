/** The SQLite of this Node: node:sqlite where there is a complete one, else @photostructure/sqlite, which has the same interface. */
import { DatabaseError } from "../errors.ts";
import type { SqliteStatement } from "./kept-statement.ts";

/** What is used of a database of node:sqlite. */
export interface SqliteHandle {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

interface SqliteModule {
  DatabaseSync: { new (path: string): SqliteHandle; prototype: SqliteHandle };
  StatementSync: { prototype: object };
}

/**
 * `StatementSync.columns` came with Node 22.16; before it, node:sqlite does not do.
 *
 * @throws DatabaseError `WX_DB_DRIVER`
 */
export async function loadSqlite(): Promise<SqliteModule> {
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
