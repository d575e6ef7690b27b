/** The SQL of the API keys, one function for each statement. */
import type { Selectable } from "kysely";
import type { Queryable, Schema } from "../../db/index.ts";

export type ApiKeyRow = Selectable<Schema["api_keys"]>;

export async function insertKey(db: Queryable, row: ApiKeyRow): Promise<boolean> {
  const result = await db
    .insertInto("api_keys")
    .values(row)
    .onConflict((conflict) => conflict.column("name").doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Makes room for a new key of the same name. */
export async function deleteRevoked(db: Queryable, name: string): Promise<void> {
  await db.deleteFrom("api_keys").where("name", "=", name).where("revoked_at", "is not", null).execute();
}

export async function listKeys(db: Queryable): Promise<ApiKeyRow[]> {
  return db.selectFrom("api_keys").selectAll().orderBy("name").execute();
}

/** By the unique index of `key_hash`. */
export async function findActive(db: Queryable, hash: string): Promise<ApiKeyRow | undefined> {
  return db
    .selectFrom("api_keys")
    .selectAll()
    .where("key_hash", "=", hash)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
}

/** The key as it is now revoked; undefined where no such key was active. */
export async function revokeKey(db: Queryable, name: string, now: number): Promise<ApiKeyRow | undefined> {
  return db
    .updateTable("api_keys")
    .set({ revoked_at: now })
    .where("name", "=", name)
    .where("revoked_at", "is", null)
    .returningAll()
    .executeTakeFirst();
}

export async function markUsed(db: Queryable, id: string, now: number): Promise<void> {
  await db
    .updateTable("api_keys")
    .set({ last_used_at: now })
    .where("id", "=", id)
    .where((or) => or.or([or("last_used_at", "is", null), or("last_used_at", "<", now)]))
    .execute();
}
