/** How processes on one Postgres tell each other of messages that became due; on SQLite each looks for itself. */
import type { Database, Listening, Queryable } from "../db/index.ts";

const CHANNEL = "waxseal_outbox";

export interface Channel {
  /** The other processes hear of it when the transaction commits. */
  tell(tx: Queryable): Promise<void>;
  /** So does this one: it does not see the caller's commit by itself. */
  tellAll(tx: Queryable): Promise<void>;
  /** Calls `wake` when another has told, or something may have been missed. */
  listen(wake: () => void): Promise<Listening | undefined>;
}

/** @param self What this process is known by, so that it does not wake itself. */
export function channelOf(database: Database, self: string): Channel {
  return {
    tell: (tx) => database.notify(tx, CHANNEL, self),
    tellAll: (tx) => database.notify(tx, CHANNEL, ""),
    listen: (wake) =>
      database.listen(CHANNEL, (sender) => {
        if (sender !== self) wake();
      }),
  };
}
