/** How many messages each key handed in today, counted by all processes together without a write for each message. */
import { type Clock, describeError, type Logger } from "../../base/index.ts";
import type { Queryable } from "../../db/index.ts";

/** Counts in memory, and adds to the shared count every few seconds. */
export interface DailyCount {
  /** Counts one message; the answer is how many there are today with it, those of other processes up to 2 s late. */
  add(keyId: string): Promise<number>;
  /** Writes down what is counted and not yet written. */
  flush(): Promise<void>;
}

const DAY_SECONDS = 86_400;
/** How long a count stays in memory alone, in milliseconds: what a killed process forgets. */
const WRITE_MS = 2_000;

/** The day that a time belongs to, by its beginning in UTC. */
function dayOf(now: number): number {
  return now - (now % (DAY_SECONDS * 1000));
}

/** When the next day begins, in UTC. */
export function nextDay(now: number): number {
  return dayOf(now) + DAY_SECONDS * 1000;
}

interface Count {
  day: number;
  /** What the database said last. */
  shared: number;
  /** Counted here, and not in `shared`. */
  ours: number;
  /** The first reading. */
  loaded: Promise<void>;
}

export function createDailyCount(options: { db: Queryable; clock: Clock; logger: Logger }): DailyCount {
  const { db, clock, logger } = options;
  const counts = new Map<string, Count>();
  let timer: NodeJS.Timeout | undefined;

  async function write(keyId: string, count: Count): Promise<void> {
    const added = count.ours;
    const used = await addUsed(db, keyId, count.day, added);
    count.shared = used;
    count.ours -= added;
  }

  function countOf(keyId: string): Count {
    const day = dayOf(clock.now());
    const found = counts.get(keyId);
    if (found?.day === day) return found;
    const count: Count = { day, shared: 0, ours: 0, loaded: Promise.resolve() };
    count.loaded = write(keyId, count);
    count.loaded.catch(() => counts.delete(keyId));
    counts.set(keyId, count);
    return count;
  }

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    for (const [keyId, count] of counts) {
      try {
        await count.loaded;
        if (count.ours > 0) await write(keyId, count);
      } catch (error) {
        logger.log("warn", "submission.count-not-written", { keyId, error: describeError(error) });
      }
    }
  }

  return {
    add: async (keyId) => {
      const count = countOf(keyId);
      await count.loaded;
      count.ours++;
      timer ??= setTimeout(() => void flush(), WRITE_MS).unref();
      return count.shared + count.ours;
    },
    flush,
  };
}

/** Adds to the window of today, or begins it; by the primary key. */
async function addUsed(db: Queryable, keyId: string, day: number, added: number): Promise<number> {
  const row = await db
    .insertInto("outbox_limit_windows")
    .values({ key: `api-key:${keyId}`, seconds: DAY_SECONDS, started_at: day, used: added })
    .onConflict((conflict) =>
      conflict.columns(["key", "seconds"]).doUpdateSet({
        used: (set) =>
          set
            .case()
            .when("outbox_limit_windows.started_at", "=", set.ref("excluded.started_at"))
            .then(set("outbox_limit_windows.used", "+", set.ref("excluded.used")))
            .else(set.ref("excluded.used"))
            .end(),
        started_at: (set) => set.ref("excluded.started_at"),
      }),
    )
    .returning("used")
    .executeTakeFirstOrThrow();
  return row.used;
}
