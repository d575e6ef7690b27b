/** The webhooks' SQL, one function for each statement; the index outbox_webhook_calls_due (endpoint, due_at) serves what looks for work. */
import type { Selectable } from "kysely";
import type { Database, Queryable, Schema } from "../../../db/index.ts";
import { findMark, setMark } from "../../store/marks.ts";

export type CallRow = Selectable<Schema["outbox_webhook_calls"]>;

/** SQLite takes 32,766 parameters in a statement; a row has nine. */
const ROWS_AT_ONCE = 500;

export async function insertCalls(db: Queryable, rows: readonly CallRow[]): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    await db
      .insertInto("outbox_webhook_calls")
      .values(rows.slice(at, at + ROWS_AT_ONCE))
      .execute();
  }
}

/** What a worker takes, and until when it is its own. */
export interface CallLease {
  endpoint: string;
  owner: string;
  now: number;
  until: number;
  limit: number;
}

/**
 * Takes calls that are due, the oldest first.
 *
 * Guarantee: one statement reads and writes, so two workers never get the same call.
 */
export async function claimCalls({ kysely, dialect }: Database, lease: CallLease): Promise<CallRow[]> {
  const rows = await kysely
    .updateTable("outbox_webhook_calls")
    .set({ lease_owner: lease.owner, due_at: lease.until })
    .where("id", "in", (inner) => {
      const due = inner
        .selectFrom("outbox_webhook_calls")
        .select("id")
        .where("endpoint", "=", lease.endpoint)
        .where("due_at", "<=", lease.now)
        .orderBy("due_at")
        .limit(lease.limit);
      return dialect === "postgres" ? due.forUpdate().skipLocked() : due;
    })
    .returningAll()
    .execute();
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Writes down what came of a call, if it is still its owner's. */
export async function settleCall(
  db: Queryable,
  call: { id: string; owner: string },
  outcome: Pick<CallRow, "attempts" | "due_at" | "finished_at" | "detail">,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("outbox_webhook_calls")
    .set({ ...outcome, lease_owner: null })
    .where("id", "=", call.id)
    .where("lease_owner", "=", call.owner)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** When the next call of an endpoint is due; undefined when none waits. */
export async function nextDueAt(db: Queryable, endpoint: string): Promise<number | undefined> {
  const row = await db
    .selectFrom("outbox_webhook_calls")
    .select((select) => select.fn.min<number | null>("due_at").as("at"))
    .where("endpoint", "=", endpoint)
    .where("due_at", "is not", null)
    .executeTakeFirst();
  return row?.at ?? undefined;
}

/** The endpoints that have calls waiting, found by one step of the index for each. */
export async function endpointsWaiting(db: Queryable): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const row = await db
      .selectFrom("outbox_webhook_calls")
      .select("endpoint")
      .where("due_at", "is not", null)
      .where("endpoint", ">", names.at(-1) ?? "")
      .orderBy("endpoint")
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return names;
    names.push(row.endpoint);
  }
}

/** Gives up the calls of an endpoint that were due before `before`. */
export async function giveUpCalls(
  db: Queryable,
  { endpoint, before, now, detail }: { endpoint: string; before: number; now: number; detail: string },
): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable("outbox_webhook_calls")
    .set({ due_at: null, lease_owner: null, finished_at: now, detail })
    .where("endpoint", "=", endpoint)
    .where("due_at", "<", before)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** How many calls of an endpoint wait; counted up to `most`. */
export async function countWaiting(db: Queryable, endpoint: string, most: number): Promise<number> {
  const { count } = await db
    .selectFrom((inner) =>
      inner
        .selectFrom("outbox_webhook_calls")
        .select("due_at")
        .where("endpoint", "=", endpoint)
        .where("due_at", "is not", null)
        .limit(most)
        .as("waiting"),
    )
    .select((select) => select.fn.countAll<number | string>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The URL under which an endpoint said that it is gone (410); undefined where it did not. */
export async function goneUrl(db: Queryable, endpoint: string): Promise<string | undefined> {
  return findMark(db, goneMark(endpoint));
}

export async function markGone(db: Queryable, endpoint: string, url: string): Promise<void> {
  await setMark(db, goneMark(endpoint), url);
}

const goneMark = (endpoint: string): string => `webhook-gone:${endpoint}`;
