/** The durable queue: what a transaction enqueued is sent, or is visibly failed. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { silentLogger, systemClock } from "../base/index.ts";
import type { Outbox, OutboxOptions } from "./api.ts";
import { outboxBackend } from "./as-backend.ts";
import { channelOf } from "./channel.ts";
import { clockMark } from "./clock-mark.ts";
import type { Engine } from "./engine.ts";
import { embeddedEngine } from "./engines/embedded.ts";
import { refuseUnknownOptions } from "./enqueue-options.ts";
import { createEnqueuing } from "./enqueuing.ts";
import { createFairShares } from "./fair-shares.ts";
import { groupCommit } from "./group-commit.ts";
import { healthWatch } from "./health.ts";
import { createHeart } from "./heart.ts";
import { operations } from "./operate.ts";
import { defaultRetryPolicy, type RetryPolicy } from "./policy.ts";
import { createRecent } from "./recent.ts";
import { outboxReader } from "./reader.ts";
import { hotStore } from "./store/hot-store.ts";
import { takeovers } from "./takeover.ts";
import { createTeller } from "./teller.ts";
import { sharedTime } from "./time.ts";
import { createTurn } from "./turn.ts";
import { isCritical, type Item } from "./turn-items.ts";
import { isUnavailable } from "./unavailable.ts";
import { createWorker } from "./worker.ts";

const DEFAULT_LEASE_MS = 30_000;
const DEFAULT_CONCURRENCY = 32;
const DEFAULT_BYTES = 64 * 1024 * 1024;
const DEFAULT_ALERT_MS = 10 * 60_000;
/** How long a stop lets deliveries end, in milliseconds. */
const DEFAULT_GRACE_MS = 10_000;

/**
 * An outbox on a migrated database.
 *
 * @throws OutboxError `WX_OUTBOX_OPTIONS` for an option that does not exist
 * @example
 * await database.kysely.transaction().execute(async (tx) => {
 *   await tx.insertInto("orders").values(order).execute();
 *   await outbox.enqueue(await mail.compose(confirmation), { tx });
 * });
 */
export function createOutbox(options: OutboxOptions): Outbox {
  refuseUnknownOptions("createOutbox", options, optionNames);
  const { database, clock = systemClock, logger = silentLogger, sinks = [] } = options;
  const { leaseMs = DEFAULT_LEASE_MS, gate, suppression, renderer, mailer } = options;
  const maxBytes = options.maxBytesInFlight ?? DEFAULT_BYTES;
  const monotonic = options.monotonic ?? (() => performance.now());
  const policy: RetryPolicy = { ...defaultRetryPolicy, ...options.policy };
  const time = sharedTime(database, clock, monotonic);
  const { now } = time;
  const store = hotStore(database);
  const teller = createTeller(sinks, logger);
  const owner = `${hostname()}:${process.pid}:${randomUUID()}`;
  const channel = channelOf(database, owner);
  const engine = options.engine ?? defaultEngine(options, now);

  const concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
  const worker = createWorker({
    db: database.kysely,
    mailer,
    renderer,
    policy,
    clock,
    now,
    monotonic,
    logger,
    leaseMs,
    concurrency,
    maxBytes,
    turns: () => turns,
  });
  const turn = createTurn({
    database,
    store,
    gate,
    suppression,
    renderer,
    teller,
    channel,
    engine,
    owner,
    leaseMs,
    maxBytes,
    now,
    monotonic,
    room: worker.room,
    urgentRoom: worker.urgentRoom,
    written: worker.written,
    delivers: worker.delivers,
    recent: createRecent(monotonic),
    shares: createFairShares({ store, underWay: worker.underWay, monotonic }),
    begin: worker.begin,
    wake,
  });
  const turns = groupCommit<Item>({
    commit: turn.commit,
    weigh: (item) => (item.kind === "insert" ? item.entry.message.size : 0),
    fail: (item, error) => item.failed(error),
    // A caller waits for an insert. Outcomes and claims are the worker's own, and more of them will come, unless it has
    // little left to deliver while messages wait.
    isUrgent: (item) =>
      item.kind === "insert" || item.kind === "claimOne" || (turn.hasBacklog() && worker.idle() * 2 >= concurrency),
    isUnavailable,
    inHalves: database.dialect === "sqlite",
    goesAhead: isCritical,
  });
  const watched = { database, store, teller, channel, engine, logger, owner, leaseMs, now, monotonic };
  const { health, watch: watchHealth } = healthWatch({
    ...watched,
    gate,
    sending: () => worker.size,
    alertAfterMs: options.alertAfterMs ?? DEFAULT_ALERT_MS,
  });
  const heart = createHeart({
    database,
    channel,
    engine,
    worker,
    turns,
    time,
    clock,
    logger,
    leaseMs,
    markClock: clockMark(database, { now, monotonic, logger }),
    takeOver: takeovers({ ...watched, isOurs: worker.has }),
    watchHealth,
  });
  const enqueuing = createEnqueuing({ database, store, engine, teller, channel, time, turns, mailer, policy, wake });

  function wake(): void {
    heart.stir();
    engine.wake();
  }

  gate?.watch?.(wake);

  function start(): void {
    worker.start();
    heart.start();
  }

  async function flush(): Promise<void> {
    start();
    for (;;) {
      await heart.pullNow();
      if (worker.size > 0) await worker.change();
      else if (engine.direct === true || (await health()).due === 0) return;
      else await clock.sleep(10);
    }
  }

  async function stop({ graceMs = DEFAULT_GRACE_MS }: { graceMs?: number } = {}): Promise<void> {
    worker.halt();
    await heart.stop();
    await worker.stop(graceMs);
    await turns.settled();
    await worker.stop(0); // what a turn that was under way has still begun
    await turns.settled();
    await engine.close?.();
  }

  return {
    ...outboxReader(database, now, gate),
    ...operations({ database, now, lifetimeMs: policy.lifetimeMs, engine, channel, teller, wake }),
    ...enqueuing,
    backend: (defaults = {}) => outboxBackend(enqueuing.enqueue, defaults),
    start,
    wake,
    flush,
    health,
    stop,
  };
}

/** On Postgres processes tell each other, so that looking is for what was missed. */
const POLL_MS = { sqlite: 1_000, postgres: 5_000 } as const;

function defaultEngine({ database, clock, logger, pollMs }: OutboxOptions, now: () => number): Engine {
  return embeddedEngine({ clock, logger, now, pollMs: pollMs ?? POLL_MS[database.dialect] });
}

const known = {
  database: true,
  mailer: true,
  clock: true,
  logger: true,
  policy: true,
  engine: true,
  gate: true,
  suppression: true,
  renderer: true,
  sinks: true,
  leaseMs: true,
  pollMs: true,
  concurrency: true,
  maxBytesInFlight: true,
  alertAfterMs: true,
  monotonic: true,
} satisfies Record<keyof OutboxOptions, true>;
const optionNames = Object.keys(known);
