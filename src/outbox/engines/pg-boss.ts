/** The engine on pg-boss: each waiting message has a job in Postgres, which a worker on any machine takes. */
import { type Clock, type Logger, silentLogger, systemClock } from "../../base/index.ts";
import type { Database } from "../../db/index.ts";
import type { Engine } from "../engine.ts";
import { refuseUnknownOptions } from "../enqueue-options.ts";
import { OutboxError } from "../errors.ts";
import { createHands } from "./pg-boss/hands.ts";
import { openJobQueue } from "./pg-boss/job-queue.ts";
import { findWithoutJob, stillWaiting } from "./pg-boss/lost-jobs.ts";
import { sweepLoop } from "./pg-boss/sweep.ts";

/** How the engine on pg-boss works. */
export interface PgBossEngineOptions {
  /** The outbox' own database: Postgres, migrated. */
  database: Database;
  /** The schema of pg-boss' tables. Default "pgboss". */
  schema?: string | undefined;
  /** How many messages this process delivers at once. Default 32. */
  concurrency?: number | undefined;
  /** How many messages of one `group` are delivered at once, by all processes together. Default: no bound. */
  groupConcurrency?: number | undefined;
  /** How long a worker's heart may stand still before its jobs go to others, in seconds, at least 10. Default 30. */
  heartbeatSeconds?: number | undefined;
  /** How often to look for jobs whose time has come, in milliseconds; new ones are told of at once. Default 1 s. */
  pollMs?: number | undefined;
  /** How often to look for messages whose job is missing, in milliseconds. Default 60 s. */
  sweepMs?: number | undefined;
  /** Whether pg-boss makes and changes its own tables when it starts. Default true; false where the role may not, and `npx pg-boss migrate` does it. */
  migrate?: boolean | undefined;
  clock?: Clock | undefined;
  logger?: Logger | undefined;
}

/** What nobody hears of comes by the poll. */
const DEFAULT_POLL_MS = 1_000;
const DEFAULT_SWEEP_MS = 60_000;
const DEFAULT_CONCURRENCY = 32;
const DEFAULT_HEARTBEAT_SECONDS = 30;
const LEAST_HEARTBEAT_SECONDS = 10;

/**
 * Starts pg-boss on the outbox' database, for an outbox to be made with; `outbox.stop()` stops it.
 *
 * A message and its job are one commit, on whatever transaction the message was enqueued. The message's lease, not its job, is what
 * keeps two workers from sending it: a job that comes twice finds nothing to do.
 *
 * @throws OutboxError `WX_OUTBOX_PEER` without pg-boss, `WX_OUTBOX_OPTIONS`; what Postgres says to a role that may not make tables
 * @example
 * const engine = await pgBossEngine({ database, concurrency: 16 });
 * const outbox = createOutbox({ database, mailer, engine });
 */
export async function pgBossEngine(options: PgBossEngineOptions): Promise<Engine> {
  refuseUnknownOptions("pgBossEngine", options, optionNames);
  const { database, schema = "pgboss", clock = systemClock, logger = silentLogger, migrate = true } = options;
  const heartbeatSeconds = options.heartbeatSeconds ?? DEFAULT_HEARTBEAT_SECONDS;
  requireWhole("heartbeatSeconds", heartbeatSeconds, LEAST_HEARTBEAT_SECONDS);
  requireWhole("concurrency", options.concurrency ?? 1, 1);
  requireWhole("groupConcurrency", options.groupConcurrency ?? 1, 1);
  const { kysely } = database;
  const queue = await openJobQueue({ database, schema, heartbeatSeconds, migrate, logger });
  const stopping = new AbortController();
  let sweeping: Promise<void> | undefined;
  const hands = createHands({
    queue,
    clock,
    logger,
    concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
    perGroup: options.groupConcurrency,
    pollMs: options.pollMs ?? DEFAULT_POLL_MS,
    heartbeatSeconds,
    addAgain: async (ids) => queue.add(kysely, await stillWaiting(kysely, ids)),
  });

  function sweep(): Promise<void> {
    return sweepLoop({
      find: (from) => findWithoutJob(kysely, schema, from),
      add: async (messages) => {
        await queue.add(kysely, messages);
        hands.wake();
      },
      clock,
      logger,
      everyMs: options.sweepMs ?? DEFAULT_SWEEP_MS,
      signal: stopping.signal,
    });
  }

  return {
    add: (tx, messages) => queue.add(tx, messages),
    wake: () => hands.wake(),
    work: (heart) => {
      hands.work(heart);
      sweeping ??= sweep();
    },
    stop: async () => {
      stopping.abort();
      await Promise.all([hands.stop(), sweeping]);
    },
    close: async () => {
      await hands.empty();
      await queue.close();
    },
  };
}

function requireWhole(name: keyof PgBossEngineOptions, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  const problem = `pgBossEngine: ${name} is ${String(value)}. Give a whole number of at least ${least}.`;
  throw new OutboxError("WX_OUTBOX_OPTIONS", problem);
}

const known = {
  database: true,
  schema: true,
  concurrency: true,
  groupConcurrency: true,
  heartbeatSeconds: true,
  pollMs: true,
  sweepMs: true,
  migrate: true,
  clock: true,
  logger: true,
} satisfies Record<keyof PgBossEngineOptions, true>;
const optionNames = Object.keys(known);
