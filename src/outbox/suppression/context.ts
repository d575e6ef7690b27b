/** What every operation on the suppression list works with. */
import type { Clock, Logger } from "../../base/index.ts";
import type { Database, Queryable } from "../../db/index.ts";
import type { EventSink } from "../seams.ts";
import type { Emptiness } from "./emptiness.ts";
import type { SuppressionDays } from "./rules.ts";
import type { SuppressionRow } from "./store.ts";

/** Writes entries; `end` says what becomes of the end of one that is there already. */
export type Write = (db: Queryable, rows: readonly SuppressionRow[], end: "new" | "later") => Promise<void>;

export interface ListContext {
  database: Database;
  clock: Clock;
  logger: Logger;
  events: EventSink | undefined;
  days: SuppressionDays;
  emptiness: Emptiness;
  write: Write;
}
