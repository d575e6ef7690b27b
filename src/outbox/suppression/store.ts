/** The suppression list's SQL, one function for each statement. */
import { type Expression, type ExpressionBuilder, sql, type SqlBool } from "kysely";
import type { Queryable, Schema } from "../../db/index.ts";
import type { SuppressionChoice } from "./types.ts";

export type SuppressionRow = Schema["outbox_suppressions"];

/** The columns that tell one entry from another. */
export type SuppressionKey = Pick<SuppressionRow, "address_key" | "stream" | "reason">;

type Where = ExpressionBuilder<Schema, "outbox_suppressions">;

/** Whether the list has any entry at all. */
export async function hasEntries(db: Queryable): Promise<boolean> {
  const row = await db.selectFrom("outbox_suppressions").select("address_key").limit(1).executeTakeFirst();
  return row !== undefined;
}

/** What holds of these addresses now. Index: the primary key. */
export function selectLive(db: Queryable, keys: readonly string[], now: number): Promise<SuppressionRow[]> {
  return db
    .selectFrom("outbox_suppressions")
    .selectAll()
    .where("address_key", "in", keys)
    .where((eb) => isLive(eb, now))
    .execute();
}

/** All entries of an address, those that have ended too. Index: the primary key. */
export function selectOf(db: Queryable, key: string, choice: SuppressionChoice = {}): Promise<SuppressionRow[]> {
  return db
    .selectFrom("outbox_suppressions")
    .selectAll()
    .where("address_key", "=", key)
    .$if(choice.stream !== undefined, (query) => query.where("stream", "=", choice.stream ?? ""))
    .$if(choice.reason !== undefined, (query) => query.where("reason", "=", choice.reason ?? ""))
    .orderBy("stream")
    .orderBy("reason")
    .execute();
}

/** Removes entries of an address, and gives back what they were. Index: the primary key. */
export function deleteOf(db: Queryable, key: string, choice: SuppressionChoice): Promise<SuppressionRow[]> {
  return db
    .deleteFrom("outbox_suppressions")
    .where("address_key", "=", key)
    .$if(choice.stream !== undefined, (query) => query.where("stream", "=", choice.stream ?? ""))
    .$if(choice.reason !== undefined, (query) => query.where("reason", "=", choice.reason ?? ""))
    .returningAll()
    .execute();
}

/**
 * Adds entries, each key once; one that is there already is replaced.
 *
 * @param end Of an entry that is there already: `new` as the new one says, `later` the later of both.
 */
export async function upsert(db: Queryable, rows: readonly SuppressionRow[], end: "new" | "later"): Promise<void> {
  await db
    .insertInto("outbox_suppressions")
    .values([...rows])
    .onConflict((conflict) =>
      conflict.columns(["address_key", "stream", "reason"]).doUpdateSet((eb) => ({
        address: eb.ref("excluded.address"),
        detail: eb.ref("excluded.detail"),
        message_id: eb.ref("excluded.message_id"),
        created_at: eb.ref("excluded.created_at"),
        expires_at: end === "new" ? newEnd : laterEnd,
      })),
    )
    .execute();
}

/**
 * Adds an entry unless it is there and holds.
 *
 * Guarantee: of several at the same time one gets true.
 */
export async function insertUnlessLive(db: Queryable, row: SuppressionRow, now: number): Promise<boolean> {
  const written = await db
    .insertInto("outbox_suppressions")
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(["address_key", "stream", "reason"])
        .doUpdateSet(row)
        .where("outbox_suppressions.expires_at", "<=", now),
    )
    .returning("address_key")
    .executeTakeFirst();
  return written !== undefined;
}

const newEnd = sql<number | null>`excluded.expires_at`;
const laterEnd = sql<number | null>`case
  when outbox_suppressions.expires_at is null or excluded.expires_at is null then null
  when outbox_suppressions.expires_at > excluded.expires_at then outbox_suppressions.expires_at
  else excluded.expires_at end`;

/** Which page of the list. */
export interface PageWanted extends SuppressionChoice {
  /** What the keys begin with. */
  prefix: string;
  after: SuppressionKey | undefined;
  limit: number;
}

/** A page in the order of the keys. Indexes: the primary key, `outbox_suppressions_by_reason`, `..._by_stream`. */
export function selectPage(
  db: Queryable,
  { prefix, stream, reason, after, limit }: PageWanted,
): Promise<SuppressionRow[]> {
  return db
    .selectFrom("outbox_suppressions")
    .selectAll()
    .where("address_key", ">=", after === undefined || after.address_key < prefix ? prefix : after.address_key)
    .where("address_key", "<", `${prefix}${LAST_CHARACTER}`)
    .$if(stream !== undefined, (query) => query.where("stream", "=", stream ?? ""))
    .$if(reason !== undefined, (query) => query.where("reason", "=", reason ?? ""))
    .$if(after !== undefined, (query) => query.where((eb) => isBehind(eb, after as SuppressionKey)))
    .orderBy("address_key")
    .orderBy("stream")
    .orderBy("reason")
    .limit(limit)
    .execute();
}

/** No address has it, and every text that begins with a prefix sorts before the prefix with it behind. */
const LAST_CHARACTER = "\u{10ffff}";

function isBehind(eb: Where, { address_key, stream, reason }: SuppressionKey): Expression<SqlBool> {
  return eb(eb.refTuple("address_key", "stream", "reason"), ">", eb.tuple(address_key, stream, reason));
}

function isLive(eb: Where, now: number): Expression<SqlBool> {
  return eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]);
}

/** What the events of a message tell of it. */
export type ToldMessage = Pick<
  Schema["outbox_messages"],
  | "id"
  | "mailer"
  | "priority"
  | "group_name"
  | "tenant"
  | "stream"
  | "trace"
  | "created_at"
  | "attempts"
  | "envelope_extras"
>;

/** The message with this Message-ID. Index: `outbox_by_message_id`. */
export function selectMessage(db: Queryable, messageId: string): Promise<ToldMessage | undefined> {
  return db
    .selectFrom("outbox_messages")
    .select(["id", "mailer", "priority", "group_name", "tenant", "stream", "trace"])
    .select(["created_at", "attempts", "envelope_extras"])
    .where("message_id", "=", messageId)
    .orderBy("id")
    .limit(1)
    .executeTakeFirst();
}
