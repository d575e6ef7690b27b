/** `waxseal migrate --to`: from a SQLite file to a real Postgres, as a person does it. */
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { migrate, openDatabase } from "../../src/db/index.ts";
import { createWaxseal } from "../../src/index.ts";
import { memoryBackend } from "../../src/mail/index.ts";
import { freshPostgres, postgresMissing } from "../support/postgres.ts";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

async function finished(args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const run = runCli(args, { cwd, env });
  const code = await run.ended;
  return { code, ...run.output() };
}

test.skipIf(postgresMissing)(
  "migrate --to moves everything to Postgres once, and says what it did without the password",
  async () => {
    const cwd = tempFolder();
    const source = `sqlite:${join(cwd, "mail.db")}`;
    {
      await using database = await openDatabase(source);
      await migrate(database);
      await database.kysely.insertInto("outbox_marks").values({ name: "订单", value: "\u{1f4ee}" }).execute();
    }
    const url = await freshPostgres();
    const moved = await finished(["migrate", "--database", source, "--to", url], cwd);
    expect(moved).toMatchObject({ code: 0, stderr: "" });
    expect(moved.stdout).toMatch(/outbox_marks\s+│\s+1 │ [0-9a-f]{12} ok/);
    expect(moved.stdout).toContain("1 rows copied");
    expect(moved.stdout).not.toContain("secret");
    await using target = await openDatabase(url);
    expect(await target.kysely.selectFrom("outbox_marks").selectAll().execute()).toEqual([
      { name: "订单", value: "\u{1f4ee}" },
    ]);
    const again = await finished(["migrate", "--database", source, "--to", url], cwd);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/^waxseal: The copy was not made.*outbox_marks is not empty.*\(WX_DB_COPY\)\n$/);
  },
);

test("--force without --to is refused", async () => {
  const { code, stderr } = await finished(["migrate", "--force"], tempFolder());
  expect(code).toBe(1);
  expect(stderr).toContain("--to");
});

const pgBoss = { WAXSEAL_ENGINE: "pg-boss" };

test.skipIf(postgresMissing)(
  "with pg-boss, migrate makes its tables too, and a role that may make none sends mail with them",
  { timeout: 30_000 },
  async () => {
    const url = await freshPostgres();
    const cwd = tempFolder();
    for (const expected of [/ran 0001-initial.*\n.*: pg-boss has its tables/, /is up to date\..*\n.*: pg-boss has/]) {
      expect(await finished(["migrate", "--database", url], cwd, pgBoss)).toMatchObject({
        code: 0,
        stderr: "",
        stdout: expect.stringMatching(expected),
      });
    }
    const role = `clerk_${randomBytes(6).toString("hex")}`;
    const owner = await openDatabase(url);
    onTestFinished(() => owner.close());
    const run = (script: string) => owner.postgres?.run(script);
    await run(`create role ${role} login password 'secret'; grant usage on schema pgboss to ${role};
      grant select, insert, update, delete on all tables in schema pgboss, public to ${role};
      grant usage on all sequences in schema pgboss to ${role}`);
    onTestFinished(async () => void (await run(`drop owned by ${role}; drop role ${role}`)));
    const mail = memoryBackend();
    await using waxseal = await createWaxseal({
      secretKey: "a secret of more than sixteen",
      siteUrl: "https://shop.example",
      databaseUrl: Object.assign(new URL(url), { username: role, password: "secret" }).href,
      outbox: { engine: "pg-boss" },
      mailers: { default: mail },
    });
    waxseal.startWorker();
    await waxseal.outbox.enqueue(await waxseal.mail.compose({ subject: "Hello", text: "World", to: ["ann@x.cn"] }));
    await expect.poll(() => mail.outbox.length, { timeout: 10_000 }).toBe(1);
  },
);

test("pg-boss on SQLite is refused by migrate already", async () => {
  const { code, stderr } = await finished(["migrate"], tempFolder(), pgBoss);
  expect(code).toBe(1);
  expect(stderr).toContain('outbox.engine: "pg-boss" works on Postgres alone');
});
