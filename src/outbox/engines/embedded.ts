/** The engine in the box: the outbox table is the queue, a lease with a deadline is the claim, and a call in the same process is the wake-up. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { type Clock, describeError, type Logger } from "../../base/index.ts";
import type { Database } from "../../db/index.ts";
import type { Engine, Job } from "../engine.ts";
import { claimDue, nextClaimableAt, releaseLease, renewLease } from "../store.ts";

/** What the embedded engine works with. */
export interface EmbeddedEngineOptions {
  database: Database;
  clock: Clock;
  logger: Logger;
  /** How many messages are delivered at once. Default 5. */
  concurrency?: number;
  /** How long a lease holds without being renewed, in milliseconds. Default 60 s. A living worker renews it at a third of that. */
  leaseMs?: number;
  /** How long to sleep at the most before looking for messages that another process has inserted, in milliseconds. Default 1 s. */
  pollMs?: number;
}

/**
 * An engine on the outbox' own table. Any number of processes may run one on the same database.
 *
 * @example
 * const engine = embeddedEngine({ database, clock: systemClock, logger: silentLogger, pollMs: 200 });
 * const outbox = createOutbox({ database, mailer, engine });
 */
export function embeddedEngine(options: EmbeddedEngineOptions): Engine {
  const { database, clock, logger } = options;
  const concurrency = options.concurrency ?? 5;
  const leaseMs = options.leaseMs ?? 60_000;
  const pollMs = options.pollMs ?? 1_000;
  const owner = `${hostname()}:${process.pid}:${randomUUID()}`;
  const stopping = new AbortController();
  const cutOff = new AbortController();
  const running = new Map<string, Promise<void>>();
  let wake = new AbortController();
  let loop: Promise<void> | undefined;

  /** Takes as many due messages as there are free places, and starts them. */
  async function claim(handler: (job: Job) => Promise<void>): Promise<void> {
    const free = concurrency - running.size;
    if (free <= 0) return;
    const now = clock.now();
    const ids = await claimDue(database.kysely, { owner, now, until: now + leaseMs, limit: free });
    for (const id of ids) {
      // Our own: the clock has jumped past its lease (a machine that slept), and the claim has renewed it.
      if (running.has(id)) continue;
      const done = run(id, handler).finally(() => {
        running.delete(id);
        wake.abort(); // a place is free
      });
      running.set(id, done);
    }
  }

  /** Runs one message under its lease; never rejects. */
  async function run(id: string, handler: (job: Job) => Promise<void>): Promise<void> {
    const lost = new AbortController();
    const ended = new AbortController();
    const renewing = keepLease(id, lost, ended.signal);
    try {
      await handler({ id, owner, signal: AbortSignal.any([lost.signal, cutOff.signal]) });
      // A handler that ended its attempt has given the lease back with it; this is for one that was interrupted.
      await releaseLease(database.kysely, id, owner, clock.now());
    } catch (error) {
      // The lease is left to run out: a message whose outcome could not be written must not be sent again at once.
      logger.log("error", "outbox.handler-failed", { id, error: describeError(error) });
    }
    ended.abort();
    await renewing;
  }

  async function keepLease(id: string, lost: AbortController, ended: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(leaseMs / 3, ended);
      if (ended.aborted) return;
      try {
        if (await renewLease(database.kysely, id, owner, clock.now() + leaseMs)) continue;
        logger.log("warn", "outbox.lease-lost", { id });
        return lost.abort();
      } catch (error) {
        logger.log("warn", "outbox.renew-failed", { id, error: describeError(error) });
      }
    }
  }

  /** Until a message can be claimed, or there is word of one. */
  async function rest(): Promise<void> {
    if (wake.signal.aborted || stopping.signal.aborted) return;
    const at = running.size >= concurrency ? undefined : await nextClaimableAt(database.kysely);
    const wait = at === undefined ? pollMs : Math.min(pollMs, Math.max(0, at - clock.now()));
    if (wait > 0) await clock.sleep(wait, AbortSignal.any([wake.signal, stopping.signal]));
  }

  /** Goes on whatever happens: a database that fails for a while must not end the worker. */
  async function supervise(handler: (job: Job) => Promise<void>): Promise<void> {
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      try {
        await claim(handler);
        await rest();
      } catch (error) {
        logger.log("error", "outbox.worker-failed", { error: describeError(error) });
        await clock.sleep(pollMs, stopping.signal);
      }
    }
  }

  return {
    // The claim that follows waits for the transaction in hand to end: both use the one connection of this process.
    add: async () => wake.abort(),
    work: (handler) => {
      loop ??= supervise(handler);
    },
    stop: async ({ graceMs = 10_000 } = {}) => {
      stopping.abort();
      await loop;
      const grace = new AbortController();
      void clock.sleep(graceMs, grace.signal).then(() => cutOff.abort());
      await Promise.all(running.values());
      grace.abort();
    },
  };
}
