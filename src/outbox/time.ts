/** The time that all workers of a database share: the machine's on SQLite, the server's on Postgres. */
import { sql } from "kysely";
import { type Clock, systemClock } from "../base/index.ts";
import type { Database } from "../db/index.ts";

export interface SharedTime {
  /** Milliseconds since 1970. */
  now(): number;
  /** Asks the server for its time where that is due; cheap where it is not. */
  refresh(): Promise<void>;
}

/** How often the server is asked, in milliseconds. */
const REFRESH_MS = 30_000;

/**
 * The time of a database. Between two answers of the server it goes on by a clock that never jumps, so that a machine
 * whose own clock is wrong, or is set, does no harm. A clock that was handed in is taken at its word.
 */
export function sharedTime(database: Database, clock: Clock, monotonic: () => number): SharedTime {
  if (database.dialect === "sqlite" || clock !== systemClock) return { now: clock.now, refresh: async () => {} };
  let known: { server: number; at: number } | undefined;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    const before = monotonic();
    const { rows } = await sql<{ now: number }>`
      select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(database.kysely);
    const after = monotonic();
    known = { server: Number(rows[0]?.now), at: (before + after) / 2 };
  }

  return {
    now: () => (known === undefined ? clock.now() : Math.round(known.server + monotonic() - known.at)),
    refresh: async () => {
      if (known !== undefined && monotonic() - known.at < REFRESH_MS) return;
      asking ??= ask().finally(() => (asking = undefined));
      await asking;
    },
  };
}
