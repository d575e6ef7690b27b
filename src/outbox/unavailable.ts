/** Tells a database that does not do from a row that it does not take. */
import { DatabaseError } from "../db/index.ts";

/** SQLite's result codes for what is about one row: CONSTRAINT, MISMATCH, TOOBIG, RANGE. */
const ROW_CODES: readonly number[] = [19, 20, 18, 25];
/** Postgres' classes for what is about one row: data exceptions and broken constraints. */
const ROW_CLASSES = /^2[23]/;

/** True where nothing could be written whatever it was: a full disk, a lost connection, a lock held for too long. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseError) return true;
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  if (typeof errcode === "number") return !ROW_CODES.includes(errcode & 0xff);
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && !ROW_CLASSES.test(code);
}
