import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { CompiledQuery, sql } from "kysely";
import { rolldown } from "rolldown";
import { expect, onTestFinished, test, vi } from "vitest";
import { tempFolder } from "../../../test/support/temp-folder.ts";
import { openDatabase } from "../database.ts";

/** Keeps SQLite busy for a good while. */
const slow = sql<{ n: number }>`with recursive c (n) as (select 1 union all select n + 1 from c where n < 1000000)
  select max(n) as n from c`;

test("while a file is read or written, this thread goes on", async () => {
  await using database = await openDatabase(`sqlite:${join(tempFolder(), "mail.db")}`);
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  count();
  const { rows } = await slow.execute(database.kysely);
  isDone = true;
  expect(rows).toEqual([{ n: 1_000_000 }]);
  expect(turns).toBeGreaterThan(10);
});

test("a value that is none for a database is refused, and the next answers are those of their questions", async () => {
  await using database = await openDatabase(`sqlite:${join(tempFolder(), "mail.db")}`);
  const of = (value: unknown): Promise<{ rows: unknown[] }> =>
    database.kysely.executeQuery(CompiledQuery.raw("select ? as v", [value]));
  const answers = await Promise.allSettled([of(1), of(() => {}), of(2), of(Symbol("s")), of(3)]);
  expect(answers.map(({ status }) => status === "fulfilled")).toEqual([true, false, true, false, true]);
  expect(await of(4)).toEqual({ rows: [{ v: 4 }] });
});

test("a last step that cannot be sent leaves no transaction open", async () => {
  await using database = await openDatabase(`sqlite:${join(tempFolder(), "mail.db")}`);
  await sql`create table t (a)`.execute(database.kysely);
  const insert = "insert into t values (?)";
  const failing = database.kysely.transaction().execute(async (tx) => {
    await database.sqlite?.apply(tx, [[[insert, 1]]]);
    await database.sqlite?.apply(tx, [[[insert, () => {}]]], true);
  });
  const behind = database.kysely.transaction().execute(async (tx) => {
    await database.sqlite?.apply(tx, [[[insert, 2]]], true);
  });
  const outcomes = await Promise.allSettled([failing, behind]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  expect((await sql`select a from t`.execute(database.kysely)).rows).toEqual([{ a: 2 }]);
});

test.each([
  ["in this thread, where that is asked for", "mail.db"],
  ["in this thread, where all is in memory", undefined],
])("a database is used %s", async (_name, file) => {
  const path = file === undefined ? ":memory:" : join(tempFolder(), file);
  const started = vi.spyOn(Worker.prototype, "ref");
  onTestFinished(() => started.mockRestore());
  await using database = await openDatabase(`sqlite:${path}`, { thread: file === undefined });
  await sql`create table t (a)`.execute(database.kysely);
  await sql`insert into t values (${Buffer.from("bytes")})`.execute(database.kysely);
  expect((await sql`select cast(a as text) as a from t`.execute(database.kysely)).rows).toEqual([{ a: "bytes" }]);
  expect(started).not.toHaveBeenCalled();
});

test("a thread that is lost fails what waits for it and what comes after, and says what to do", async () => {
  const url = `sqlite:${join(tempFolder(), "mail.db")}`;
  const workers: Worker[] = [];
  const referred = vi.spyOn(Worker.prototype, "ref").mockImplementation(function (this: Worker) {
    workers.push(this);
  });
  onTestFinished(() => referred.mockRestore());
  const database = await openDatabase(url);
  const lost = { code: "WX_DB_LOST", message: expect.stringMatching(/mail\.db.*not committed.*open it again/s) };
  const waiting = slow.execute(database.kysely);
  void workers[0]?.terminate();
  await expect(waiting).rejects.toMatchObject(lost);
  await expect(slow.execute(database.kysely)).rejects.toMatchObject(lost);
  await using again = await openDatabase(url);
  expect((await sql`select 1 as one`.execute(again.kysely)).rows).toEqual([{ one: 1 }]);
});

/** A program that opens a file and goes on with `ending`, bundled in a folder where its packages are found. */
async function program(ending: string, others: Record<string, string>): Promise<string> {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const folder = tempFolder();
  const source = join(folder, "source.ts");
  writeFileSync(
    source,
    `import { sql } from "${join(root, "node_modules", "kysely", "dist", "esm", "index.js")}";
    import { openDatabase } from "${join(root, "src", "db", "index.ts")}";
    const database = await openDatabase("sqlite:${join(folder, "mail.db")}");
    await sql\`create table t (a)\`.execute(database.kysely);
    ${ending}`,
  );
  const bundle = await rolldown({
    input: { program: source, ...others },
    platform: "node",
    tsconfig: join(root, "tsconfig.json"),
    external: ["pg", "@photostructure/sqlite"],
  });
  mkdirSync(join(root, "test-results"), { recursive: true });
  const output = mkdtempSync(join(root, "test-results", "program-"));
  onTestFinished(() => rmSync(output, { recursive: true, force: true }));
  await bundle.write({ dir: output, format: "esm", entryFileNames: "[name].js" });
  await bundle.close();
  return join(output, "program.js");
}

const THREAD = { "sqlite-thread": fileURLToPath(new URL("sqlite-thread.ts", import.meta.url)) };

test("a process ends with a database open, once what it asked is answered", async () => {
  const script = await program(
    `void sql\`insert into t values (1)\`.execute(database.kysely).then(() => console.log("written"));`,
    THREAD,
  );
  const { stdout, status } = spawnSync(process.execPath, ["--no-warnings", script], {
    encoding: "utf8",
    timeout: 15_000,
  });
  expect({ stdout, status }).toEqual({ stdout: "written\n", status: 0 });
});

test("in a program that was bundled into one file, the file is used in its own thread", async () => {
  const script = await program(
    `console.log(JSON.stringify((await sql\`select 1 as one\`.execute(database.kysely)).rows));`,
    {},
  );
  const { stdout, stderr } = spawnSync(process.execPath, ["--no-warnings", script], {
    encoding: "utf8",
    timeout: 15_000,
  });
  expect({ stdout, stderr }).toEqual({ stdout: '[{"one":1}]\n', stderr: "" });
});
