import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { freshPostgres, postgresDatabase, postgresMissing } from "../../../test/support/postgres.ts";
import { tempFolder } from "../../../test/support/temp-folder.ts";
import { testDatabase } from "../../../test/support/test-database.ts";
import { type Database, openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
import { copiedTables } from "./copied-tables.ts";
import { copyDatabase } from "./copy-database.ts";
import { TableHash } from "./table-hash.ts";

const BYTES = Uint8Array.from({ length: 300 }, (_, index) => index % 256);

const emptyPostgres = async (): Promise<Database> => {
  const database = await openDatabase(await freshPostgres());
  onTestFinished(() => database.close());
  return database;
};
const message = (number: number) => ({
  id: `m${String(number).padStart(5, "0")}`,
  mailer: "default",
  envelope_from: "shop@example.com",
  envelope_extras: null,
  subject: `Ihre Bestellung ${number} \u{1f4ee}\u{1f468}\u200d\u{1f469}\u200d\u{1f467} 订单 '"\\ \u0001`,
  message_id: `<${number}@example.com>`,
  size: BYTES.length,
  state: number % 2 === 0 ? "sent" : "queued",
  priority: 2,
  on_unknown: "resend" as const,
  sensitive: 0 as const,
  attempts: 0,
  created_at: 4_102_444_800_000 + number,
  expires_at: 4_102_444_900_000,
  due_at: number % 2 === 0 ? null : 4_102_444_800_000,
});

/** Messages with all that belongs to them, and rows that are alike. */
async function fill(database: Database, messages: number): Promise<void> {
  await database.kysely.transaction().execute(async (tx) => {
    for (let from = 0; from < messages; from += 100) {
      const batch = Array.from({ length: Math.min(100, messages - from) }, (_, index) => message(from + index));
      await tx
        .insertInto("outbox_messages")
        .values(batch as never)
        .execute(); // what is left out is null
      await tx
        .insertInto("outbox_bodies")
        .values(batch.map(({ id }) => ({ message_id: id, bytes: BYTES })))
        .execute();
    }
    const twice = { email_key: "ann@example.com", requested_at: 5 };
    await tx.insertInto("account_mails").values([twice, twice]).execute();
  });
}

async function everything(database: Database): Promise<Record<string, unknown>> {
  const hashes: Record<string, string> = {};
  for (const table of copiedTables) {
    const hash = new TableHash();
    for (const row of await database.kysely.selectFrom(table).selectAll().execute()) hash.add({ ...row });
    hashes[table] = `${hash.rows} ${hash.digest()}`;
  }
  return hashes;
}

test("the tables that are copied are all there are", async () => {
  const database = await testDatabase();
  const names = (await database.kysely.introspection.getTables()).map((table) => table.name);
  expect([...copiedTables].toSorted()).toEqual(names.toSorted());
});

test("a table's hash knows each value's kind and place, and no order of rows", () => {
  const hashOf = (...rows: Record<string, unknown>[]): string => {
    const hash = new TableHash();
    for (const row of rows) hash.add(row);
    return hash.digest();
  };
  expect(hashOf({ a: 1, b: "2" }, { a: 3, b: null })).toBe(hashOf({ b: null, a: 3 }, { b: "2", a: 1 }));
  const different = [
    [{ a: 1 }],
    [{ a: "1" }],
    [{ a: Buffer.from("1") }],
    [{ a: null }],
    [{ a: "" }],
    [{ b: 1 }],
    [{ a: 1 }, { a: 1 }],
    [{ a: 1, b: 1 }],
    [{ a: "1s1:b" }],
  ];
  expect(new Set(different.map((rows) => hashOf(...rows))).size).toBe(different.length);
});

describe.skipIf(postgresMissing)("to postgres", () => {
  test("5,000 messages with their bytes, emoji and repeated rows arrive whole, and the source is not touched", async () => {
    const path = join(tempFolder(), "mail.db");
    const source = await openDatabase(`sqlite:${path}`);
    await migrate(source);
    await fill(source, 5000);
    await source.close();
    const before = readFileSync(path);
    const again = await openDatabase(`sqlite:${path}`);
    const target = await emptyPostgres();
    const seen: number[] = [];
    const copied = await copyDatabase(again, target, { onProgress: ({ rows }) => seen.push(rows) });
    expect(copied.find(({ table }) => table === "outbox_messages")?.rows).toBe(5000);
    expect(copied.find(({ table }) => table === "account_mails")?.rows).toBe(2);
    expect(seen.length).toBeGreaterThan(20);
    expect(await everything(target)).toEqual(await everything(again));
    await again.close();
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("and back to sqlite", async () => {
    const source = await postgresDatabase();
    await fill(source, 600);
    await using target = await openDatabase("sqlite::memory:");
    await copyDatabase(source, target);
    expect(await everything(target)).toEqual(await everything(source));
  });

  test("a target that holds anything is refused, and keeps it", async () => {
    const source = await testDatabase();
    const target = await postgresDatabase();
    await target.kysely.insertInto("outbox_marks").values({ name: "a", value: "b" }).execute();
    const before = await everything(target);
    await expect(copyDatabase(source, target)).rejects.toMatchObject({
      code: "WX_DB_COPY",
      message: expect.stringContaining("outbox_marks is not empty"),
    });
    expect(await everything(target)).toEqual(before);
  });

  test("a target whose tables are somebody else's is refused, and keeps them", async () => {
    const source = await testDatabase();
    const target = await emptyPostgres();
    await sql`create table users (id text, shoe_size int)`.execute(target.kysely);
    await expect(copyDatabase(source, target)).rejects.toMatchObject({
      code: "WX_DB_COPY",
      message: expect.stringMatching(/users.*not Waxseal's/),
    });
    const tables = await target.kysely.introspection.getTables();
    expect(tables.map((table) => table.name)).toEqual(["users"]);
  });

  test("text that Postgres cannot hold is refused with its table and row, and nothing remains of what came before it", async () => {
    const source = await testDatabase();
    await fill(source, 700);
    const spoil = sql`update outbox_messages set subject = 'a' || char(0) || 'b' where id = 'm00650'`;
    await spoil.execute(source.kysely);
    const target = await emptyPostgres();
    const before = await everything(source);
    await expect(copyDatabase(source, target)).rejects.toMatchObject({
      code: "WX_DB_COPY",
      message: expect.stringMatching(/subject of outbox_messages.*U\+0000.*m00650/),
    });
    expect(await target.kysely.selectFrom("account_mails").selectAll().execute()).toEqual([]);
    expect(await target.kysely.selectFrom("outbox_messages").select("id").execute()).toEqual([]);
    expect(await everything(source)).toEqual(before);
    await source.kysely.updateTable("outbox_messages").set({ subject: "ab" }).where("id", "=", "m00650").execute();
    await copyDatabase(source, target); // the same target, once the row is mended
    expect(await everything(target)).toEqual(await everything(source));
  });

  test("a target that changes what it is given is found out", async () => {
    const source = await testDatabase();
    await fill(source, 10);
    const target = await postgresDatabase();
    await sql
      .raw(
        `create function shout() returns trigger language plpgsql as 'begin new.subject = upper(new.subject); return new; end'`,
      )
      .execute(target.kysely);
    await sql
      .raw("create trigger shout before insert on outbox_messages for each row execute function shout()")
      .execute(target.kysely);
    await expect(copyDatabase(source, target)).rejects.toMatchObject({
      code: "WX_DB_COPY",
      message: expect.stringContaining("10 rows of outbox_messages, it gives back 10, and not the same"),
    });
    expect(await target.kysely.selectFrom("outbox_messages").select("id").execute()).toEqual([]);
  });

  test("what fails midway leaves nothing, and can be done again", async () => {
    const source = await testDatabase();
    await fill(source, 700);
    const target = await postgresDatabase();
    const check = sql`alter table outbox_messages add constraint late check (id <> 'm00650')`;
    await check.execute(target.kysely);
    await expect(copyDatabase(source, target)).rejects.toThrow(/constraint "late"/);
    const empty = await testDatabase();
    expect(await everything(target)).toEqual(await everything(empty));
    await sql`alter table outbox_messages drop constraint late`.execute(target.kysely);
    await copyDatabase(source, target);
    expect(await everything(target)).toEqual(await everything(source));
  });

  test("while a worker sends, it is refused; with force the lease goes along and lapses there", async () => {
    const source = await testDatabase();
    await fill(source, 2);
    const leased = { lease_owner: "worker 7", due_at: 2000 };
    await source.kysely.updateTable("outbox_messages").set(leased).where("id", "=", "m00001").execute();
    const target = await postgresDatabase();
    await expect(copyDatabase(source, target, { now: 1000 })).rejects.toMatchObject({
      code: "WX_DB_COPY",
      message: expect.stringMatching(/worker 7.*--force/),
    });
    await copyDatabase(source, target, { now: 1000, force: true });
    expect(await everything(target)).toEqual(await everything(source));
  });

  test("what another process would write to the source meanwhile waits", async () => {
    const path = `sqlite:${join(tempFolder(), "mail.db")}`;
    await using source = await openDatabase(path);
    await migrate(source);
    await fill(source, 100);
    await using other = await openDatabase(path);
    const target = await emptyPostgres();
    let deleting: Promise<unknown> | undefined;
    const onProgress = (): void => {
      deleting ??= other.kysely.deleteFrom("outbox_messages").execute();
    };
    const before = await everything(source);
    await copyDatabase(source, target, { onProgress });
    await deleting;
    expect(await everything(target)).toEqual(before);
    expect(await everything(source)).not.toEqual(before);
  });
});
