/** The SQL of small facts that outlive processes, each by its name: the primary key serves all of it. */
import type { Queryable } from "../../db/index.ts";

export async function findMark(db: Queryable, name: string): Promise<string | undefined> {
  const row = await db.selectFrom("outbox_marks").select("value").where("name", "=", name).executeTakeFirst();
  return row?.value;
}

export async function setMark(db: Queryable, name: string, value: string): Promise<void> {
  await db
    .insertInto("outbox_marks")
    .values({ name, value })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
    .execute();
}
