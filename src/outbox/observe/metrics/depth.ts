/** How full the outbox is, by its partial indexes alone and never counted further than a bound, so that a look costs as much at a million messages as at a hundred thousand. */
import { sql } from "kysely";
import type { Queryable } from "../../../db/index.ts";
import { priorities, type Priority } from "../../priority.ts";
import { countWaiting, endpointsWaiting } from "../webhooks/store.ts";

/** Counts end here: beyond it, what matters is that there are many. */
const MOST_COUNTED = 100_000;
/** More are not told apart. */
const MOST_MAILERS = 100;
const MOST_PAUSES = 1_000;

/** Messages of one mailer and priority that will be tried. */
export interface Waiting {
  mailer: string;
  priority: Priority;
  /** Could go now. */
  due: number;
  /** Go later, or are being sent. */
  later: number;
  /** When the first of them was due, in milliseconds since 1970; undefined where none waits. */
  oldestDueAt: number | undefined;
}

/** What can be counted by its state. */
export const countedStates = ["queued", "deferred", "failed", "unknown", "held", "suppressed", "cancelled"] as const;

export interface Depth {
  waiting: readonly Waiting[];
  byState: ReadonlyMap<(typeof countedStates)[number], number>;
  /** By kind of scope, such as "mailer" or "domain". */
  paused: ReadonlyMap<string, number>;
  /** Webhook calls that wait, by endpoint. */
  calls: ReadonlyMap<string, number>;
}

export async function measureDepth(db: Queryable, now: number): Promise<Depth> {
  const waiting: Waiting[] = [];
  const held = await listHeld(db);
  for (const mailer of new Set([...(await mailersWaiting(db)), ...held.map((one) => one.mailer)])) {
    for (const [rank, priority] of priorities.entries()) {
      const own = held.filter((one) => one.mailer === mailer && one.priority === rank);
      waiting.push({ mailer, priority, ...withHeld(await countDue(db, mailer, rank, now), own, now) });
    }
  }
  const byState = new Map<(typeof countedStates)[number], number>();
  for (const state of countedStates) byState.set(state, await countState(db, state));
  const calls = new Map<string, number>();
  for (const endpoint of await endpointsWaiting(db)) {
    calls.set(endpoint, await countWaiting(db, endpoint, MOST_COUNTED));
  }
  return { waiting, byState, paused: await countPauses(db, now), calls };
}

/** One step of the index outbox_due (mailer, priority, due_at) for each mailer. */
async function mailersWaiting(db: Queryable): Promise<string[]> {
  const mailers: string[] = [];
  while (mailers.length < MOST_MAILERS) {
    const row = await db
      .selectFrom("outbox_messages")
      .select("mailer")
      .where("due_at", "is not", null)
      .where("lease_owner", "is", null)
      .where("mailer", ">", mailers.at(-1) ?? "")
      .orderBy("mailer")
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) break;
    mailers.push(row.mailer);
  }
  return mailers;
}

async function countDue(
  db: Queryable,
  mailer: string,
  priority: number,
  now: number,
): Promise<Omit<Waiting, "mailer" | "priority">> {
  const of = sql`from outbox_messages where mailer = ${mailer} and priority = ${priority} and lease_owner is null`;
  const { rows } = await sql<{ due: number; later: number; oldest: number | null }>`select
    (select count(*) from (select 1 ${of} and due_at <= ${now} limit ${MOST_COUNTED}) as due) as due,
    (select count(*) from (select 1 ${of} and due_at > ${now} limit ${MOST_COUNTED}) as later) as later,
    (select min(due_at) ${of} and due_at is not null) as oldest`.execute(db);
  const [row] = rows;
  return { due: Number(row?.due), later: Number(row?.later), oldestDueAt: row?.oldest ?? undefined };
}

/** A message that a worker holds, until `due_at`. */
interface Held {
  mailer: string;
  priority: number;
  due_at: number;
}

/** The index outbox_leases holds them; there are as many as workers have places. */
async function listHeld(db: Queryable): Promise<Held[]> {
  return db
    .selectFrom("outbox_messages")
    .select((row) => ["mailer", "priority", row.ref("due_at").$notNull().as("due_at")])
    .where("lease_owner", "is not", null)
    .where("due_at", "is not", null)
    .limit(MOST_COUNTED)
    .execute();
}

/** A lease that has run out is due: nobody delivers that message. */
function withHeld(
  lane: Omit<Waiting, "mailer" | "priority">,
  held: readonly Held[],
  now: number,
): Omit<Waiting, "mailer" | "priority"> {
  const times = held.map((one) => one.due_at);
  const due = times.filter((at) => at <= now).length;
  const oldest = Math.min(lane.oldestDueAt ?? Infinity, ...times);
  return {
    due: lane.due + due,
    later: lane.later + times.length - due,
    oldestDueAt: oldest === Infinity ? undefined : oldest,
  };
}

/** The index outbox_attention holds the states; its condition must stand in the statement word for word. */
async function countState(db: Queryable, state: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (select 1 from outbox_messages where state = ${state} and state <> 'sent'
    limit ${MOST_COUNTED}) as found`.execute(db);
  return Number(rows[0]?.count);
}

/** A small table: one row for each scope that ever had to rest. */
async function countPauses(db: Queryable, now: number): Promise<Map<string, number>> {
  const rows = await db.selectFrom("outbox_pauses").select("key").where("until", ">", now).limit(MOST_PAUSES).execute();
  const counts = new Map<string, number>();
  for (const { key } of rows) {
    const kind = key.split(":")[0] ?? "";
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}
