/** The database handle: one URL in, a Kysely instance out, with the promises of durability set. */
import type { Kysely } from "kysely";
import { DatabaseError } from "./errors.ts";
import { refuseNewer } from "./migrate.ts";
import type { Schema } from "./schema.ts";

/** An open database. */
export interface Database extends AsyncDisposable {
  /** For queries; a part's statements stand in its own store. */
  kysely: Kysely<Schema>;
  dialect: "sqlite";
  /** The URL it was opened with. */
  url: string;
  close(): Promise<void>;
}

/** How a database is opened. */
export interface DatabaseOptions {
  /** How long a statement waits for a transaction of this process to end before it fails with `WX_DB_BUSY`, in milliseconds. Default 30 s. */
  connectionWaitMs?: number;
  /** How long it waits for another process' write before it fails so, in milliseconds. Default 5 s, in which this process does nothing else. */
  busyWaitMs?: number;
}

/**
 * Opens a database.
 *
 * @param url `sqlite:PATH` (relative to the working folder), `sqlite:///ABSOLUTE/PATH` or `sqlite::memory:`.
 * @throws DatabaseError `WX_DB_URL`, `WX_DB_OPEN`, `WX_DB_DRIVER`, `WX_DB_NEWER` (then nothing was changed in it)
 * @example
 * await using database = await openDatabase("sqlite:.waxseal/waxseal.db");
 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const path = sqlitePath(url);
  // Loaded here, as Kysely takes longer to load than all that a program needs that only sends.
  const [{ Kysely }, { makeDurable, openSqlite }] = await Promise.all([
    import("kysely"),
    import("./drivers/sqlite.ts"),
  ]);
  const { handle, dialect } = await openSqlite(path, {
    connectionWaitMs: options.connectionWaitMs ?? 30_000,
    busyWaitMs: options.busyWaitMs ?? 5_000,
  });
  const kysely = new Kysely<Schema>({ dialect });
  try {
    await refuseNewer(kysely);
    makeDurable(handle);
  } catch (error) {
    await kysely.destroy();
    throw error;
  }
  const close = (): Promise<void> => kysely.destroy();
  return { kysely, dialect: "sqlite", url, close, [Symbol.asyncDispose]: close };
}

/**
 * The path in a `sqlite:` URL.
 *
 * @throws DatabaseError `WX_DB_URL` for any other text
 */
export function sqlitePath(url: string): string {
  const path = /^sqlite:(?:\/\/)?(?<path>.+)$/s.exec(url)?.groups?.["path"];
  if (path === undefined) {
    throw new DatabaseError(
      "WX_DB_URL",
      `The database URL ${JSON.stringify(url.replace(/\/\/[^@/]*@/, "//***@"))} is not understood. Use sqlite:PATH, for example sqlite:.waxseal/waxseal.db.`,
    );
  }
  return path;
}
