/** The ways into the outbox: one message by the next turn, several in one transaction, and either in a transaction of the caller's. */
import { type Database, type Queryable, type Schema, toQueryable } from "../db/index.ts";
import type { Backend, Composed } from "../mail/index.ts";
import type { Outbox } from "./api.ts";
import type { Channel } from "./channel.ts";
import { dueMessage, type Engine } from "./engine.ts";
import { insertOnce } from "./enqueue.ts";
import { type EnqueueOptions, refuseUnknownOptions } from "./enqueue-options.ts";
import { type Entry, entryOf } from "./entry.ts";
import { eventOf } from "./event-of.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { RetryPolicy } from "./policy.ts";
import type { HotStore } from "./store/hot.ts";
import type { Teller } from "./teller.ts";
import type { SharedTime } from "./time.ts";
import type { Item } from "./turn-items.ts";

export interface EnqueuingOptions {
  database: Database;
  store: HotStore;
  engine: Engine;
  teller: Teller;
  channel: Channel;
  time: SharedTime;
  turns: GroupCommit<Item>;
  mailer: (name: string) => Backend;
  policy: RetryPolicy;
  /** Messages became due. */
  wake: () => void;
}

export function createEnqueuing(options: EnqueuingOptions): Pick<Outbox, "enqueue" | "enqueueMany" | "addEntries"> {
  const { database, store, engine, teller, channel, time, turns, mailer, policy, wake } = options;

  function entry(message: Composed, enqueueing: EnqueueOptions): Entry {
    const made = entryOf(message, enqueueing, time.now(), policy.lifetimeMs);
    mailer(made.message.mailer); // a mistyped name is told at once
    return made;
  }

  async function enqueue<Tables extends Schema = Schema>(
    message: Composed,
    enqueueing: EnqueueOptions<Tables> = {},
  ): Promise<string> {
    await time.refresh();
    const { tx, ...rest } = enqueueing;
    const made = entry(message, rest);
    if (tx === undefined)
      return new Promise((done, failed) => turns.push({ kind: "insert", entry: made, done, failed }));
    const [id = ""] = await insertWithin(await toQueryable(tx, database.dialect), [made]);
    return id;
  }

  async function enqueueMany<Tables extends Schema = Schema>(
    messages: readonly { message: Composed; options?: Omit<EnqueueOptions, "tx"> }[],
    { tx, ...unknown }: { tx?: EnqueueOptions<Tables>["tx"] } = {},
  ): Promise<string[]> {
    refuseUnknownOptions("enqueueMany", unknown, ["tx"]);
    await time.refresh();
    const entries = messages.map(({ message, options: each = {} }) => entry(message, each));
    if (tx !== undefined) return insertWithin(await toQueryable(tx, database.dialect), entries);
    const ids = await database.kysely.transaction().execute((own) => insertWithin(own, entries));
    wake();
    return ids;
  }

  /** By statements that run on whatever handle the caller has. */
  async function insertWithin(tx: Queryable, entries: readonly Entry[]): Promise<string[]> {
    const ids: string[] = [];
    const inserted: Entry[] = [];
    for (const each of entries) {
      const { id, inserted: isNew } = await insertOnce(tx, each);
      ids.push(id);
      if (isNew) inserted.push(each);
    }
    await announceWithin(tx, inserted);
    return ids;
  }

  async function addEntries(tx: Queryable, entries: readonly Entry[]): Promise<boolean[]> {
    const inserted = await store.insert(tx, entries);
    await announceWithin(
      tx,
      entries.filter((_, index) => inserted[index]),
    );
    return inserted;
  }

  async function announceWithin(tx: Queryable, entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    await engine.add(
      tx,
      entries.map((each) => dueMessage(each, each.message.due_at ?? each.message.created_at)),
    );
    await channel.tellAll(tx);
    if (teller.listens) await teller.record(tx, entries.map(queued));
    wake();
  }

  return { enqueue, enqueueMany, addEntries };
}

function queued({ message, addresses }: Entry): ReturnType<typeof eventOf> {
  const nextAttemptAt = message.due_at ?? undefined;
  return eventOf(message, { type: "queued", at: message.created_at, recipients: addresses, nextAttemptAt });
}
