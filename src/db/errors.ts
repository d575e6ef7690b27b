/** What can be wrong with a database as a whole; a failed statement is thrown as the driver threw it. */
import { WaxsealError } from "../base/index.ts";

/** The codes of a `DatabaseError`. */
export type DatabaseErrorCode =
  | "WX_DB_URL"
  | "WX_DB_OPEN"
  | "WX_DB_OPTIONS"
  | "WX_DB_DRIVER"
  | "WX_DB_NEWER"
  | "WX_DB_BEHIND"
  | "WX_DB_MIGRATION"
  | "WX_DB_BUSY"
  | "WX_DB_COPY"
  | "WX_DB_FULL"
  | "WX_DB_LOST"
  | "WX_DB_ROLLED_BACK"
  | "WX_DB_TRANSACTION"
  | "WX_DB_UNREACHABLE";

/**
 * The database cannot be used.
 *
 * Codes: `WX_DB_URL` the URL is not understood; `WX_DB_OPEN` the file cannot be opened or is no database, or
 * Postgres lets nobody in; `WX_DB_DRIVER` no SQLite for this Node, or no `pg`; `WX_DB_NEWER` a newer Waxseal has changed it; `WX_DB_BEHIND` its
 * migrations have not been run; `WX_DB_MIGRATION` a migration failed, and nothing of it remains;
 * `WX_DB_BUSY` a transaction of this process was held too long, most often because it waits for itself, or another
 * process holds the file, or every connection is in use; `WX_DB_FULL` the disk is full, and nothing was written;
 * `WX_DB_UNREACHABLE` no connection to Postgres can be made; `WX_DB_LOST` one that was there was lost;
 * `WX_DB_ROLLED_BACK` a transaction went on after a statement of it had failed, and Postgres rolled it back;
 * `WX_DB_TRANSACTION` what was given as a transaction is none, or one of another kind of database; `WX_DB_COPY` the database cannot be copied to
 * that target, and nothing of it was; `WX_DB_OPTIONS` an option of `openDatabase` does not exist.
 */
export class DatabaseError extends WaxsealError {
  static override readonly brand: string = "DatabaseError";
  declare readonly code: DatabaseErrorCode;

  constructor(code: DatabaseErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}
