import { rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { canMountDisk, smallDisk } from "../../test/support/small-disk.ts";
import { tempFolder } from "../../test/support/temp-folder.ts";
import { testDatabase } from "../../test/support/test-database.ts";
import { type Database, openDatabase, type SqliteAccess } from "./database.ts";
import type { Unit as SqliteUnit } from "./drivers/sqlite-steps.ts";
import { migrate } from "./migrate.ts";

const sqliteOf = (database: Database): SqliteAccess => {
  if (database.sqlite === undefined) throw new Error("not on SQLite");
  return database.sqlite;
};
const mark = (database: Database, name: string): Promise<unknown> =>
  database.kysely.insertInto("outbox_marks").values({ name, value: "" }).execute();
const names = async (database: Database): Promise<string[]> =>
  (await database.kysely.selectFrom("outbox_marks").select("name").orderBy("name").execute()).map((row) => row.name);
const INSERT = "insert into outbox_marks (name, value) values (?, '')";
/** So that pages run out quickly; in bytes. */
const BIG = 300_000;
const bigMark = (database: Database, name: string): Promise<unknown> =>
  database.kysely
    .insertInto("outbox_marks")
    .values({ name, value: "x".repeat(BIG) })
    .execute();

test("while another process holds the lock, this one goes on with other things, and writes as soon as it is free", async () => {
  const url = `sqlite:${join(tempFolder(), "mail.db")}`;
  await using holder = await openDatabase(url);
  await migrate(holder);
  await using database = await openDatabase(url);
  const waiting: Promise<unknown>[] = [];
  await holder.kysely.transaction().execute(async (tx) => {
    await tx.deleteFrom("sessions").execute();
    waiting.push(mark(database, "alone"));
    waiting.push(
      database.kysely
        .transaction()
        .execute((inner) => inner.insertInto("outbox_marks").values({ name: "in one", value: "" }).execute()),
    );
    waiting.push(sqliteOf(database).apply(database.kysely, [[[INSERT, "past Kysely"]]]));
    await sleep(20); // would not end, were the thread held up
  });
  await Promise.all(waiting);
  expect(await names(holder)).toEqual(["alone", "in one", "past Kysely"]);
});

test("two that open a new file at once both get it", async () => {
  const url = `sqlite:${join(tempFolder(), "mail.db")}`;
  const both = await Promise.all(
    [1, 2].map(async () => {
      const database = await openDatabase(url);
      await migrate(database);
      return database;
    }),
  );
  await mark(both[0] as Database, "1");
  await mark(both[1] as Database, "2");
  expect(await names(both[0] as Database)).toEqual(["1", "2"]);
  for (const database of both) await database.close();
});

test("of a unit whose first statement changes no row, the others are left out", async () => {
  const database = await testDatabase();
  const units: SqliteUnit[] = [
    [
      [INSERT, "1"],
      [INSERT, "2"],
    ],
    [
      ["delete from outbox_marks where name = ?", "none"],
      [INSERT, "3"],
    ],
    [
      ["update outbox_marks set value = ?", Buffer.from("bytes")],
      [INSERT, "4"],
    ],
  ];
  expect(await sqliteOf(database).apply(database.kysely, units)).toEqual([true, false, true]);
  expect(await names(database)).toEqual(["1", "2", "4"]);
  const [one, none, four] = await sqliteOf(database).select<{ value: unknown }>(
    database.kysely,
    "select value from outbox_marks where name = ?",
    [["1"], ["3"], ["4"]],
  );
  expect(Buffer.from(one?.[0]?.value as Uint8Array).toString()).toBe("bytes");
  expect(none).toEqual([]);
  expect(four).toEqual([{ value: "" }]);
});

test("a unit that fails leaves those before it to the transaction, which its first statement begins", async () => {
  const database = await testDatabase();
  const writing = database.kysely.transaction().execute(async (tx) => {
    const refused = [["insert into outbox_marks (name, value) values (?, null)", "0"]] as const;
    await expect(sqliteOf(database).apply(tx, [refused])).rejects.toThrow(/NOT NULL/);
    await tx.insertInto("outbox_marks").values({ name: "1", value: "" }).execute();
    await expect(sqliteOf(database).apply(tx, [[[INSERT, "2"]], [[INSERT, "1"]]])).rejects.toThrow(/UNIQUE/);
    await tx.insertInto("outbox_marks").values({ name: "3", value: "" }).execute();
  });
  await writing;
  expect(await names(database)).toEqual(["1", "2", "3"]);
  await expect(
    database.kysely.transaction().execute(async (tx) => {
      await sqliteOf(database).apply(tx, [[[INSERT, "4"]]]);
      throw new Error("changed my mind");
    }),
  ).rejects.toThrow("changed my mind");
  expect(await names(database)).toEqual(["1", "2", "3"]);
});

test("what is said to be the last of a transaction is committed with it, and nothing may follow", async () => {
  const url = `sqlite:${join(tempFolder(), "mail.db")}`;
  await using database = await openDatabase(url);
  await migrate(database);
  await using other = await openDatabase(url);
  await database.kysely.transaction().execute(async (tx) => {
    await tx.insertInto("outbox_marks").values({ name: "1", value: "" }).execute();
    expect(await sqliteOf(database).apply(tx, [[[INSERT, "2"]]], true)).toEqual([true]);
    expect(await names(other)).toEqual(["1", "2"]);
    await expect(sqliteOf(database).apply(tx, [[[INSERT, "3"]]])).rejects.toThrow(/nothing may follow/);
  });
  await database.kysely.transaction().execute((tx) => sqliteOf(database).apply(tx, [[[INSERT, "4"]]], true));
  await mark(database, "5");
  expect(await names(other)).toEqual(["1", "2", "4", "5"]);
});

test.each(["the first too", "behind another"])(
  "where the last of a transaction fails, nothing of it was done: %s",
  async (way) => {
    await using database = await testDatabase();
    await mark(database, "1");
    const failing = database.kysely.transaction().execute(async (tx) => {
      if (way === "behind another") await tx.insertInto("outbox_marks").values({ name: "0", value: "" }).execute();
      await sqliteOf(database).apply(tx, [[[INSERT, "2"]], [[INSERT, "1"]]], true);
    });
    await expect(failing).rejects.toThrow(/UNIQUE/);
    await mark(database, "3");
    expect(await names(database)).toEqual(["1", "3"]);
  },
);

test("the whole of a transaction in one step waits for another process' write, and is done once", async () => {
  const url = `sqlite:${join(tempFolder(), "mail.db")}`;
  await using holder = await openDatabase(url);
  await migrate(holder);
  await using database = await openDatabase(url);
  let writing: Promise<boolean[]> | undefined;
  await holder.kysely.transaction().execute(async (tx) => {
    await tx.deleteFrom("sessions").execute();
    writing = database.kysely.transaction().execute((own) => sqliteOf(database).apply(own, [[[INSERT, "1"]]], true));
    await sleep(50);
    expect(await tx.selectFrom("outbox_marks").select("name").execute()).toEqual([]);
  });
  expect(await writing).toEqual([true]);
  expect(await names(holder)).toEqual(["1"]);
});

test("behind the last step of a transaction the next one begins, and finds it done", async () => {
  await using database = await testDatabase();
  const { apply } = sqliteOf(database);
  const order: string[] = [];
  // Long enough for the other to begin meanwhile.
  const slow = `${INSERT.replace("values (?, '')", "")} with recursive n(i) as (select 1 union all select i + 1 from n where i < 300000)
    select ? || max(i), '' from n`;
  const first = database.kysely
    .transaction()
    .execute((tx) => apply(tx, [[[slow, "m"]]], true))
    .then(() => order.push("the first is answered"));
  const second = database.kysely.transaction().execute(async (tx) => {
    order.push("the second begins");
    expect(await tx.selectFrom("outbox_marks").select("name").execute()).toEqual([{ name: "m300000" }]);
    await apply(tx, [[[INSERT, "2"]]], true);
  });
  await Promise.all([first, second]);
  expect(order).toEqual(["the second begins", "the first is answered"]);
  expect(await names(database)).toEqual(["2", "m300000"]);
});

test("a transaction that fails at its last step takes nothing of the next one along", async () => {
  await using database = await testDatabase();
  const { apply } = sqliteOf(database);
  await mark(database, "1");
  const outcomes = await Promise.allSettled([
    database.kysely.transaction().execute(async (tx) => {
      await apply(tx, [[[INSERT, "2"]]]);
      await apply(tx, [[[INSERT, "1"]]], true);
    }),
    database.kysely.transaction().execute(async (tx) => {
      await apply(tx, [[[INSERT, "3"]]]);
      await apply(tx, [[[INSERT, "4"]]]);
    }),
    mark(database, "5"),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  expect(await names(database)).toEqual(["1", "3", "4", "5"]);
});

test("transactions that wait for another process behind each other are each done once", async () => {
  const url = `sqlite:${join(tempFolder(), "mail.db")}`;
  await using holder = await openDatabase(url);
  await migrate(holder);
  await using database = await openDatabase(url);
  const { apply } = sqliteOf(database);
  const whole = (name: string) => database.kysely.transaction().execute((tx) => apply(tx, [[[INSERT, name]]], true));
  const inSteps = (name: string) =>
    database.kysely.transaction().execute(async (tx) => {
      await apply(tx, [[[INSERT, name]]]);
      await apply(tx, [[[INSERT, `${name}, too`]]]);
    });
  let writing: Promise<unknown[]> | undefined;
  await holder.kysely.transaction().execute(async (tx) => {
    await tx.deleteFrom("sessions").execute();
    writing = Promise.all([whole("1"), inSteps("2"), whole("3"), inSteps("4")]);
    await sleep(50);
    expect(await tx.selectFrom("outbox_marks").select("name").execute()).toEqual([]);
  });
  await writing;
  expect(await names(holder)).toEqual(["1", "2", "2, too", "3", "4", "4, too"]);
});

test("what is asked beside a transaction waits for its end, past Kysely too", async () => {
  const database = await testDatabase();
  const { apply, select } = sqliteOf(database);
  const count = "select count(*) as n from outbox_marks";
  const beside: Promise<unknown>[] = [];
  await database.kysely.transaction().execute(async (tx) => {
    beside.push(select(database.kysely, count, [[]]), apply(database.kysely, [[[INSERT, "beside"]]]));
    await apply(tx, [[[INSERT, "within"]]]);
    expect(await select(tx, count, [[]])).toEqual([[{ n: 1 }]]);
  });
  expect(await Promise.all(beside)).toEqual([[[{ n: 1 }]], [true]]);
});

test("a transaction of which nothing is asked ends as it began", async () => {
  const database = await testDatabase();
  await database.kysely.transaction().execute(async () => {});
  const undone = database.kysely.transaction().execute(async () => {
    throw new Error("at once");
  });
  await expect(undone).rejects.toThrow("at once");
  await mark(database, "1");
  expect(await names(database)).toEqual(["1"]);
});

test("a transaction waits for the one under way, and the next statement for it", async () => {
  const database = await testDatabase();
  const order: string[] = [];
  const within = (name: string): Promise<void> =>
    database.kysely.transaction().execute(async (tx) => {
      await sql`select 1`.execute(tx);
      await sleep(5);
      order.push(name);
    });
  await Promise.all([within("first"), within("second"), mark(database, "1").then(() => order.push("statement"))]);
  expect(order).toEqual(["first", "second", "statement"]);
});

test("a statement that is kept prepared sees a table that has changed since", async () => {
  const database = await testDatabase();
  await mark(database, "1");
  const all = (): Promise<unknown[]> => database.kysely.selectFrom("outbox_marks").selectAll().execute();
  await all();
  await sql`alter table outbox_marks add column more text default 'more'`.execute(database.kysely);
  expect(await all()).toEqual([{ name: "1", value: "", more: "more" }]);
});

test("more different statements than are kept all work, and closing leaves nothing beside the file", async () => {
  const folder = tempFolder();
  const database = await openDatabase(`sqlite:${join(folder, "mail.db")}`);
  await migrate(database);
  for (let round = 0; round < 2; round += 1) {
    for (let number = 0; number < 250; number += 1) {
      const { rows } = await sql.raw<{ number: number }>(`select ${number} as number`).execute(database.kysely);
      expect(rows).toEqual([{ number }]);
    }
  }
  await database.close();
  const log = statSync(join(folder, "mail.db-wal"), { throwIfNoEntry: false });
  expect(log?.size ?? 0).toBe(0);
});

test("a savepoint is undone alone", async () => {
  const database = await testDatabase();
  const transaction = await database.kysely.startTransaction().execute();
  await transaction.insertInto("outbox_marks").values({ name: "1", value: "" }).execute();
  const inner = await transaction.savepoint("before two").execute();
  await inner.insertInto("outbox_marks").values({ name: "2", value: "" }).execute();
  await inner.rollbackToSavepoint("before two").execute();
  await transaction.commit().execute();
  expect(await names(database)).toEqual(["1"]);
});

test("what fails says why, past Kysely too", async () => {
  const database = await testDatabase();
  await mark(database, "1");
  await sql.raw("pragma max_page_count = 1").execute(database.kysely);
  const { apply, select } = sqliteOf(database);
  const { kysely } = database;
  const big = [["2", "x".repeat(BIG)]] as const;
  const returning = "insert into outbox_marks (name, value) values (?, ?) returning name";
  await expect(apply(kysely, [[[INSERT, "1"]]])).rejects.toSatisfy(({ errcode }) => (errcode & 0xff) === 19);
  await expect(select(kysely, returning, [["1", ""]])).rejects.toSatisfy(({ errcode }) => (errcode & 0xff) === 19);
  await expect(
    apply(kysely, [[["insert into outbox_marks (name, value) values (?, ?)", ...big[0]]]]),
  ).rejects.toMatchObject({
    code: "WX_DB_FULL",
  });
  await expect(select(kysely, returning, big)).rejects.toMatchObject({ code: "WX_DB_FULL" });
  expect(await names(database)).toEqual(["1"]);
});

test("rows can be streamed, many and large ones a few at a time, and left before the end", async () => {
  const database = await testDatabase();
  const all = Array.from({ length: 250 }, (_, index) => String(index).padStart(3, "0"));
  for (const name of all) await mark(database, name);
  await bigMark(database, "big 1");
  const rows = (): AsyncIterableIterator<{ name: string }> =>
    database.kysely.selectFrom("outbox_marks").select(["name", "value"]).orderBy("name").stream();
  const seen: string[] = [];
  for await (const { name } of rows()) seen.push(name);
  expect(seen).toEqual([...all, "big 1"]);
  for await (const { name } of rows()) {
    if (name === "101") break;
  }
  await mark(database, "after");
  expect(await names(database)).toHaveLength(252);
});

test("where there is no room left, a write says so, and what was there is whole", async () => {
  const database = await testDatabase();
  const pages = await sql<{ page_count: number }>`pragma page_count`.execute(database.kysely);
  await sql.raw(`pragma max_page_count = ${(pages.rows[0]?.page_count ?? 0) + 10}`).execute(database.kysely);
  await mark(database, "before");
  const full = { code: "WX_DB_FULL", message: expect.stringMatching(/no room left.*Nothing was written/s) };
  await expect(bigMark(database, "alone")).rejects.toMatchObject(full);
  const transaction = database.kysely.transaction().execute(async (tx) => {
    await tx.insertInto("outbox_marks").values({ name: "small", value: "" }).execute();
    await tx
      .insertInto("outbox_marks")
      .values({ name: "big", value: "x".repeat(BIG) })
      .execute();
  });
  await expect(transaction).rejects.toMatchObject(full);
  expect(await names(database)).toEqual(["before"]);
});

test.skipIf(!canMountDisk)(
  "on a full disk a write says so; once there is room, all goes on with the same file",
  async () => {
    const disk = smallDisk(4_000_000);
    const other = join(disk, "other");
    writeFileSync(other, Buffer.alloc(2_000_000));
    await using database = await openDatabase(`sqlite:${join(disk, "mail.db")}`);
    await migrate(database);
    const written: string[] = [];
    const fill = async (): Promise<void> => {
      for (let number = 0; number < 20; number += 1) {
        await bigMark(database, `big ${number}`);
        written.push(`big ${number}`);
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: "WX_DB_FULL" });
    expect(written.length).toBeGreaterThan(0);
    expect(new Set(await names(database))).toEqual(new Set(written));
    expect((await sql`pragma integrity_check`.execute(database.kysely)).rows).toEqual([{ integrity_check: "ok" }]);
    rmSync(other);
    await bigMark(database, "after");
    expect(await names(database)).toContain("after");
  },
);
