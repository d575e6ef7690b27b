/** `pg`, which only those install who use Postgres. */
import { DatabaseError } from "../errors.ts";

/** What is used of it. */
export type Pg = Pick<typeof import("pg"), "Client" | "Pool" | "types">;

/**
 * Loads `pg`.
 *
 * @throws DatabaseError `WX_DB_DRIVER` when it is not installed
 */
export async function loadPg(): Promise<Pg> {
  try {
    return (await import("pg")).default;
  } catch (cause) {
    throw new DatabaseError("WX_DB_DRIVER", "Postgres needs the package pg. Install it with `npm i pg`.", { cause });
  }
}
