/** The seam between the outbox and what wakes its workers. */
import type { Queryable } from "../db/index.ts";

/** A message that this worker, and no other, may deliver now. */
export interface Job {
  /** The message's id. */
  id: string;
  /** Who holds the lease; a write that ends the attempt must name it. */
  owner: string;
  /** Aborts when the lease is lost or the worker must stop. */
  signal: AbortSignal;
}

/** What wakes the workers, and sees to it that a message has one worker at a time. */
export interface Engine {
  /** Announces messages that were inserted through `db`, a transaction of the caller's; they become visible with its commit. */
  add(db: Queryable, ids: readonly string[]): Promise<void>;
  /** Calls `handler` for each message that is due, until `stop`. A handler that throws fails its own message alone. */
  work(handler: (job: Job) => Promise<void>): void;
  /** Takes no further message, waits for those under way, and cuts them off when `graceMs` have passed. */
  stop(options?: { graceMs?: number }): Promise<void>;
}
