import { sql } from "kysely";
import { expect, onTestFinished, test, vi } from "vitest";
import { migratedPostgres, postgresMissing } from "../../../test/support/postgres.ts";
import { openDatabase } from "../database.ts";
import { PlanAge } from "./plan-age.ts";

test("a busy connection makes its plans anew twice a second, and every 16 transactions at the most", () => {
  let now = 0;
  const age = new PlanAge(() => now);
  const begin = (times: number): boolean[] => Array.from({ length: times }, () => age.isOver());
  expect(begin(100)).not.toContain(true); // all within a moment
  now = 500;
  expect(begin(16)).toEqual([true, ...Array.from({ length: 15 }, () => false)]);
  now = 3000;
  expect(begin(2)).toEqual([true, false]);
});

test("a connection that does little keeps its plans", () => {
  let now = 0;
  const age = new PlanAge(() => now);
  for (let times = 0; times < 100; times++) {
    now += 1000;
    expect(age.isOver()).toBe(false);
  }
});

test.skipIf(postgresMissing)(
  "a statement that was prepared on a small table goes by its index once there are rows",
  async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    await using database = await openDatabase(await migratedPostgres(), { poolSize: 1 });
    const { kysely } = database;
    await sql`create table growing (id int primary key) with (autovacuum_enabled = off)`.execute(kysely);
    await sql`insert into growing values (1)`.execute(kysely);
    await sql`vacuum growing`.execute(kysely); // from here on Postgres believes in one row
    await sql`set plan_cache_mode = force_generic_plan`.execute(kysely); // as it decides by itself for longer statements
    const look = (): Promise<unknown> =>
      kysely.transaction().execute((tx) => sql`select id from growing where id = any(${[1]}::int[])`.execute(tx));
    const plan = async (): Promise<string> => {
      const { rows } = await sql<{ name: string }>`
      select name from pg_prepared_statements where statement like 'select id from growing%'`.execute(kysely);
      return JSON.stringify((await sql.raw(`explain execute ${rows[0]?.name}('{1}')`).execute(kysely)).rows);
    };
    for (let times = 0; times < 20; times++) await look();
    expect(await plan()).not.toContain("Index");
    await sql`insert into growing select generate_series(2, 50000)`.execute(kysely);
    expect(await plan()).not.toContain("Index");
    vi.advanceTimersByTime(500);
    await look();
    expect(await plan()).toContain("Index");
  },
);
