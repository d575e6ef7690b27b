/** The durable queue: what a transaction enqueued is sent, or is visibly failed. */
import { type Clock, findUnknownOption, type Logger, silentLogger, systemClock } from "../base/index.ts";
import type { Database, Queryable, QueryableOf, Schema } from "../db/index.ts";
import type { Backend, Composed, Envelope } from "../mail/index.ts";
import { deliver } from "./deliver.ts";
import type { Engine } from "./engine.ts";
import { embeddedEngine, type EmbeddedEngineOptions } from "./engines/embedded.ts";
import { OutboxError } from "./errors.ts";
import { newId } from "./ids.ts";
import { defaultRetryPolicy, type RetryPolicy } from "./policy.ts";
import { rankOf } from "./priority.ts";
import { outboxReader } from "./reader.ts";
import { insertBody, insertMessage, insertRecipients, type RecipientRow } from "./store.ts";
import type { OutboxReader } from "./types.ts";

/** What an outbox is made of. */
export interface OutboxOptions {
  database: Database;
  /** The mailer of this name; throws when there is none. Asked at delivery, and at enqueue so that a mistyped name is told at once. */
  mailer: (name: string) => Backend;
  clock?: Clock;
  logger?: Logger;
  /** When to try again and when to give up. Default: `defaultRetryPolicy`. */
  policy?: Partial<RetryPolicy>;
  /** What wakes the worker. Default: the embedded engine, with `leaseMs`, `pollMs` and `concurrency` from here. */
  engine?: Engine;
  /** How long a lease holds without being renewed, in milliseconds. Default 60 s. */
  leaseMs?: number;
  /** How often to look for what another process has inserted, in milliseconds. Default 1 s. */
  pollMs?: number;
  /** How many messages are delivered at once. Default 5. */
  concurrency?: number;
}

/** How one message is enqueued. `Tables` is all that the caller's transaction knows: our tables, and its own beside them. */
export interface EnqueueOptions<Tables extends Schema = Schema> {
  /** The transaction that the message belongs to. Without it the message is committed at once. */
  tx?: QueryableOf<Tables> | undefined;
  /** The mailer that sends it. Default "default". */
  using?: string;
  /** What to do when the connection was lost after the final byte: send again (with the same Message-ID), or wait for a person. Default "resend". */
  onUnknown?: "resend" | "hold";
}

/** The durable queue. */
export interface Outbox extends OutboxReader {
  /**
   * Stores a composed message for delivery. Once the transaction has committed, it is sent or visibly failed.
   *
   * @param message What `mail.compose(message)` returns.
   * @returns The message's id.
   * @throws OutboxError `WX_OUTBOX_NOT_COMPOSED`, `WX_OUTBOX_NO_RECIPIENT`, `WX_OUTBOX_OPTIONS`; what `mailer` throws for a name it does not know
   * @example
   * const id = await outbox.enqueue(await mail.compose({ to: ["ann@example.com"], subject: "Hello", text: "World" }));
   */
  enqueue<Tables extends Schema = Schema>(message: Composed, options?: EnqueueOptions<Tables>): Promise<string>;
  /** Starts delivering; further calls change nothing. */
  start(): void;
  /** Lets what is under way end (10 s at the most), and delivers no more. */
  stop(): Promise<void>;
}

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
  refuseUnknownOptions("createOutbox", options, outboxOptions);
  const { database, clock = systemClock, logger = silentLogger } = options;
  const policy: RetryPolicy = { ...defaultRetryPolicy, ...options.policy };
  const engine = options.engine ?? embeddedEngine(engineOptions(options, clock, logger));

  async function enqueue<Tables extends Schema = Schema>(
    message: Composed,
    enqueueing: EnqueueOptions<Tables> = {},
  ): Promise<string> {
    refuseUnknownOptions("enqueue", enqueueing, enqueueOptions);
    const { tx, using = "default", onUnknown = "resend" } = enqueueing;
    requireComposed(message);
    options.mailer(using);
    const now = clock.now();
    const id = newId(now);
    const recipients = recipientRows(id, message);
    const insert = async (db: Queryable): Promise<void> => {
      await insertMessage(db, {
        id,
        mailer: using,
        envelope_from: message.envelope.from,
        envelope_extras: extrasOf(message.envelope),
        subject: message.subject,
        message_id: message.messageId,
        size: message.bytes.length,
        state: "queued",
        priority: rankOf("normal"),
        on_unknown: onUnknown,
        sensitive: 0,
        group_name: null,
        tenant: null,
        stream: null,
        idempotency_key: null,
        content_hash: null,
        bulk_id: null,
        variables: null,
        trace: null,
        attempts: 0,
        created_at: now,
        send_at: null,
        expires_at: now + policy.lifetimeMs,
        due_at: now,
        wait: null,
        lease_owner: null,
        finished_at: null,
      });
      await insertBody(db, id, message.bytes);
      await insertRecipients(db, recipients);
      await engine.add(db, [id]);
    };
    if (tx === undefined) await database.kysely.transaction().execute(insert);
    else await insert(tx as Queryable); // our tables are among those it knows
    return id;
  }

  return {
    ...outboxReader(database, clock),
    enqueue,
    start: () => engine.work((job) => deliver(job, { database, mailer: options.mailer, policy, clock, logger })),
    stop: () => engine.stop(),
  };
}

function engineOptions(options: OutboxOptions, clock: Clock, logger: Logger): EmbeddedEngineOptions {
  const { database, leaseMs, pollMs, concurrency } = options;
  return {
    database,
    clock,
    logger,
    ...(leaseMs !== undefined && { leaseMs }),
    ...(pollMs !== undefined && { pollMs }),
    ...(concurrency !== undefined && { concurrency }),
  };
}

/** A message that was not composed has no envelope yet; only a program without types gets this far with one. */
function requireComposed({ envelope, bytes }: Partial<Composed>): void {
  if (envelope !== undefined && bytes instanceof Uint8Array) return;
  throw new OutboxError(
    "WX_OUTBOX_NOT_COMPOSED",
    "The message is not composed. Give what mail.compose(message) returns: outbox.enqueue(await mail.compose(message)).",
  );
}

const outboxOptions = {
  database: true,
  mailer: true,
  clock: true,
  logger: true,
  policy: true,
  engine: true,
  leaseMs: true,
  pollMs: true,
  concurrency: true,
} satisfies Record<keyof OutboxOptions, true>;
const enqueueOptions = { tx: true, using: true, onUnknown: true } satisfies Record<keyof EnqueueOptions, true>;

function refuseUnknownOptions(owner: string, options: object, known: object): void {
  const unknown = findUnknownOption(options, Object.keys(known));
  if (unknown === undefined) return;
  throw new OutboxError("WX_OUTBOX_OPTIONS", `${owner} has no option "${unknown.name}". ${unknown.hint}`);
}

/** All of an envelope but its addresses, as JSON: null where there is nothing. */
function extrasOf({ from: _from, to: _to, ...extras }: Envelope): string | null {
  const json = JSON.stringify(extras);
  return json === "{}" ? null : json;
}

/** One row for each mailbox, also when an address stands in the envelope twice. */
function recipientRows(id: string, message: Composed): RecipientRow[] {
  const addresses = [...new Set(message.envelope.to)];
  if (addresses.length === 0) {
    throw new OutboxError("WX_OUTBOX_NO_RECIPIENT", "The message has no recipient. Give an address in to, cc or bcc.");
  }
  return addresses.map((address, position) => ({ message_id: id, position, address, state: "queued", detail: "" }));
}
