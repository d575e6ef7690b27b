/** Lets transactions that are about the same thing take turns. */
import type { Queryable } from "./schema.ts";

/**
 * Waits until no other transaction holds the lock of this name, and holds it until the end of `tx`. What was read before
 * may have changed meanwhile. On SQLite a transaction is alone from its start, and nothing is to be done.
 *
 * @param name Of what is counted or checked before it is written, such as `mails of ann@example.com`.
 * @example
 * await database.kysely.transaction().execute(async (tx) => {
 *   await lockName(tx, `mails of ${address}`);
 *   if ((await countMails(tx, address)) < 3) await insertMail(tx, address);
 * });
 */
export async function lockName(tx: Queryable, name: string): Promise<void> {
  // Loaded here, as they need all of Kysely.
  const [{ sql }, { isPostgres }] = await Promise.all([import("kysely"), import("./migrations/column-types.ts")]);
  if (!isPostgres(tx)) return;
  await sql`select pg_advisory_xact_lock(hashtextextended(${`waxseal ${name}`}, 0))`.execute(tx);
}
