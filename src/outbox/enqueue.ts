/** Inserts messages within a transaction, and finds those that were enqueued before with the same idempotency key. */
import type { Queryable } from "../db/index.ts";
import type { Entry } from "./entry.ts";
import { OutboxError } from "./errors.ts";
import { findByKey, insertEntry } from "./store.ts";

/**
 * Inserts one message.
 *
 * @returns Its id, or that of the message that was enqueued before with the same key; `inserted` tells which.
 * @throws OutboxError `WX_OUTBOX_IDEMPOTENCY` where that one has another content
 */
export async function insertOnce(db: Queryable, entry: Entry): Promise<{ id: string; inserted: boolean }> {
  const { id, idempotency_key: key } = entry.message;
  if (await insertEntry(db, entry)) return { id, inserted: true };
  const before = key === null ? undefined : await findByKey(db, key);
  return { id: sameContent(entry, before), inserted: false };
}

/**
 * The id of the message with the same key.
 *
 * @throws OutboxError `WX_OUTBOX_IDEMPOTENCY`
 */
export function sameContent(
  { message }: Entry,
  before: { id: string; content_hash: string | null } | undefined,
): string {
  const { id, idempotency_key: key } = message;
  if (key === null) return id; // its own row: written by a commit whose answer was lost
  if (before !== undefined && before.content_hash === message.content_hash) return before.id;
  const shown = JSON.stringify(key.slice(0, 48));
  throw new OutboxError(
    "WX_OUTBOX_IDEMPOTENCY",
    before === undefined
      ? `The idempotency key ${shown} is being used by another transaction. Try again.`
      : `The idempotency key ${shown} belongs to the message ${before.id}, which has another content. Give each message a key of its own.`,
  );
}
