/** What a worker remembers of the pauses for a second, so that a claim costs no query while all is well. */
import type { Queryable } from "../../db/index.ts";
import { listPauses, type PauseRow } from "./store.ts";
import { taughtBy } from "./taught.ts";

/** How long what was read is believed, in milliseconds. */
const FRESH_MS = 1_000;

export interface PauseNote {
  /** By key, at most a second old. */
  pauses(db: Queryable, now: number): Promise<ReadonlyMap<string, PauseRow>>;
  /** Whether refusals taught any scope how many messages go at once, as it was last read. */
  teachesPlaces(): boolean;
  /** The next one who asks reads again. */
  expire(): void;
}

export function pauseNote(): PauseNote {
  let readAt: number | undefined;
  let known: ReadonlyMap<string, PauseRow> = new Map();
  let teachesPlaces = false;
  return {
    pauses: async (db, now) => {
      if (readAt === undefined || now < readAt || now - readAt >= FRESH_MS) {
        const rows = await listPauses(db);
        known = new Map(rows.map((row) => [row.key, row]));
        teachesPlaces = rows.some((row) => taughtBy(row, now).concurrency !== undefined);
        readAt = now;
      }
      return known;
    },
    teachesPlaces: () => teachesPlaces,
    expire: () => {
      readAt = undefined;
    },
  };
}
