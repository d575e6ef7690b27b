/** What SQLite can meet that is nobody's statement: a lock that another process holds, a disk without room. */
import { describeError } from "../../base/index.ts";
import { DatabaseError } from "../errors.ts";

// Result codes (https://sqlite.org/rescode.html); finer ones have them in their low byte.
const SQLITE_BUSY = 5;
const SQLITE_BUSY_SNAPSHOT = 517;
const SQLITE_FULL = 13;
const SQLITE_CONSTRAINT = 19;

/** By SQLite's own texts, where a driver gives no code (@photostructure/sqlite, of what `all` throws). */
const texts: readonly (readonly [RegExp, number])[] = [
  [/^database is locked$/, SQLITE_BUSY],
  [/^database or disk is full$/, SQLITE_FULL],
  [/ constraint failed/, SQLITE_CONSTRAINT],
];

function resultCode(error: unknown): number {
  const { errcode } = error as { errcode?: number };
  if (errcode !== undefined) return errcode;
  const text = describeError(error);
  return texts.find(([pattern]) => pattern.test(text))?.[1] ?? 0;
}

/** True when another connection holds the lock, and trying again may find it free. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return (code & 0xff) === SQLITE_BUSY && code !== SQLITE_BUSY_SNAPSHOT;
}

/** An error that says who held the file for too long. */
export function heldByAnother(waitedMs: number, cause?: unknown): DatabaseError {
  return new DatabaseError(
    "WX_DB_BUSY",
    `Another process has held the database for ${waitedMs / 1000} seconds; nothing was written. Try again, and end what holds it: a shell with an open transaction, or a backup that locks.`,
    { cause },
  );
}

/** An error that says that a transaction of this process took too long. */
export function heldByTransaction(waitedMs: number): DatabaseError {
  return new DatabaseError(
    "WX_DB_BUSY",
    `A transaction has held the database for ${waitedMs / 1000} seconds. Inside of a transaction, hand it on (as tx), for a statement outside of it waits for its end.`,
  );
}

/** The error as it is thrown: in our words for a full disk, and with its result code where it is a statement's. */
export function nameSqliteFault(error: unknown): unknown {
  const code = resultCode(error);
  if ((code & 0xff) !== SQLITE_FULL) {
    return code === 0 ? error : Object.assign(error as Error, { errcode: code });
  }
  return new DatabaseError(
    "WX_DB_FULL",
    `There is no room left for the database: ${describeError(error)}. Nothing was written, and the file is intact. Free space on its disk, and try again.`,
    { cause: error },
  );
}
