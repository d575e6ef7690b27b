/** `waxseal migrate --to`: from a SQLite file to a real Postgres, as a person does it. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { migrate, openDatabase } from "../../src/db/index.ts";
import { freshPostgres, postgresMissing } from "../support/postgres.ts";
import { runCli } from "../support/run-cli.ts";
import { tempFolder } from "../support/temp-folder.ts";

async function finished(args: readonly string[], cwd: string) {
  const run = runCli(args, { cwd });
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
