/** Does the housekeeping by itself: every hour, in one of the workers. */
import { type Clock, describeError, silentLogger, systemClock } from "../../base/index.ts";
import type { Database } from "../../db/index.ts";
import { housekeep, type HousekeepingOptions } from "./housekeep.ts";
import { retentionOf } from "./retention.ts";
import { takeRun } from "./store.ts";

/** What is done, and how often. */
export interface KeeperOptions extends Omit<HousekeepingOptions, "signal"> {
  database: Database;
  /** The time from one run to the next, in milliseconds. Default: an hour. */
  everyMs?: number | undefined;
  /** The time from the start to the first look whether a run is due, in milliseconds. Default: a minute. */
  firstMs?: number | undefined;
}

/** Housekeeping that goes on until it is stopped. */
export interface Keeper {
  /** Ends it after the batch under way. */
  stop(): Promise<void>;
}

const MARK = "housekeeping.next";

/**
 * Starts the housekeeping. Any number of processes may: the time of the next run stands in the database, and whoever
 * comes first puts it off. A run that fails is logged, and the next one is not.
 *
 * @throws OutboxError WX_OUTBOX_OPTIONS for a retention that cannot be
 * @example
 * const keeper = startHousekeeping({ database, logger });
 * await keeper.stop();
 */
export function startHousekeeping(options: KeeperOptions): Keeper {
  const { database, clock = systemClock, logger = silentLogger, everyMs = 3_600_000, firstMs = 60_000 } = options;
  retentionOf(options.retention); // a mistake is said now, not in an hour
  const controller = new AbortController();
  const { signal } = controller;

  async function run(): Promise<void> {
    await clock.sleep(firstMs, signal);
    while (!signal.aborted) {
      try {
        if (await isDue(database, clock, everyMs)) await housekeep(database, { ...options, signal });
      } catch (error) {
        logger.log("error", "outbox.housekeeping-failed", { error: describeError(error) });
      }
      await clock.sleep(everyMs / 4, signal);
    }
  }

  const running = run();
  return {
    stop: () => {
      controller.abort();
      return running;
    },
  };
}

/** A mark further ahead than a run can put it was set by a clock that was wrong. */
function isDue(database: Database, clock: Clock, everyMs: number): Promise<boolean> {
  const now = clock.now();
  const digits = (time: number): string => String(Math.trunc(time)).padStart(16, "0");
  const times = { now: digits(now), next: digits(now + everyMs), latest: digits(now + 2 * everyMs) };
  return takeRun(database.kysely, MARK, times);
}
