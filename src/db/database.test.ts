import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDatabase } from "./database.ts";
import { migrate, requireMigrated } from "./migrate.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "waxseal-db-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fileUrl = (): string => `sqlite:${join(folder, "deep", "mail.db")}`;
const user = { username: "mac", email: "a@b.cn", password_hash: "", locale: "en", created_at: 1, activated_at: null };

test("a new file is made with its folder, closed to other people, and keeps its promises", async () => {
  await using database = await openDatabase(fileUrl());
  const pragma = async (name: string): Promise<unknown> =>
    Object.values((await sql.raw(`PRAGMA ${name}`).execute(database.kysely)).rows[0] as object)[0];
  expect(await pragma("journal_mode")).toBe("wal");
  expect(await pragma("synchronous")).toBe(2);
  expect(await pragma("foreign_keys")).toBe(1);
  expect(statSync(join(folder, "deep")).mode & 0o077).toBe(0);
});

test("migrations run once, and what they made holds", async () => {
  await using database = await openDatabase(fileUrl());
  await expect(requireMigrated(database)).rejects.toMatchObject({ code: "WX_DB_BEHIND" });
  expect(await migrate(database)).toEqual([
    "0001-initial",
    "0002-envelope",
    "0003-diagnosis",
    "0004-durable-queue",
    "0005-tenant-shares",
  ]);
  expect(await migrate(database)).toEqual([]);
  await requireMigrated(database);
  const orphan = { id_hash: "x", user_id: "nobody", created_at: 1, expires_at: 2 };
  await expect(database.kysely.insertInto("sessions").values(orphan).execute()).rejects.toThrow(/FOREIGN KEY/);
});

test("one address belongs to one active account, and may be claimed by many", async () => {
  await using database = await openDatabase("sqlite::memory:");
  await migrate(database);
  const claim = (id: string) => ({ ...user, id, username_key: id, email_key: "a@b.cn" });
  await database.kysely
    .insertInto("users")
    .values([claim("1"), claim("2")])
    .execute();
  await database.kysely.updateTable("users").set({ activated_at: 5 }).where("id", "=", "1").execute();
  const second = database.kysely.updateTable("users").set({ activated_at: 6 }).where("id", "=", "2").execute();
  await expect(second).rejects.toThrow(/UNIQUE/);
});

test("a database from a newer version is refused, and not a byte of it changes", async () => {
  const url = fileUrl();
  {
    await using database = await openDatabase(url);
    await migrate(database);
    await sql`insert into kysely_migration (name, timestamp) values ('0999-from-the-future', '2030')`.execute(
      database.kysely,
    );
  }
  const path = join(folder, "deep", "mail.db");
  const digest = (): string => createHash("sha256").update(readFileSync(path)).digest("hex");
  const before = digest();
  await expect(openDatabase(url)).rejects.toMatchObject({
    code: "WX_DB_NEWER",
    message: expect.stringContaining("0999-from-the-future"),
  });
  expect(digest()).toBe(before);
});

test("a file that is no database is refused by name", async () => {
  const path = join(folder, "notes.txt");
  writeFileSync(path, "these are notes, not tables\n".repeat(100));
  await expect(openDatabase(`sqlite:${path}`)).rejects.toMatchObject({
    code: "WX_DB_OPEN",
    message: expect.stringContaining(path),
  });
});

test("a URL of another kind is refused without showing its password", async () => {
  const error = await openDatabase("mysql://me:hunter2@db/mail").catch((caught: Error) => caught);
  expect(error).toMatchObject({ code: "WX_DB_URL", message: expect.stringContaining("sqlite:") });
  expect(String(error)).not.toContain("hunter2");
});

test("a misspelt option is told with the one that was meant", async () => {
  const misspelt = { poolsize: 5 } as object;
  await expect(openDatabase("sqlite::memory:", misspelt)).rejects.toMatchObject({
    code: "WX_DB_OPTIONS",
    message: expect.stringContaining("poolSize"),
  });
});

test("a transaction that fails leaves nothing, and two that run at once do not mix", async () => {
  await using database = await openDatabase(fileUrl());
  await migrate(database);
  const insert = (id: string, fail: boolean): Promise<void> =>
    database.kysely.transaction().execute(async (tx) => {
      await tx
        .insertInto("users")
        .values({ ...user, id, username_key: id, email_key: id })
        .execute();
      if (fail) throw new Error("changed my mind");
    });
  const results = await Promise.allSettled([insert("1", false), insert("2", true), insert("3", false)]);
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  const rows = await database.kysely.selectFrom("users").select("id").orderBy("id").execute();
  expect(rows.map((row) => row.id)).toEqual(["1", "3"]);
});

test("an error after which SQLite rolls back by itself, such as a full disk, is the one that is thrown", async () => {
  await using database = await openDatabase(fileUrl());
  await migrate(database);
  const lost = database.kysely.transaction().execute(async (tx) => {
    for (const _ of [1, 2]) {
      await sql`insert or rollback into kysely_migration (name, timestamp) values ('twice', '')`.execute(tx);
    }
  });
  await expect(lost).rejects.toThrow(/UNIQUE/);
  expect((await sql`select name from kysely_migration where name = 'twice'`.execute(database.kysely)).rows).toEqual([]);
});

test("a statement that waits for the transaction it stands in fails with the mend, and the transaction is rolled back", async () => {
  await using database = await openDatabase(fileUrl(), { connectionWaitMs: 50 });
  await migrate(database);
  const outside = { ...user, id: "2", username_key: "2", email_key: "2" };
  const selfish = database.kysely.transaction().execute(async (tx) => {
    await tx
      .insertInto("users")
      .values({ ...outside, id: "1", username_key: "1" })
      .execute();
    await database.kysely.insertInto("users").values(outside).execute(); // not through tx
  });
  await expect(selfish).rejects.toMatchObject({ code: "WX_DB_BUSY", message: expect.stringContaining("tx") });
  expect(await database.kysely.selectFrom("users").select("id").execute()).toEqual([]);
});

test("a file that another process holds is named as that, and the next statement finds it free again", async () => {
  const url = fileUrl();
  await using holder = await openDatabase(url);
  await migrate(holder);
  await using database = await openDatabase(url, { busyWaitMs: 50 });
  const row = { ...user, id: "1", username_key: "1", email_key: "1" };
  const insert = (): Promise<unknown> => database.kysely.insertInto("users").values(row).execute();
  await holder.kysely.transaction().execute(async (tx) => {
    await tx.deleteFrom("sessions").execute();
    await expect(insert()).rejects.toMatchObject({
      code: "WX_DB_BUSY",
      message: expect.stringContaining("nothing was written"),
    });
    const transaction = database.kysely.transaction().execute((own) => own.deleteFrom("outbox_marks").execute());
    await expect(transaction).rejects.toMatchObject({ code: "WX_DB_BUSY" });
  });
  await insert();
});
