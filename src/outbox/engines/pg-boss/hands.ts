/** Takes jobs of the queue as hands become free, and has their messages delivered. */
import { type Clock, describeError, type Logger } from "../../../base/index.ts";
import type { Heart } from "../../engine.ts";
import { groupCommit } from "../../group-commit.ts";
import type { HandedJob, JobQueue } from "./job-queue.ts";

/** What hands work with. */
export interface HandsOptions {
  queue: JobQueue;
  clock: Clock;
  logger: Logger;
  /** How many jobs are in hand at once. */
  concurrency: number;
  /** How many of one group, on all machines together. */
  perGroup: number | undefined;
  /** How long to sleep before looking for a job whose time has come, in milliseconds. */
  pollMs: number;
  heartbeatSeconds: number;
  /** Gives those of these messages a job again that wait. */
  addAgain(ids: readonly string[]): Promise<void>;
}

export interface Hands {
  work(heart: Heart): void;
  wake(): void;
  /** Takes no further job. */
  stop(): Promise<void>;
  /** Resolves when the jobs in hand are given back or ended. */
  empty(): Promise<void>;
}

export function createHands(options: HandsOptions): Hands {
  const { queue, clock, logger, concurrency, perGroup, pollMs, heartbeatSeconds, addAgain } = options;
  const inHand = new Map<HandedJob, Promise<void>>();
  const stopping = new AbortController();
  const emptied = new AbortController();
  let awake = new AbortController();
  /** The last fetch left something behind. */
  let isFull = false;
  let loops: Promise<unknown> | undefined;
  let beating: Promise<void> | undefined;

  /** Jobs that end at the same time are one statement. */
  const ending = groupCommit<Ended>({
    commit: async (ended) => {
      const refused = ended.filter(({ delivered }) => !delivered).map(({ job }) => job.data.id);
      if (refused.length > 0) await addAgain(refused);
      await queue.end(ended.map(({ job }) => job));
      return [];
    },
    weigh: () => 0,
    isUrgent: () => false,
    isUnavailable: () => true,
    // Its heart stands still from now on, so that pg-boss hands it on.
    fail: ({ job }, error) =>
      logger.log("warn", "pg-boss.end-failed", { id: job.data.id, error: describeError(error) }),
  });

  async function deliver(job: HandedJob, heart: Heart): Promise<void> {
    const { id } = job.data;
    try {
      const delivered = await heart.deliver(id);
      ending.push({ job, delivered });
    } catch (error) {
      const reason = describeError(error);
      logger.log("error", "pg-boss.delivery-failed", { id, error: reason });
      await queue.fail(job, reason).catch(() => {}); // as above
    }
    inHand.delete(job);
    if (isFull) awake.abort();
  }

  async function fetch(heart: Heart): Promise<void> {
    const room = concurrency - inHand.size;
    if (room <= 0) return;
    const jobs = await queue.fetch(room, perGroup);
    isFull = jobs.length === room;
    for (const job of jobs) inHand.set(job, deliver(job, heart));
  }

  /** Goes on whatever happens: a database that fails for a while must not end the worker. */
  async function fetchLoop(heart: Heart): Promise<void> {
    while (!stopping.signal.aborted) {
      awake = new AbortController();
      try {
        await fetch(heart);
      } catch (error) {
        logger.log("error", "outbox.worker-failed", { error: describeError(error) });
        await clock.sleep(pollMs, stopping.signal);
        continue;
      }
      await clock.sleep(pollMs, awake.signal);
    }
  }

  /** Goes on until no job is in hand any more, also while the worker stops. */
  async function beat(): Promise<void> {
    while (!emptied.signal.aborted) {
      await clock.sleep((heartbeatSeconds * 1000) / 3, emptied.signal);
      if (inHand.size === 0) continue;
      await queue.touch([...inHand.keys()]).catch((error: unknown) => {
        logger.log("warn", "pg-boss.heartbeat-failed", { error: describeError(error) });
      });
    }
  }

  /** Both by hand: what AbortSignal.any ties to a signal that lives long, Node 20 and 22 keep. */
  function end(): void {
    stopping.abort();
    awake.abort();
  }

  return {
    work: (heart) => {
      loops ??= fetchLoop(heart);
      beating ??= beat();
    },
    wake: () => awake.abort(),
    stop: async () => {
      end();
      await loops;
    },
    empty: async () => {
      end();
      await Promise.all(inHand.values());
      await ending.settled();
      emptied.abort();
      await beating;
    },
  };
}

interface Ended {
  job: HandedJob;
  /** False where the message was not to be had. */
  delivered: boolean;
}
