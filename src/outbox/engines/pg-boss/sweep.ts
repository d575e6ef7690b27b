/** Looks after messages whose job is missing, for as long as the worker works. */
import { type Clock, describeError, type Logger } from "../../../base/index.ts";
import type { DueMessage } from "../../engine.ts";
import { PAGE } from "./lost-jobs.ts";

/** What a sweep works with. */
export interface SweepOptions {
  find(from: DueMessage | undefined): Promise<DueMessage[]>;
  add(messages: readonly DueMessage[]): Promise<void>;
  clock: Clock;
  logger: Logger;
  everyMs: number;
  signal: AbortSignal;
}

/** A sweep of a long queue takes a while: it may take this part of the time, and no more. */
const LARGEST_PART = 1 / 20;

/** Sweeps at once, and then again and again, until `signal` aborts. */
export async function sweepLoop({ find, add, clock, logger, everyMs, signal }: SweepOptions): Promise<void> {
  async function sweep(): Promise<void> {
    let found = await find(undefined);
    for (let count = found.length; found.length > 0; count += found.length) {
      await add(found);
      logger.log("warn", "pg-boss.jobs-added", { count });
      if (found.length < PAGE || signal.aborted) return;
      found = await find(found.at(-1));
    }
  }

  while (!signal.aborted) {
    const began = performance.now();
    try {
      await sweep();
    } catch (error) {
      logger.log("error", "pg-boss.sweep-failed", { error: describeError(error) });
    }
    await clock.sleep(Math.max(everyMs, (performance.now() - began) / LARGEST_PART), signal);
  }
}
