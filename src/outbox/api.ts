/** What the outbox offers to applications, and what it is made of. */
import type { Clock, Logger } from "../base/index.ts";
import type { Database, Queryable, Schema } from "../db/index.ts";
import type { Backend, Composed } from "../mail/index.ts";
import type { Engine } from "./engine.ts";
import type { EnqueueOptions } from "./enqueue-options.ts";
import type { Entry } from "./entry.ts";
import type { RetryPolicy } from "./policy.ts";
import type { EventSink, Gate, Renderer, SuppressionGate } from "./seams.ts";
import type { OutboxHealth, OutboxReader, RedriveFilter } from "./types.ts";

/** What an outbox is made of. */
export interface OutboxOptions {
  database: Database;
  /** The mailer of this name; throws when there is none. Asked at delivery, and at enqueue so that a mistyped name is told at once. */
  mailer: (name: string) => Backend;
  clock?: Clock | undefined;
  logger?: Logger | undefined;
  /** When to try again and when to give up. Default: `defaultRetryPolicy`. */
  policy?: Partial<RetryPolicy> | undefined;
  /** What says that messages are due. Default: the embedded engine, with `pollMs` from here. */
  engine?: Engine | undefined;
  /** Limits that all workers share. Default: none. */
  gate?: Gate | undefined;
  /** Who must not be written to. Default: nobody. */
  suppression?: SuppressionGate | undefined;
  /** Makes the bytes of messages that have none of their own. */
  renderer?: Renderer | undefined;
  /** Those who are told what happens. */
  sinks?: readonly EventSink[] | undefined;
  /** How long a lease holds without being renewed, in milliseconds. Default 30 s. */
  leaseMs?: number | undefined;
  /** How often to look for what another process has inserted, in milliseconds. Default 1 s, or 5 s on Postgres, which tells. */
  pollMs?: number | undefined;
  /** How many messages are delivered at once. Default 32. */
  concurrency?: number | undefined;
  /** How many bytes of messages are held for delivery at once. Default 64 MiB; a single larger message still goes. */
  maxBytesInFlight?: number | undefined;
  /** An alarm is raised when mail is late by more (see `OutboxHealth`), in milliseconds. Default 10 min. */
  alertAfterMs?: number | undefined;
  /** Milliseconds that never jump, for tests. Default `performance.now`. */
  monotonic?: (() => number) | undefined;
}

/** The durable queue. */
export interface Outbox extends OutboxReader {
  /**
   * Stores a composed message for delivery. Once the transaction has committed, it is sent or visibly failed.
   *
   * Calls that come at the same time share one commit, and none returns before it.
   *
   * @param message What `mail.compose(message)` returns.
   * @returns The message's id.
   * @throws OutboxError `WX_OUTBOX_NOT_COMPOSED`, `WX_OUTBOX_NO_RECIPIENT`, `WX_OUTBOX_OPTIONS`, `WX_OUTBOX_IDEMPOTENCY`;
   *   what `mailer` throws for a name it does not know; what the database throws when it cannot write (then nothing was stored)
   * @example
   * const id = await outbox.enqueue(await mail.compose({ to: ["ann@example.com"], subject: "Hello", text: "World" }));
   */
  enqueue<Tables extends Schema = Schema>(message: Composed, options?: EnqueueOptions<Tables>): Promise<string>;
  /**
   * Stores several in one transaction: all of them, or none.
   *
   * @returns Their ids, in the same order.
   * @throws as `enqueue`
   */
  enqueueMany<Tables extends Schema = Schema>(
    messages: readonly { message: Composed; options?: Omit<EnqueueOptions, "tx"> }[],
    options?: { tx?: EnqueueOptions<Tables>["tx"] },
  ): Promise<string[]>;
  /**
   * Inserts rows that were made ready, in a transaction of Waxseal's own database handle; for the parts of the outbox.
   *
   * @returns For each whether it was not there yet, by its id or its idempotency key.
   */
  addEntries(tx: Queryable, entries: readonly Entry[]): Promise<boolean[]>;
  /** Ends what waits: it is not sent any more. False for what is done with, or is being sent just now. */
  cancel(id: string): Promise<boolean>;
  /** Lets what waits wait until `release`. False as for `cancel`. */
  hold(id: string): Promise<boolean>;
  /** Lets what was held, or what waits for its time, go at once. False where there was nothing to let go. */
  release(id: string): Promise<boolean>;
  /**
   * Sends again to those recipients who failed, are unknown, held or suppressed; attempts made stay in the history.
   *
   * @returns How many messages that was.
   * @throws OutboxError `WX_OUTBOX_NO_BODY` for an id whose body was deleted
   */
  redrive(which: string | RedriveFilter): Promise<number>;
  /** Closes those recipients who are unknown by what a person found out. False where none was. */
  resolve(id: string, as: "sent" | "failed"): Promise<boolean>;
  /** The outbox as a mailer's way out: `send` enqueues, and the receipt says under which id. It takes the envelope's tags and metadata along. */
  backend(options?: Omit<EnqueueOptions, "tx" | "idempotencyKey">): Backend;
  /** Starts delivering; further calls change nothing. */
  start(): void;
  /** Messages may be due that this outbox cannot see by itself, such as those of a transaction on a handle of the caller's. */
  wake(): void;
  /** Starts delivering, and resolves when nothing is due and nothing is being sent; for tests and scripts. */
  flush(): Promise<void>;
  health(): Promise<OutboxHealth>;
  /** Lets what is under way end (10 s at the most), and delivers no more. */
  stop(options?: { graceMs?: number }): Promise<void>;
}
