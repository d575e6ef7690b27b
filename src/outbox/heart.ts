/** What an engine drives: the claim of what is due, and the patrol that looks after leases, the clock and the backlog. */
import { sql } from "kysely";
import { type Clock, describeError, type Logger } from "../base/index.ts";
import type { Database, Listening } from "../db/index.ts";
import type { Channel } from "./channel.ts";
import type { Engine, Heart } from "./engine.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Job } from "./job.ts";
import type { SharedTime } from "./time.ts";
import type { Item } from "./turn-items.ts";
import type { Worker } from "./worker.ts";

export interface HeartOptions {
  database: Database;
  channel: Channel;
  engine: Engine;
  worker: Worker;
  turns: GroupCommit<Item>;
  time: SharedTime;
  clock: Clock;
  logger: Logger;
  leaseMs: number;
  /** True where the clock went back and something was moved. */
  markClock: () => Promise<boolean>;
  /** True where something became due. */
  takeOver: () => Promise<boolean>;
  watchHealth: () => Promise<void>;
}

/** The heart, and what starts and stops it. */
export interface BeatingHeart extends Heart {
  start(): void;
  /** Claims whatever the last look said. */
  pullNow(): Promise<number | undefined>;
  /** Something was written that this process may not know of. */
  stir(): void;
  stop(): Promise<void>;
}

export function createHeart(options: HeartOptions): BeatingHeart {
  const { database, engine, worker, turns, time, clock, logger, leaseMs } = options;
  const stopping = new AbortController();
  let isStirred = true;
  let lastVersion: unknown;
  let nextAt: number | undefined;
  let patrolling: Promise<void> | undefined;
  let listening: Promise<Listening | undefined> | undefined;

  /** Changes when another process has written to the file; undefined where that cannot be asked. */
  async function version(): Promise<unknown> {
    if (database.dialect !== "sqlite") return undefined;
    const { rows } = await sql<{ data_version: number }>`pragma data_version`.execute(database.kysely);
    return rows[0]?.data_version;
  }

  async function pull(): Promise<number | undefined> {
    await time.refresh();
    await options.markClock();
    const found = await version();
    const isQuiet = found !== undefined && found === lastVersion && !isStirred;
    if (isQuiet && (nextAt === undefined || time.now() < nextAt)) return nextAt;
    lastVersion = found;
    return pullNow();
  }

  async function pullNow(): Promise<number | undefined> {
    isStirred = false;
    try {
      nextAt = await new Promise<number | undefined>((done, failed) => turns.push({ kind: "claim", done, failed }));
      return nextAt;
    } catch (error) {
      isStirred = true;
      throw error;
    }
  }

  async function deliver(id: string): Promise<boolean> {
    const job = await new Promise<Job | undefined>((done, failed) =>
      turns.push({ kind: "claimOne", id, done, failed }),
    );
    return job !== undefined && worker.finished(job);
  }

  async function patrol(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await time.refresh();
        const moved = await options.markClock();
        const taken = await options.takeOver();
        await options.watchHealth();
        if (moved || taken) wake();
      } catch (error) {
        logger.log("error", "outbox.patrol-failed", { error: describeError(error) });
      }
      await clock.sleep(leaseMs / 4, stopping.signal);
    }
  }

  /** Hears of what others write; what was written before it heard is looked for once. */
  async function listen(): Promise<Listening | undefined> {
    try {
      const found = await options.channel.listen(wake);
      if (found !== undefined) wake();
      return found;
    } catch (error) {
      logger.log("error", "outbox.listen-failed", { error: describeError(error) }); // it is looked for instead
      return undefined;
    }
  }

  function wake(): void {
    isStirred = true;
    engine.wake();
  }

  return {
    pull,
    pullNow,
    deliver,
    stir: () => {
      isStirred = true;
    },
    start: () => {
      if (patrolling !== undefined) return;
      patrolling = patrol();
      listening = listen();
      engine.work({ pull, deliver });
    },
    stop: async () => {
      stopping.abort();
      await engine.stop();
      await patrolling;
      await (await listening)?.close();
    },
  };
}
