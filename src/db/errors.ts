/** What can be wrong with a database as a whole; a failed statement is thrown as the driver threw it. */
import { WaxsealError } from "../base/index.ts";

/** The codes of a `DatabaseError`. */
export type DatabaseErrorCode =
  | "WX_DB_URL"
  | "WX_DB_OPEN"
  | "WX_DB_DRIVER"
  | "WX_DB_NEWER"
  | "WX_DB_BEHIND"
  | "WX_DB_MIGRATION"
  | "WX_DB_BUSY";

/**
 * The database cannot be used.
 *
 * Codes: `WX_DB_URL` the URL is not understood; `WX_DB_OPEN` the file cannot be opened or is no database;
 * `WX_DB_DRIVER` no SQLite for this Node; `WX_DB_NEWER` a newer Waxseal has changed it; `WX_DB_BEHIND` its
 * migrations have not been run; `WX_DB_MIGRATION` a migration failed, and nothing of it remains;
 * `WX_DB_BUSY` a transaction of this process was held too long, most often because it waits for itself, or another
 * process holds the file.
 */
export class DatabaseError extends WaxsealError {
  static override readonly brand: string = "DatabaseError";
  declare readonly code: DatabaseErrorCode;

  constructor(code: DatabaseErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}
