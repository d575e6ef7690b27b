/** The SQL of the limits, one function for each statement; all of it by primary key or by `outbox_due`. */
import type { Selectable } from "kysely";
import type { Queryable, Schema } from "../../db/index.ts";
import type { WindowUse } from "./window.ts";

export type PauseRow = Selectable<Schema["outbox_pauses"]>;

/** Which window: of a scope, and what it counts. */
export interface WindowName {
  /** The scope's key, with `recipients:` before it where those are counted. */
  key: string;
  seconds: number;
}

/** Windows by their names. */
export type Windows = Map<string, WindowName & { use: WindowUse }>;

export function nameOf({ key, seconds }: WindowName): string {
  return `${seconds} ${key}`;
}

/** Rows of one statement: below what any database takes as parameters. */
const BATCH = 500;

/** The windows as they were last written, without a lock. */
export async function readWindows(db: Queryable, keys: readonly string[]): Promise<Windows> {
  const wanted = [...new Set(keys)];
  const found: Windows = new Map();
  for (let start = 0; start < wanted.length; start += BATCH) {
    const rows = await db
      .selectFrom("outbox_limit_windows")
      .select(["key", "seconds", "started_at", "parts"])
      .where("key", "in", wanted.slice(start, start + BATCH))
      .execute();
    for (const [name, window] of windowsOfRows(rows)) found.set(name, window);
  }
  return found;
}

/**
 * Locks windows until the end of the transaction, and reads them.
 *
 * Guarantee: every transaction locks in the order of the names, in one statement, whether a row is there already or not;
 * so two of them wait for each other, and never in a ring.
 */
export async function lockWindows(tx: Queryable, names: readonly WindowName[]): Promise<Windows> {
  const sorted = [...new Map(names.map((name) => [nameOf(name), name])).values()].toSorted(byName);
  const found: Windows = new Map();
  for (let start = 0; start < sorted.length; start += BATCH) {
    const rows = await tx
      .insertInto("outbox_limit_windows")
      .values(
        sorted
          .slice(start, start + BATCH)
          .map(({ key, seconds }) => ({ key, seconds, started_at: 0, used: 0, parts: "[]" })),
      )
      .onConflict((conflict) =>
        conflict.columns(["key", "seconds"]).doUpdateSet({ used: (set) => set.ref("outbox_limit_windows.used") }),
      )
      .returning(["key", "seconds", "started_at", "parts"])
      .execute();
    for (const [name, window] of windowsOfRows(rows)) found.set(name, window);
  }
  return found;
}

export async function writeWindows(tx: Queryable, windows: Windows): Promise<void> {
  const rows = [...windows.values()].toSorted(byName).map(({ key, seconds, use }) => ({
    key,
    seconds,
    started_at: use.startedAt,
    used: use.parts.reduce((sum, part) => sum + part, 0),
    parts: JSON.stringify(use.parts),
  }));
  for (let start = 0; start < rows.length; start += BATCH) {
    await tx
      .insertInto("outbox_limit_windows")
      .values(rows.slice(start, start + BATCH))
      .onConflict((conflict) =>
        conflict.columns(["key", "seconds"]).doUpdateSet({
          started_at: (set) => set.ref("excluded.started_at"),
          used: (set) => set.ref("excluded.used"),
          parts: (set) => set.ref("excluded.parts"),
        }),
      )
      .execute();
  }
}

/** The windows of limits, in the order of their keys. */
export async function listWindows(db: Queryable, limit: number): Promise<Windows> {
  const rows = await db
    .selectFrom("outbox_limit_windows")
    .select(["key", "seconds", "started_at", "parts"])
    .where("parts", "is not", null)
    .orderBy("key")
    .limit(limit)
    .execute();
  return windowsOfRows(rows);
}

/** Forgets windows in which nothing counts any more; reads the whole table, which is as small as the scopes are few. */
export async function deleteOldWindows(db: Queryable, now: number): Promise<void> {
  await db
    .deleteFrom("outbox_limit_windows")
    .where("parts", "is not", null)
    .where((row) => {
      const lengths = row("seconds", "*", row.cast<number>(row.val(3_000), "bigint"));
      return row(row("started_at", "+", lengths), "<", now);
    })
    .execute();
}

function windowsOfRows(
  rows: readonly { key: string; seconds: number; started_at: number; parts: string | null }[],
): Windows {
  return new Map(
    rows.map(({ key, seconds, started_at, parts }) => {
      const use = { startedAt: started_at, parts: JSON.parse(parts ?? "[]") as number[] };
      return [nameOf({ key, seconds }), { key, seconds, use }];
    }),
  );
}

function byName(one: WindowName, other: WindowName): number {
  const [a, b] = [nameOf(one), nameOf(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Every pause; there are few, at most one for each domain that throttles. */
export async function listPauses(db: Queryable): Promise<PauseRow[]> {
  return db.selectFrom("outbox_pauses").selectAll().where("key", "!=", LOCK_KEY).orderBy("key").execute();
}

/** The key of the row that nobody reads, whose lock is that of all pauses. */
const LOCK_KEY = "";

/**
 * Reads pauses for a change, with every other change of one waiting for the end of the transaction.
 *
 * Guarantee: it is one lock for all pauses, taken before any of their rows, so no two transactions wait for each other's.
 */
export async function lockPauses(tx: Queryable, keys: readonly string[]): Promise<Map<string, PauseRow>> {
  await tx
    .insertInto("outbox_pauses")
    .values({ key: LOCK_KEY, until: 0, reason: "", detail: "", failures: 0, probe: null, updated_at: 0 })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ updated_at: 0 }))
    .execute();
  const rows = await tx
    .selectFrom("outbox_pauses")
    .selectAll()
    .where("key", "in", [...keys])
    .execute();
  return new Map(rows.map((row) => [row.key, row]));
}

export async function writePause(tx: Queryable, row: PauseRow): Promise<void> {
  const { key: _key, ...columns } = row;
  await tx
    .insertInto("outbox_pauses")
    .values(row)
    .onConflict((conflict) => conflict.column("key").doUpdateSet(columns))
    .execute();
}

export async function deletePause(tx: Queryable, key: string): Promise<void> {
  await tx.deleteFrom("outbox_pauses").where("key", "=", key).execute();
}

/** Forgets pauses that were over before `time`. */
export async function deleteOldPauses(db: Queryable, time: number): Promise<void> {
  await db.deleteFrom("outbox_pauses").where("until", "<", time).where("updated_at", "<", time).execute();
}

/** Whether somebody delivers this message now. */
export async function isLeased(db: Queryable, id: string, now: number): Promise<boolean> {
  const row = await db
    .selectFrom("outbox_messages")
    .select("id")
    .where("id", "=", id)
    .where("lease_owner", "is not", null)
    .where("due_at", ">", now)
    .executeTakeFirst();
  return row !== undefined;
}

/** A message that is delivered now. */
export interface Leased {
  id: string;
  mailer: string;
  tenant: string | null;
}

/** What is delivered now; index: `outbox_leases`, of which it reads what ends within one lease. */
export async function listLeased(
  db: Queryable,
  mailers: readonly string[],
  { now, leaseMs }: { now: number; leaseMs: number },
): Promise<Leased[]> {
  if (mailers.length === 0) return [];
  return db
    .selectFrom("outbox_messages")
    .select(["id", "mailer", "tenant"])
    .where("lease_owner", "is not", null)
    .where("due_at", ">", now)
    .where("due_at", "<=", now + leaseMs)
    .where("mailer", "in", mailers)
    .execute();
}

/** The recipients of some messages, by message. */
export async function addressesOf(db: Queryable, ids: readonly string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return found;
  const rows = await db
    .selectFrom("outbox_recipients")
    .select(["message_id", "address"])
    .where("message_id", "in", [...ids])
    .execute();
  for (const { message_id, address } of rows) found.get(message_id)?.push(address);
  return found;
}

/** Messages of one mailer and priority. */
export interface Lane {
  mailer: string;
  priority: number;
}

/** When the messages of a lane are due, the first `max` of them in order. Index: `outbox_due`, and nothing else is read. */
export async function listDueTimes(db: Queryable, { mailer, priority }: Lane, max: number): Promise<number[]> {
  const rows = await db
    .selectFrom("outbox_messages")
    .select("due_at")
    .where("mailer", "=", mailer)
    .where("priority", "=", priority)
    .where("due_at", "is not", null)
    .where("lease_owner", "is", null)
    .orderBy("due_at")
    .limit(max)
    .execute();
  return rows.map(({ due_at }) => due_at ?? 0);
}

/** A message's place among those that wait. */
export interface Place {
  mailer: string;
  priority: number;
  dueAt: number;
  now: number;
}

/**
 * How many go before it, counted to `max` at the most: those of its own priority that are due before, and all more urgent
 * ones that are due by then. Index: `outbox_due`, and nothing else is read.
 */
export async function countAhead(db: Queryable, { mailer, priority, dueAt, now }: Place, max: number): Promise<number> {
  const lane = (rank: number, before: number) =>
    db
      .selectFrom("outbox_messages")
      .select("due_at")
      .where("mailer", "=", mailer)
      .where("priority", "=", rank)
      .where("due_at", "<", before)
      .where("lease_owner", "is", null);
  let count = 0;
  for (let rank = 0; rank <= priority && count < max; rank++) {
    const waiting = lane(rank, rank === priority ? dueAt : Math.max(now, dueAt) + 1).limit(max - count);
    const row = await db
      .selectFrom(waiting.as("waiting"))
      .select((select) => select.fn.countAll<number | string>().as("count"))
      .executeTakeFirstOrThrow();
    count += Number(row.count);
  }
  return count;
}
