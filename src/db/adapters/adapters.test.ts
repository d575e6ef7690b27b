import { sql as drizzleSql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import knexPackage from "knex";
import { CamelCasePlugin, Kysely, PostgresDialect, sql } from "kysely";
import { Client, Pool } from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { eachDatabase, freshPostgres, postgresMissing } from "../../../test/support/postgres.ts";
import { tempFolder } from "../../../test/support/temp-folder.ts";
import { testDatabase } from "../../../test/support/test-database.ts";
import { type Database, openDatabase } from "../database.ts";
import { migrate } from "../migrate.ts";
import { numericColumns } from "../numeric-columns.ts";
import type { OutboxBouncesTable, Queryable } from "../schema.ts";
import {
  fromDrizzle,
  fromKnex,
  fromKysely,
  fromPg,
  fromPrisma,
  fromSqlite,
  type SqlExecutor,
  toQueryable,
} from "./index.ts";

/** Runs `work` in a transaction of the caller's library; an error of `work` rolls it back. */
type InTransaction = (work: (tx: SqlExecutor) => Promise<void>) => Promise<void>;

const bytes = Uint8Array.from([0, 39, 0x3f, 0x24, 0x31, 0xff]);
const now = Date.UTC(2100, 1, 1);
const subject = 'what\'s $1 \u{1f4ee} worth? "\\?"';
const mail = (id: string) => ({
  id,
  received_at: now,
  envelope_from: "",
  envelope_to: "[]",
  from_header: "",
  to_header: "",
  subject,
  size: bytes.length,
  raw: bytes,
});
const subjects = async (database: Database): Promise<unknown[]> =>
  database.kysely.selectFrom("inbox_messages").select(["id", "subject", "received_at"]).orderBy("id").execute();

/** What every part does with its tables, in one transaction. */
async function everyStatement(db: Queryable): Promise<void> {
  await db
    .insertInto("inbox_messages")
    .values([mail("1"), mail("2")])
    .execute();
  const found = await db.selectFrom("inbox_messages").selectAll().where("id", "=", "1").executeTakeFirstOrThrow();
  expect({ ...found, raw: Uint8Array.from(found.raw) }).toEqual(mail("1"));
  const again = db.insertInto("inbox_messages").values(mail("1"));
  const twice = await again.onConflict((conflict) => conflict.column("id").doNothing()).executeTakeFirst();
  expect(twice.numInsertedOrUpdatedRows).toBe(0n);
  const updated = await db.updateTable("inbox_messages").set({ size: 7 }).where("size", "=", 6).executeTakeFirst();
  expect(updated.numUpdatedRows).toBe(2n);
  const returned = await db
    .updateTable("inbox_messages")
    .set({ size: 8 })
    .where("id", "=", "1")
    .returning(["id", "size"])
    .execute();
  expect(returned.map((row) => ({ ...row }))).toEqual([{ id: "1", size: 8 }]);
  const deleted = await db.deleteFrom("inbox_messages").where("id", "=", "2").executeTakeFirst();
  expect(deleted.numDeletedRows).toBe(1n);
  const counted = await db
    .selectFrom("inbox_messages")
    .select((select) => select.fn.countAll<number>().as("count"))
    .executeTakeFirst();
  expect(counted?.count).toBe(1);
  const raw = await sql<{
    subject: string;
  }>`select subject from inbox_messages where subject = ${subject} and '?' <> '$1'`.execute(db);
  expect(raw.rows.map((row) => ({ ...row }))).toEqual([{ subject }]);
  const nothing: OutboxBouncesTable["message_id"] = null;
  const bounce = {
    id: "b",
    fingerprint: "f",
    message_id: nothing,
    address: "",
    kind: "",
    status: "",
    detail: "",
    source: "",
    at: now,
  };
  await db.insertInto("outbox_bounces").values(bounce).execute();
  const last = await db.selectFrom("outbox_bounces").select(["message_id", "at"]).executeTakeFirstOrThrow();
  expect({ ...last }).toEqual({ message_id: null, at: now });
}

/** The caller's transaction that commits, and the one that does not. */
async function expectHeld(database: Database, transaction: InTransaction): Promise<void> {
  await transaction(async (tx) => everyStatement(await toQueryable(tx, database.dialect)));
  expect(await subjects(database)).toEqual([{ id: "1", subject, received_at: now }]);
  const failing = transaction(async (tx) => {
    const db = await toQueryable(tx, database.dialect);
    await db.insertInto("inbox_messages").values(mail("3")).execute();
    throw new Error("changed my mind");
  });
  await expect(failing).rejects.toThrow("changed my mind");
  expect((await subjects(database)).length).toBe(1);
}

const beginning =
  (run: (statement: string) => unknown, tx: () => SqlExecutor): InTransaction =>
  async (work) => {
    await run("begin");
    try {
      await work(tx());
      await run("commit");
    } catch (error) {
      await run("rollback");
      throw error;
    }
  };

async function migratedPostgres(): Promise<{ url: string; database: Database }> {
  const url = await freshPostgres();
  const database = await openDatabase(url);
  onTestFinished(() => database.close());
  await migrate(database);
  return { url, database };
}

const poolOf = (url: string): Pool => {
  const pool = new Pool({ connectionString: url, max: 1 });
  onTestFinished(() => pool.end());
  return pool;
};

describe.skipIf(postgresMissing)(
  "on postgres, a caller's transaction takes every statement and ends as the caller says:",
  () => {
    test("a client of pg", async () => {
      const { url, database } = await migratedPostgres();
      const client = new Client({ connectionString: url });
      await client.connect();
      await expectHeld(
        database,
        beginning(
          (statement) => client.query(statement),
          () => fromPg(client),
        ),
      );
      await client.end();
    });

    test("kysely with tables and a plugin of its own", async () => {
      const { url, database } = await migratedPostgres();
      const kysely = new Kysely<{ orders: { id: string } }>({
        dialect: new PostgresDialect({ pool: poolOf(url) }),
        plugins: [new CamelCasePlugin()],
      });
      await expectHeld(database, (work) => kysely.transaction().execute((tx) => work(fromKysely(tx, "postgres"))));
      expect(() => fromKysely(kysely, "postgres")).toThrow(/no transaction/);
    });

    test("drizzle", async () => {
      const { url, database } = await migratedPostgres();
      const db = drizzle(poolOf(url));
      await expectHeld(database, (work) => db.transaction((tx) => work(fromDrizzle(tx, drizzleSql))));
      expect(() => fromDrizzle(db as never, drizzleSql)).toThrow(/no transaction/);
    });

    test("knex", async () => {
      const { url, database } = await migratedPostgres();
      const knex = knexPackage({ client: "pg", connection: url, pool: { min: 0, max: 1 } });
      onTestFinished(() => knex.destroy());
      await expectHeld(database, (work) => knex.transaction((trx) => work(fromKnex(trx))));
      expect(() => fromKnex(knex)).toThrow(/no transaction/);
    });

    test("prisma, played by its two raw methods on a client of pg", async () => {
      const { url, database } = await migratedPostgres();
      const client = new Client({ connectionString: url });
      await client.connect();
      // As documented: rows with bigints for int8, or a count.
      const prisma = {
        $queryRawUnsafe: async (query: string, ...values: unknown[]) => {
          const { rows, fields } = await client.query(query, values);
          const big = fields.filter((field) => field.dataTypeID === 20).map((field) => field.name);
          return rows.map((row: Record<string, string>) => ({
            ...row,
            ...Object.fromEntries(
              big.filter((name) => row[name] !== null).map((name) => [name, BigInt(row[name] ?? 0)]),
            ),
          }));
        },
        $executeRawUnsafe: async (query: string, ...values: unknown[]) =>
          (await client.query(query, values)).rowCount ?? 0,
      };
      await expectHeld(
        database,
        beginning(
          (statement) => client.query(statement),
          () => fromPrisma(prisma, "postgres"),
        ),
      );
      expect(() => fromPrisma({ ...prisma, $transaction: () => {} } as never, "postgres")).toThrow(/no transaction/);
      await client.end();
    });

    test("a pool is refused: each statement would take another connection", async () => {
      expect(() => fromPg(new Pool() as never)).toThrow(/no transaction.*pool.connect/);
    });
  },
);

interface RawSqlite {
  exec(statement: string): void;
  prepare(statement: string): never;
  close(): void;
  readonly isTransaction?: boolean;
}

/** A database as an application opens it: node:sqlite where Node has it, and the package with its interface. */
async function rawSqlite(path: string): Promise<RawSqlite> {
  const builtin = process.getBuiltinModule("node:sqlite") as
    | { DatabaseSync: new (path: string) => unknown }
    | undefined;
  const { DatabaseSync } = builtin ?? (await import("@photostructure/sqlite"));
  const handle = new DatabaseSync(path) as RawSqlite;
  onTestFinished(() => handle.close());
  return handle;
}

describe("on sqlite, a caller's transaction takes every statement and ends as the caller says:", () => {
  const migratedFile = async (): Promise<{ database: Database; handle: RawSqlite }> => {
    const path = `${tempFolder()}/shop.db`;
    const database = await openDatabase(`sqlite:${path}`);
    onTestFinished(() => database.close());
    await migrate(database);
    return { database, handle: await rawSqlite(path) };
  };

  test("a handle of node:sqlite", async () => {
    const { database, handle } = await migratedFile();
    await expectHeld(
      database,
      beginning(
        (statement) => handle.exec(statement),
        () => fromSqlite(handle),
      ),
    );
    if (handle.isTransaction !== undefined) expect(() => fromSqlite(handle)).toThrow(/no transaction.*BEGIN/);
  });

  test("drizzle, by its own rendering of a statement", async () => {
    const { database, handle } = await migratedFile();
    const dialect = new SQLiteAsyncDialect();
    const run = (how: "all" | "run") => (query: never) => {
      const { sql: text, params } = dialect.sqlToQuery(query);
      return (handle.prepare(text) as { all: (...p: unknown[]) => unknown; run: (...p: unknown[]) => unknown })[how](
        ...params,
      );
    };
    const tx = { all: run("all"), run: run("run"), rollback: () => expect.unreachable() };
    await expectHeld(
      database,
      beginning(
        (statement) => handle.exec(statement),
        () => fromDrizzle(tx, drizzleSql),
      ),
    );
  });

  test("knex, played by its raw method", async () => {
    const { database, handle } = await migratedFile();
    const trx = {
      isTransaction: true,
      client: { dialect: "better-sqlite3" },
      raw: async (text: string, bindings: never[]) => {
        const statement: { columns(): unknown[]; all(...p: unknown[]): unknown; run(...p: unknown[]): unknown } =
          handle.prepare(text.replaceAll("\\?", "?"));
        return statement.columns().length > 0 ? statement.all(...bindings) : statement.run(...bindings);
      },
    };
    await expectHeld(
      database,
      beginning(
        (statement) => handle.exec(statement),
        () => fromKnex(trx),
      ),
    );
    expect(() => fromKnex({ ...trx, client: { dialect: "mysql" } })).toThrow(/Postgres or SQLite.*mysql/);
  });

  test("kysely of the caller's own", async () => {
    const database = await testDatabase();
    await expectHeld(database, (work) => database.kysely.transaction().execute((tx) => work(fromKysely(tx, "sqlite"))));
  });
});

eachDatabase((open) => {
  test("U+0000, which Postgres cannot hold, becomes the character for what cannot be shown", async () => {
    const database = await open();
    await database.kysely.insertInto("outbox_marks").values({ name: "a\0b", value: "" }).execute();
    const { name } = await database.kysely.selectFrom("outbox_marks").select("name").executeTakeFirstOrThrow();
    expect(name).toBe("a\ufffdb");
  });
});

test("waxseal's own transaction is taken as it is, and another library's is wrapped once", async () => {
  const database = await testDatabase();
  await database.kysely.transaction().execute(async (tx) => expect(await toQueryable(tx, "sqlite")).toBe(tx));
  const executor: SqlExecutor = { dialect: "sqlite", execute: async () => ({ rows: [] }) };
  expect(await toQueryable(executor, "sqlite")).toBe(await toQueryable(executor, "sqlite"));
  const nested = (await toQueryable(executor, "sqlite")).transaction().execute(async () => {});
  await expect(nested).rejects.toThrow(/the caller's/);
});

test("what is no transaction, or one of another kind of database, is refused before anything is written", async () => {
  const database = await testDatabase();
  const statements: string[] = [];
  const executor: SqlExecutor = {
    dialect: "postgres",
    execute: async (statement) => {
      statements.push(statement);
      return { rows: [] };
    },
  };
  await expect(toQueryable(executor, "sqlite")).rejects.toMatchObject({
    code: "WX_DB_TRANSACTION",
    message: expect.stringContaining("a transaction of postgres, but Waxseal's database is on sqlite"),
  });
  expect(statements).toEqual([]);
  for (const none of [database.kysely, {}, null, "tx"]) {
    await expect(toQueryable(none as never, "sqlite")).rejects.toMatchObject({ code: "WX_DB_TRANSACTION" });
  }
});

test("every numeric column of the tables is known as one, and no column of text has the name of one", async () => {
  const database = await testDatabase();
  const tables = await database.kysely.introspection.getTables();
  const columns = tables.flatMap((table) => table.columns);
  const isNumeric = ({ dataType }: { dataType: string }): boolean => /^(?:bigint|integer)$/i.test(dataType);
  const numeric = new Set(columns.filter(isNumeric).map((column) => column.name));
  expect(numericColumns).toEqual(new Set([...numeric, "count"]));
  expect(columns.filter((column) => !isNumeric(column) && numericColumns.has(column.name))).toEqual([]);
});
