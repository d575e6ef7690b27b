/** Delivers what was claimed: so many at once, each under a lease that is renewed while it lasts. */
import { setMaxListeners } from "node:events";
import { type Clock, CutOff, describeError, type Logger, systemClock } from "../base/index.ts";
import { attempt, type AttemptOptions } from "./attempt.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Job } from "./job.ts";
import { afterAttempt, type Outcome } from "./outcome.ts";
import type { RetryPolicy } from "./policy.ts";
import type { MessageRow } from "./rows.ts";
import type { Item } from "./turn-items.ts";

/** What a worker works with. */
export interface WorkerOptions extends AttemptOptions {
  policy: RetryPolicy;
  clock: Clock;
  now: () => number;
  monotonic: () => number;
  logger: Logger;
  leaseMs: number;
  concurrency: number;
  maxBytes: number;
  /** Where outcomes and renewals are written. */
  turns: () => GroupCommit<Item>;
}

/** The deliveries of this process. */
export interface Worker {
  /** How many more messages it could take once the outcomes of so many are written: until then each keeps its place. */
  room(settling: number): number;
  /** How many more critical ones: some places are theirs alone. */
  urgentRoom(settling: number): number;
  /** How many places have nothing to deliver now, but perhaps an outcome that is being written. */
  idle(): number;
  /** The outcomes of these are on the disk. */
  written(jobs: readonly Job[]): void;
  /** True from the start to the stop. */
  delivers(): boolean;
  begin(jobs: readonly Job[]): void;
  /** True when the job is over and written down; false where the stop has left it under its lease. */
  finished(job: Job): Promise<boolean>;
  has(id: string): boolean;
  /** The messages that it delivers now. */
  underWay(): Iterable<MessageRow>;
  readonly size: number;
  start(): void;
  /** Resolves when something under way has ended. */
  change(): Promise<void>;
  /** Takes nothing more from now on. */
  halt(): void;
  /** Waits for what is under way, cuts it off when `graceMs` have passed, and leaves what does not end soon after. */
  stop(graceMs: number): Promise<void>;
}

/** How long to wait before an outcome that could not be written is written again, in milliseconds; then doubling up to the second. */
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;
/** How long a delivery that was cut off may take to end, in milliseconds. */
const CUT_OFF_MS = 1_000;

export function createWorker(options: WorkerOptions): Worker {
  const { clock, monotonic, logger, leaseMs, concurrency, maxBytes, turns } = options;
  const running = new Map<string, { job: Job; done: Promise<void> }>();
  /** Those whose attempt has ended. */
  const ending = new Set<Job>();
  /** Those of them whose outcome is on the disk: a kill does not bring them back, and they take no place any more. */
  const settled = new Set<Job>();
  /** Those who wait for the bytes of others to go. */
  const waiting: (() => void)[] = [];
  const stopping = new AbortController();
  const gaveUp = new AbortController();
  setMaxListeners(0, gaveUp.signal); // every outcome that waits for the database listens
  const leaving = new CutOff();
  /** Those that did not end although they were cut off: nobody waits for them any more. */
  const left = new Set<Job>();
  let bytesInFlight = 0;
  let isStarted = false;
  let renewing: Promise<void> | undefined;
  let changed = deferred();

  const room = (places: number, settling: number): number =>
    delivers() ? Math.max(0, places - (running.size - settled.size) + settling) : 0;

  function delivers(): boolean {
    return isStarted && !stopping.signal.aborted;
  }

  function begin(jobs: readonly Job[]): void {
    // The next turn is sent to the database first, which then works at the same time.
    const soon = new Promise<void>((resolve) => setImmediate(resolve));
    for (const job of jobs) {
      const { id } = job.message;
      const before = running.get(id);
      // Our own: the clock has jumped past its lease (a machine that slept), and the claim has renewed it.
      if (before !== undefined && !settled.has(before.job)) continue;
      if (gaveUp.signal.aborted) job.cutOff.abort();
      if (before !== undefined) settled.delete(before.job); // its place is the new one's
      // The last attempt's outcome is in this very commit, and the next attempt was due with it.
      const done = (before?.done ?? soon).then(() => run(job)).finally(() => forget(job));
      running.set(id, { job, done });
    }
  }

  function forget(job: Job): void {
    ending.delete(job);
    settled.delete(job);
    if (running.get(job.message.id)?.job === job) running.delete(job.message.id);
    changed.resolve();
    changed = deferred();
  }

  /** Never rejects. */
  async function run(job: Job): Promise<void> {
    const { id } = job.message;
    await roomFor(job);
    try {
      const result = job.cutOff.aborted ? "interrupted" : await attempt(job, options);
      ending.add(job);
      makeRoom(job);
      await (result === "interrupted" ? release(job) : write(afterAttempt(job, result, options.policy, options.now())));
    } catch (error) {
      // The lease is left to run out: a message whose outcome could not be written must not be sent again at once.
      logger.log("error", "outbox.handler-failed", { id, error: describeError(error) });
    }
  }

  /** Waits until the bytes of the message have room; a single one always has. */
  async function roomFor(job: Job): Promise<void> {
    const { size } = job.message;
    if (bytesInFlight === 0 || bytesInFlight + size <= maxBytes || job.cutOff.aborted) {
      bytesInFlight += size;
      return;
    }
    job.bytes = undefined; // read again when its turn comes
    await new Promise<void>((resolve) => waiting.push(resolve));
    await roomFor(job);
  }

  function makeRoom(job: Job): void {
    job.bytes = undefined;
    bytesInFlight -= job.message.size;
    lookForRoom();
  }

  function lookForRoom(): void {
    for (const look of waiting.splice(0)) look();
  }

  /** Writes an outcome down, again and again while the database does not do; a message under way is in nobody else's hands. */
  async function write(outcome: Outcome): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
      try {
        const isOurs = await push<boolean>((answers) => ({ kind: "settle", outcome, ...answers }));
        return report(logger, outcome, isOurs);
      } catch (error) {
        if (gaveUp.signal.aborted) throw error;
        logger.log("error", "outbox.settle-failed", { id: outcome.job.message.id, error: describeError(error) });
        await systemClock.sleep(waitMs, gaveUp.signal);
        if (gaveUp.signal.aborted) throw error;
      }
    }
  }

  function release(job: Job): Promise<void> {
    return push<void>((answers) => ({ kind: "release", job, ...answers }));
  }

  function push<T>(item: (answers: { done(value: T): void; failed(error: unknown): void }) => Item): Promise<T> {
    return new Promise((done, failed) => turns().push(item({ done, failed })));
  }

  async function allEnded(): Promise<void> {
    const awaited = [...running.values()].filter(({ job }) => !left.has(job));
    if (awaited.length === 0) return;
    await Promise.all(awaited.map(({ done }) => done));
    await allEnded();
  }

  function cutOffAll(): void {
    for (const { job } of running.values()) job.cutOff.abort();
    gaveUp.abort();
    lookForRoom();
  }

  /** A backend that does not listen: its leases are left to run out. */
  function leaveAll(): void {
    const jobs = [...running.values()].flatMap(({ job }) => (left.has(job) ? [] : [job]));
    for (const job of jobs) left.add(job);
    leaving.abort();
    logger.log("error", "outbox.deliveries-left", { ids: jobs.map(({ message }) => message.id) });
  }

  async function finished({ message }: Job): Promise<boolean> {
    const done = running.get(message.id)?.done;
    if (done === undefined) return true;
    return new Promise((resolve) => {
      const stopListening = leaving.onAbort(() => resolve(false));
      void done.then(() => {
        stopListening();
        resolve(true);
      });
    });
  }

  async function renewLoop(): Promise<void> {
    while (!gaveUp.signal.aborted) {
      await clock.sleep(leaseMs / 3, gaveUp.signal);
      const old = [...running.values()].filter(({ job }) => monotonic() - job.leasedAt >= leaseMs / 6);
      if (old.length > 0 && !gaveUp.signal.aborted) await renew(old.map(({ job }) => job));
    }
  }

  async function renew(jobs: readonly Job[]): Promise<void> {
    const ids = jobs.map(({ message }) => message.id);
    const at = monotonic();
    try {
      const kept = await push<ReadonlySet<string>>((answers) => ({ kind: "renew", ids, ...answers }));
      for (const job of jobs) {
        const { id } = job.message;
        if (kept.has(id)) job.leasedAt = at;
        else if (running.has(id) && !ending.has(job)) {
          logger.log("warn", "outbox.lease-lost", { id });
          job.cutOff.abort();
        }
      }
    } catch (error) {
      logger.log("warn", "outbox.renew-failed", { ids, error: describeError(error) });
    }
  }

  return {
    room: (settling) => room(concurrency, settling),
    urgentRoom: (settling) => room(concurrency + Math.ceil(concurrency / 8), settling),
    idle: () => (delivers() ? Math.max(0, concurrency - (running.size - ending.size)) : 0),
    written: (jobs) => {
      for (const job of jobs) if (running.get(job.message.id)?.job === job) settled.add(job);
    },
    delivers,
    begin,
    finished,
    has: (id) => running.has(id),
    underWay: function* () {
      for (const { job } of running.values()) if (!ending.has(job)) yield job.message;
    },
    get size() {
      return running.size;
    },
    start: () => {
      isStarted = true;
      renewing ??= renewLoop();
    },
    change: () => changed.promise,
    halt: () => stopping.abort(),
    stop: async (graceMs) => {
      stopping.abort();
      const over = new AbortController();
      void allEnded().then(() => over.abort());
      await systemClock.sleep(graceMs, over.signal);
      if (!over.signal.aborted) {
        cutOffAll();
        await systemClock.sleep(CUT_OFF_MS, over.signal);
      }
      gaveUp.abort();
      await renewing;
      if (!over.signal.aborted) leaveAll();
    },
  };
}

interface Deferred {
  promise: Promise<void>;
  resolve: () => void;
}

function deferred(): Deferred {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

function report(logger: Logger, { job, settlement }: Outcome, isOurs: boolean): void {
  const { id } = job.message;
  const { attempt: made, dueAt } = settlement;
  if (made === undefined) return;
  const { outcome, server, stage, code, text, diagnosis } = made;
  if (!isOurs) return logger.log("warn", "outbox.outcome-discarded", { id, outcome, reason: "the lease was lost" });
  const level = outcome === "sent" ? "info" : outcome === "deferred" ? "warn" : "error";
  const nextAttemptAt = dueAt === null ? undefined : new Date(dueAt).toISOString();
  logger.log(level, `outbox.${outcome}`, { id, server, stage, code, text, cause: diagnosis?.id, nextAttemptAt });
}
