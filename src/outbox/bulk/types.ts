/** The words of bulk mail: how one is sent, and where it stands. */
import type { Clock, Logger } from "../../base/index.ts";
import type { Database } from "../../db/index.ts";
import type { Engine } from "../engine.ts";
import type { EnqueueOptions } from "../enqueue-options.ts";
import type { BulkEntry, UnreadableEntry } from "./entry.ts";
import type { BulkRendererOptions } from "./renderer.ts";
import type { Template } from "./template.ts";

/** What bulk mail is made of. */
export interface BulkOptions extends BulkRendererOptions {
  database: Database;
  /** Throws for a mailer that does not exist, so that a mistyped name is told at once. */
  mailer?: ((name: string) => unknown) | undefined;
  /** The outbox' engine, told what becomes due. Without it, workers find it when they look by themselves. */
  engine?: Pick<Engine, "add" | "wake"> | undefined;
  clock?: Clock | undefined;
  logger?: Logger | undefined;
}

/** How a bulk is sent. */
export interface SendManyOptions extends Pick<
  EnqueueOptions,
  "using" | "priority" | "sendAt" | "tags" | "metadata" | "group" | "tenant" | "stream" | "onUnknown"
> {
  /** What the bulk is called: the same name goes on with the same bulk. */
  name: string;
  /** What the list is known by, such as the hash of its file; another one under the same name is refused. */
  source?: string | undefined;
  /** Spreads the messages over time: at most this many become due in a minute. Default: all at once. */
  perMinute?: number | undefined;
  /** How long a message is tried once it is due, in seconds. Default 7 days. */
  lifetimeSeconds?: number | undefined;
  /** Goes on with a bulk that was paused. Default false: then it is left as it is. */
  resume?: boolean | undefined;
  /** Told after each commit. */
  onProgress?: ((run: BulkRun) => void) | undefined;
  /** Told of each entry that is refused, with its number in the list. */
  onRefused?: ((refusal: RefusedEntry) => void) | undefined;
  /** Reads no further once it aborts; what was committed is sent. */
  signal?: AbortSignal | undefined;
}

/** An entry that nothing is sent to. */
export interface RefusedEntry {
  number: number;
  problem: string;
}

/** How far the list of a bulk was read, and what became of its entries. */
export interface BulkRun {
  id: string;
  name: string;
  state: "running" | "paused" | "cancelled";
  /** Whether the list was read to its end. */
  complete: boolean;
  /** Entries that were read: all of the following together. */
  taken: number;
  queued: number;
  /** Of an address that the bulk had already. */
  repeated: number;
  refused: number;
}

/** Where a bulk stands: its run, and how many of its messages are in each state. */
export interface BulkProgress extends BulkRun {
  /** Messages that wait for their first attempt, or are in it. */
  waiting: number;
  deferred: number;
  sent: number;
  failed: number;
  unknown: number;
  held: number;
  cancelled: number;
  suppressed: number;
  createdAt: number;
}

/** Mail to many from one template. */
export interface Bulk {
  /**
   * Enqueues one message for each entry. The list is read as fast as the database takes it, in transactions of 500
   * entries, and never held in memory; the outbox's worker renders and sends them.
   *
   * Called again with the same name, template and list, it goes on where it was ended, however it was ended: each address
   * gets one message.
   *
   * @param entries Any length; read once.
   * @returns When the list was read, or the bulk was paused or cancelled, or `signal` aborted.
   * @throws BulkError `WX_BULK_TEMPLATE`, `WX_BULK_CHANGED`, `WX_BULK_BUSY`, `WX_BULK_CANCELLED`, `WX_BULK_OPTIONS`; OutboxError
   *   `WX_OUTBOX_OPTIONS`; MessageError when the template's sender or headers cannot be used; what `entries` throws
   * @example
   * const run = await bulk.sendMany(
   *   { subject: "Hello {{ name }}", text: "..." },
   *   [{ to: "ann@example.com", variables: { name: "Ann" } }],
   *   { name: "hello-2026" },
   * );
   */
  sendMany(
    template: Template,
    entries: AsyncIterable<BulkEntry | UnreadableEntry> | Iterable<BulkEntry | UnreadableEntry>,
    options: SendManyOptions,
  ): Promise<BulkRun>;
  /** Where a bulk stands; undefined where there is none of this name. */
  progress(name: string): Promise<BulkProgress | undefined>;
  /** The bulks, newest first; 100 unless `limit` says otherwise. */
  list(options?: { limit?: number }): Promise<BulkRun[]>;
  /**
   * Lets everything that waits be held until `resume`. From the commit of its first statement no worker starts a message of
   * the bulk; the marks on the messages follow, 1,000 in a transaction. What is under way ends.
   *
   * @throws BulkError `WX_BULK_UNKNOWN`, `WX_BULK_CANCELLED`
   */
  pause(name: string): Promise<BulkProgress>;
  /** Lets what is held go on, none of it before `sendAt`. A list that was not read to its end needs `sendMany` once more. Throws as `pause`. */
  resume(name: string): Promise<BulkProgress>;
  /** Ends a bulk for good, as quickly as `pause`. @throws BulkError `WX_BULK_UNKNOWN` */
  cancel(name: string): Promise<BulkProgress>;
}
