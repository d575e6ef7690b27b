import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { Client } from "pg";
import { createCertificates } from "../../test/support/certificates.ts";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { freshPostgres, postgresDatabase, postgresMissing, startPostgres } from "../../test/support/postgres.ts";
import { tempFolder } from "../../test/support/temp-folder.ts";
import { type Database, openDatabase } from "./database.ts";
import { migrate, requireMigrated } from "./migrate.ts";

const mark = (database: Database, name: string): Promise<unknown> =>
  database.kysely.insertInto("outbox_marks").values({ name, value: "" }).execute();
const names = async (database: Database): Promise<string[]> =>
  (await database.kysely.selectFrom("outbox_marks").select("name").orderBy("name").execute()).map((row) => row.name);
const caught = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => expect.unreachable("it did not fail"),
    (error: Error) => error,
  );
/** Cuts every connection to a database but the one that does so. */
const cutConnections = async (url: string): Promise<void> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
  await client.end();
};

describe.skipIf(postgresMissing)("postgres", () => {
  test("migrations run once, and what they made holds", async () => {
    await using database = await openDatabase(await freshPostgres());
    expect(database.dialect).toBe("postgres");
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
    await expect(database.kysely.insertInto("sessions").values(orphan).execute()).rejects.toThrow(/foreign key/);
  });

  test("two processes that migrate at once take turns", async () => {
    const url = await freshPostgres();
    await using one = await openDatabase(url);
    await using other = await openDatabase(url);
    const done = await Promise.all([migrate(one), migrate(other)]);
    expect(done.map((ran) => ran.length).toSorted()).toEqual([0, 5]);
  });

  test("a database from a newer version is refused", async () => {
    const url = await freshPostgres();
    await using database = await openDatabase(url);
    await migrate(database);
    const future = sql`insert into kysely_migration (name, timestamp) values ('0999-from-the-future', '2030')`;
    await future.execute(database.kysely);
    await expect(openDatabase(url)).rejects.toMatchObject({
      code: "WX_DB_NEWER",
      message: expect.stringContaining("0999-from-the-future"),
    });
  });

  test("times and sums are numbers, and bytes are bytes", async () => {
    const database = await postgresDatabase();
    const now = Date.UTC(2100, 1, 1);
    const raw = Uint8Array.from([0, 1, 0xff, 0x5c]);
    const headers = { envelope_from: "", envelope_to: "[]", from_header: "", to_header: "", subject: "\u{1f4ee}" };
    const row = { id: "1", received_at: now, ...headers, size: 4, raw };
    await database.kysely.insertInto("inbox_messages").values(row).execute();
    const found = await database.kysely.selectFrom("inbox_messages").selectAll().executeTakeFirstOrThrow();
    expect({ ...found, raw: Uint8Array.from(found.raw) }).toEqual(row);
    const counted = sql<object>`select count(*) as count, sum(received_at) as sum from inbox_messages`;
    expect((await counted.execute(database.kysely)).rows).toEqual([{ count: 1, sum: now }]);
  });

  test("the pool's parsers are its own: another client of the same program gets what pg gives", async () => {
    const url = await freshPostgres();
    await using database = await openDatabase(url);
    const client = new Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query("select 1::int8 as one");
    await client.end();
    expect(rows).toEqual([{ one: "1" }]);
    expect((await sql`select 1::int8 as one`.execute(database.kysely)).rows).toEqual([{ one: 1 }]);
  });

  test("statements are kept prepared, but not behind a pooler; one whose table has changed is sent anew", async () => {
    const url = await freshPostgres();
    await using database = await openDatabase(url, { poolSize: 1 });
    await migrate(database);
    const all = (of: Database): Promise<unknown[]> => of.kysely.selectFrom("outbox_marks").selectAll().execute();
    const kept = async (of: Database): Promise<number> =>
      (await sql`select name from pg_prepared_statements where statement like '%outbox_marks%'`.execute(of.kysely)).rows
        .length;
    for (let time = 0; time < 3; time += 1) await all(database);
    expect(await kept(database)).toBe(1);
    await mark(database, "1");
    await sql`alter table outbox_marks add column more text`.execute(database.kysely);
    await expect(all(database)).rejects.toThrow(/cached plan/);
    for (let time = 0; time < 3; time += 1) {
      expect(await all(database)).toEqual([{ name: "1", value: "", more: null }]);
    }
    await using pooled = await openDatabase(`${url}?pgbouncer=true`, { poolSize: 1 });
    for (let time = 0; time < 3; time += 1) await all(pooled);
    expect(await kept(pooled)).toBe(0);
  });

  test("a transaction in which an error was swallowed is not taken for committed", async () => {
    const database = await postgresDatabase();
    const swallowing = database.kysely.transaction().execute(async (tx) => {
      await tx.insertInto("outbox_marks").values({ name: "1", value: "" }).execute();
      await sql`select nothing from nowhere`.execute(tx).catch(() => {});
    });
    await expect(swallowing).rejects.toMatchObject({ code: "WX_DB_ROLLED_BACK" });
    expect(await names(database)).toEqual([]);
  });

  test("a wrong password, an unknown database and an unknown host are each named, without the password", async () => {
    const url = await freshPostgres();
    const wrong = async (from: string | RegExp, to: string): Promise<Error> => {
      const error = await caught(openDatabase(url.replace(from, to)));
      expect(JSON.stringify([error.message, error.stack, error])).not.toContain("hunter2");
      return error;
    };
    expect(await wrong(":secret@", ":hunter2@")).toMatchObject({
      code: "WX_DB_OPEN",
      message: expect.stringMatching(/password authentication failed.*DATABASE_URL/s),
    });
    expect(await wrong(/\/test_\w+$/, "/nowhere")).toMatchObject({
      code: "WX_DB_OPEN",
      message: expect.stringContaining('"nowhere" does not exist'),
    });
    expect(await wrong(/secret@127.0.0.1:\d+/, "hunter2@127.0.0.1:1")).toMatchObject({
      code: "WX_DB_UNREACHABLE",
      message: expect.stringContaining("127.0.0.1:1"),
    });
    expect(await wrong(/secret@127.0.0.1/, "hunter2@db.invalid")).toMatchObject({ code: "WX_DB_UNREACHABLE" });
  });

  test("TLS that the server does not speak is asked for in vain, and never left out", async () => {
    const url = await freshPostgres();
    for (const mode of ["require", "verify-full", "verify-ca", "no-verify"]) {
      await expect(openDatabase(`${url}?sslmode=${mode}`)).rejects.toMatchObject({
        code: "WX_DB_OPEN",
        message: expect.stringContaining("does not support SSL"),
      });
    }
    await (await openDatabase(`${url}?sslmode=disable`)).close();
  });

  test("a certificate counts as the URL says: by authority and name, by authority, or not at all", async () => {
    const certificates = await createCertificates();
    const server = await startPostgres({ tls: await certificates.issue({ names: ["localhost"] }) });
    const folder = tempFolder();
    const authority = join(folder, "authority.pem");
    writeFileSync(authority, certificates.ca);
    const open = async (query: string, host = "localhost"): Promise<unknown> => {
      const database = await openDatabase(`${server.url().replace("127.0.0.1", host)}?${query}`);
      try {
        const used = sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`;
        return (await used.execute(database.kysely)).rows[0]?.ssl;
      } finally {
        await database.close();
      }
    };
    const untrusted = { code: "WX_DB_OPEN", message: expect.stringContaining("sslrootcert=PATH") };
    const known = `sslrootcert=${authority}`;
    expect(await open(`sslmode=verify-full&${known}`)).toBe(true);
    expect(await open(`sslmode=require&${known}`)).toBe(true);
    expect(await open(`sslmode=verify-ca&${known}`, "127.0.0.1")).toBe(true);
    expect(await open("sslmode=no-verify", "127.0.0.1")).toBe(true);
    expect(await open("sslmode=disable")).toBe(false);
    for (const mode of ["require", "verify-full", "verify-ca"]) {
      await expect(open(`sslmode=${mode}`), `${mode}, signed by nobody known`).rejects.toMatchObject(untrusted);
    }
    for (const mode of ["require", "verify-full"]) {
      await expect(open(`sslmode=${mode}&${known}`, "127.0.0.1"), `${mode}, another name`).rejects.toMatchObject(
        untrusted,
      );
    }
  });

  test("a user whose commits may be lost at a power cut is refused", async () => {
    const url = await freshPostgres();
    await using database = await openDatabase(url);
    await sql.raw(`alter database ${url.split("/").at(-1)} set synchronous_commit = off`).execute(database.kysely);
    await expect(openDatabase(url)).rejects.toMatchObject({
      code: "WX_DB_OPEN",
      message: expect.stringContaining("synchronous_commit"),
    });
  });

  test("connections that are cut while idle are replaced, and nobody is told", async () => {
    const url = await freshPostgres();
    await using database = await openDatabase(url);
    await migrate(database);
    await cutConnections(url);
    await expect.poll(() => mark(database, "1").then(() => "written", String)).toBe("written");
  });

  test("a connection that is cut inside of a transaction fails it by name, and the next one goes on", async () => {
    const url = await freshPostgres();
    await using database = await openDatabase(url);
    await migrate(database);
    const transaction = database.kysely.transaction().execute(async (tx) => {
      await tx.insertInto("outbox_marks").values({ name: "1", value: "" }).execute();
      await cutConnections(url);
      await tx.insertInto("outbox_marks").values({ name: "2", value: "" }).execute();
    });
    await expect(transaction).rejects.toMatchObject({
      code: "WX_DB_LOST",
      message: expect.stringContaining("rolled back"),
    });
    expect(await names(database)).toEqual([]);
  });

  test("a server that is restarted is unreachable meanwhile, then in use again with what was committed", async () => {
    const server = await startPostgres();
    await using database = await openDatabase(server.url());
    await migrate(database);
    await mark(database, "1");
    await server.crash();
    expect(["WX_DB_LOST", "WX_DB_UNREACHABLE"]).toContain(
      ((await caught(mark(database, "2"))) as { code?: string }).code,
    );
    await expect(mark(database, "2")).rejects.toMatchObject({ code: "WX_DB_UNREACHABLE" });
    await server.start();
    await mark(database, "3");
    expect(await names(database)).toEqual(["1", "3"]);
  });

  test("a statement that waits in vain for a connection of the pool fails with the mend", async () => {
    await using database = await openDatabase(await freshPostgres(), { poolSize: 1, connectionWaitMs: 1_000 });
    await migrate(database);
    const selfish = database.kysely.transaction().execute(() => mark(database, "1"));
    await expect(selfish).rejects.toMatchObject({ code: "WX_DB_BUSY", message: expect.stringContaining("tx") });
    await mark(database, "2");
    expect(await names(database)).toEqual(["2"]);
  });

  test("a server that has no connection left says so", async () => {
    const url = await freshPostgres();
    await using database = await openDatabase(url);
    await sql.raw("create role crowded login password 'secret' connection limit 1").execute(database.kysely);
    const first = await openDatabase(url.replace("waxseal:", "crowded:"));
    await first.kysely.transaction().execute(async (tx) => {
      await sql`select 1`.execute(tx);
      await expect(sql`select 1`.execute(first.kysely)).rejects.toMatchObject({
        code: "WX_DB_UNREACHABLE",
        message: expect.stringMatching(/no connection left.*too many connections/s),
      });
    });
    await first.close();
    await sql.raw("drop role crowded").execute(database.kysely);
  });
});

describe.skipIf(postgresMissing)("listen", () => {
  test("hears what other connections say once it is committed, and nothing that is rolled back", async () => {
    const url = await freshPostgres();
    await using speaker = await openDatabase(url);
    await using database = await openDatabase(url);
    const heard: string[] = [];
    const listening = await database.listen("orders", (payload) => heard.push(payload));
    await database.listen("others", (payload) => heard.push(`other ${payload}`));
    const failed = speaker.kysely.transaction().execute(async (tx) => {
      await speaker.notify(tx, "orders", "never");
      throw new Error("changed my mind");
    });
    await expect(failed).rejects.toThrow("changed my mind");
    await speaker.kysely.transaction().execute((tx) => speaker.notify(tx, "orders", "1"));
    await expect.poll(() => heard).toEqual(["1"]);
    await listening?.close();
    await speaker.notify(speaker.kysely, "orders", "2");
    await speaker.notify(speaker.kysely, "others", "3");
    await expect.poll(() => heard).toEqual(["1", "other 3"]);
  });

  test("comes back when its connection is cut, says that something may be missed, and hears on", async () => {
    const url = await freshPostgres();
    await using database = await openDatabase(url);
    const heard: string[] = [];
    await database.listen("orders", (payload) => heard.push(payload));
    await cutConnections(url);
    await expect.poll(() => heard).toEqual([""]);
    await expect.poll(() => database.notify(database.kysely, "orders", "1").then(() => "said", String)).toBe("said");
    await expect.poll(() => heard).toEqual(["", "1"]);
  });

  test("goes on trying while the server is away, and closing ends that", async () => {
    const server = await startPostgres();
    await using database = await openDatabase(server.url());
    await using closed = await openDatabase(server.url());
    const heard: string[] = [];
    await database.listen("orders", (payload) => heard.push(payload));
    await closed.listen("orders", (payload) => heard.push(`closed ${payload}`));
    await server.stop();
    await closed.close();
    await server.start();
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual([""]);
  });

  test("fails by name where the server cannot be reached, and can be tried again", async () => {
    const server = await startPostgres();
    await using database = await openDatabase(server.url());
    await server.stop();
    const listen = (): Promise<unknown> => database.listen("orders", () => {});
    await expect(listen()).rejects.toMatchObject({ code: "WX_DB_UNREACHABLE" });
    await server.start();
    await listen();
  });
});

test("a server that accepts and says nothing is given up in time, by name", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const sockets: Socket[] = [];
  silent.on("connection", (socket) => sockets.push(socket));
  const { port } = silent.address() as AddressInfo;
  const opening = openDatabase(`postgres://me:hunter2@127.0.0.1:${port}/mail`, { connectTimeoutMs: 50 });
  await expect(opening).rejects.toMatchObject({
    code: "WX_DB_UNREACHABLE",
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test("a connection that is ended in the very packet that made it fails by name, and nothing else does", async () => {
  /** A message of the protocol: its type, its length, its content. */
  const said = (type: string, content: string): Buffer => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(content.length + 4);
    return Buffer.concat([Buffer.from(type), length, Buffer.from(content, "latin1")]);
  };
  const ended = "SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0";
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(Buffer.concat([said("R", "\0\0\0\0"), said("Z", "I"), said("E", ended)])));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  // An error event that nobody heard would end the process, and this run of the tests.
  await expect(openDatabase(`postgres://me:x@127.0.0.1:${port}/mail`)).rejects.toMatchObject({ code: "WX_DB_LOST" });
  server.close();
});

test("on SQLite there is nothing to listen to", async () => {
  await using database = await openDatabase("sqlite::memory:");
  expect(await database.listen("orders", () => {})).toBeUndefined();
  await database.notify(database.kysely, "orders", "1");
});

describe("a postgres URL", () => {
  test("is refused where it cannot be meant, without its password", async () => {
    for (const [url, text] of [
      ["postgres://me:hunter2#1@db/mail", "%23"],
      ["postgres://me:hunter2/1@db/mail", "%2F"],
      ["postgres://me:hunter2%@db/mail", "%25"],
      ["postgres://me:hunter2@db", "no database"],
      ["postgres://me:hunter2@db/mail?sslmode=prefer", "in the clear"],
      ["postgres://me:hunter2@db/mail?sslmode=verify_full", "verify-full"],
      ["postgres://me:hunter2@db/mail?sslmode=require&sslrootcert=/nowhere.pem", "/nowhere.pem"],
    ] as const) {
      const error = await caught(openDatabase(url));
      expect(error, url).toMatchObject({ code: "WX_DB_URL", message: expect.stringContaining(text) });
      expect(`${error.message} ${error.stack}`).not.toContain("hunter2");
    }
  });
});
