/** What is said of new messages once a turn has written them. */
import type { Queryable } from "../db/index.ts";
import { dueMessage, type Engine } from "./engine.ts";
import { sameContent } from "./enqueue.ts";
import { type Entry, isLeased } from "./entry.ts";
import { eventOf } from "./event-of.ts";
import type { Recent } from "./recent.ts";
import { findByKey } from "./store.ts";
import type { Teller } from "./teller.ts";
import type { Progress } from "./turn-endings.ts";
import type { Insert } from "./turn-items.ts";

/** Who has to do with new messages. */
export interface InsertAnswerOptions {
  engine: Engine;
  teller: Teller;
  recent: Recent;
  /** Whether this process delivers at all. */
  delivers: () => boolean;
}

/** Prepares the answers to `items`; gives those of the new messages that are leased. */
export type InsertAnswers = (
  made: Progress,
  items: readonly Insert[],
  entries: readonly Entry[],
  inserted: readonly boolean[],
) => Promise<Entry[]>;

export function createInsertAnswers({ engine, teller, recent, delivers }: InsertAnswerOptions): InsertAnswers {
  return answerInserts;

  async function answerInserts(
    made: Progress,
    items: readonly Insert[],
    entries: readonly Entry[],
    inserted: readonly boolean[],
  ): Promise<Entry[]> {
    const { tx, lease, answers, due } = made;
    const fresh: Entry[] = [];
    for (const [index, item] of items.entries()) {
      const entry = entries[index] ?? item.entry;
      if (inserted[index] !== true) {
        answers.push(await answerAgain(tx, item));
        continue;
      }
      answers.push(() => item.done(entry.message.id));
      tellQueued(made, entry);
      if (isLeased(entry)) {
        fresh.push(entry);
        continue;
      }
      if (delivers() && engine.direct === true && entry.message.wait === null) {
        answers.push(() => recent.keep(entry));
      }
      due.push(dueMessage({ message: entry.message }, entry.message.due_at ?? lease.now));
    }
    return fresh;
  }

  /** What is answered for a message whose key, or id, was there already. */
  async function answerAgain(tx: Queryable, { entry, done, failed }: Insert): Promise<() => void> {
    const key = entry.message.idempotency_key;
    try {
      const id = sameContent(entry, key === null ? undefined : await findByKey(tx, key));
      return () => done(id);
    } catch (error) {
      return () => failed(error);
    }
  }

  function tellQueued({ events, lease }: Progress, { message, addresses }: Entry): void {
    if (!teller.listens) return;
    const nextAttemptAt = message.send_at ?? lease.now;
    events.push(eventOf(message, { type: "queued", at: lease.now, recipients: addresses, nextAttemptAt }));
  }
}
