/** The SQL of accounts, one function for each statement. */
import type { Selectable } from "kysely";
import type { Queryable, Schema } from "../db/index.ts";

export type UserRow = Selectable<Schema["users"]>;

/** Inserts a claim; false when somebody has the username. */
export async function insertUser(db: Queryable, user: UserRow): Promise<boolean> {
  const result = await db
    .insertInto("users")
    .values(user)
    .onConflict((conflict) => conflict.column("username_key").doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function findById(db: Queryable, id: string): Promise<UserRow | undefined> {
  return db.selectFrom("users").selectAll().where("id", "=", id).executeTakeFirst();
}

export async function findByUsername(db: Queryable, usernameKey: string): Promise<UserRow | undefined> {
  return db.selectFrom("users").selectAll().where("username_key", "=", usernameKey).executeTakeFirst();
}

export async function findActiveByEmail(db: Queryable, emailKey: string): Promise<UserRow | undefined> {
  return db
    .selectFrom("users")
    .selectAll()
    .where("email_key", "=", emailKey)
    .where("activated_at", "is not", null)
    .executeTakeFirst();
}

/** The claims on an address that wait for activation, newest first. */
export async function listClaims(db: Queryable, emailKey: string, limit: number): Promise<UserRow[]> {
  return db
    .selectFrom("users")
    .selectAll()
    .where("email_key", "=", emailKey)
    .where("activated_at", "is", null)
    .orderBy("created_at", "desc")
    .orderBy("id")
    .limit(limit)
    .execute();
}

export async function activateUser(db: Queryable, id: string, now: number): Promise<void> {
  await db
    .updateTable("users")
    .set({ activated_at: now })
    .where("id", "=", id)
    .where("activated_at", "is", null)
    .execute();
}

/** Ends the claims on a username or an address that were never activated in all their time. */
export async function deleteStaleClaims(
  db: Queryable,
  on: { username_key: string; email_key: string },
  createdBefore: number,
): Promise<void> {
  await db
    .deleteFrom("users")
    .where((or) => or.or([or("username_key", "=", on.username_key), or("email_key", "=", on.email_key)]))
    .where("activated_at", "is", null)
    .where("created_at", "<", createdBefore)
    .execute();
}

export async function countMailsSince(db: Queryable, emailKey: string, since: number): Promise<number> {
  const row = await db
    .selectFrom("account_mails")
    .select((select) => select.fn.countAll<number | string | bigint>().as("count"))
    .where("email_key", "=", emailKey)
    .where("requested_at", ">", since)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

export async function insertMail(db: Queryable, emailKey: string, now: number): Promise<void> {
  await db.insertInto("account_mails").values({ email_key: emailKey, requested_at: now }).execute();
}

export async function deleteMailsBefore(db: Queryable, emailKey: string, before: number): Promise<void> {
  await db.deleteFrom("account_mails").where("email_key", "=", emailKey).where("requested_at", "<=", before).execute();
}

export async function insertSession(db: Queryable, session: Selectable<Schema["sessions"]>): Promise<void> {
  await db.insertInto("sessions").values(session).execute();
}

export async function findSessionUser(db: Queryable, idHash: string, now: number): Promise<UserRow | undefined> {
  return db
    .selectFrom("sessions")
    .innerJoin("users", "users.id", "sessions.user_id")
    .selectAll("users")
    .where("sessions.id_hash", "=", idHash)
    .where("sessions.expires_at", ">", now)
    .where("users.activated_at", "is not", null)
    .executeTakeFirst();
}

export async function deleteSession(db: Queryable, idHash: string): Promise<void> {
  await db.deleteFrom("sessions").where("id_hash", "=", idHash).execute();
}

export async function deleteExpiredSessions(db: Queryable, userId: string, now: number): Promise<void> {
  await db.deleteFrom("sessions").where("user_id", "=", userId).where("expires_at", "<=", now).execute();
}
