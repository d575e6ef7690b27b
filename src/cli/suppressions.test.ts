import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { run } from "../../test/support/run-command.ts";
import { tempFolder } from "../../test/support/temp-folder.ts";
import { migrate, openDatabase } from "../index.ts";
import {
  addSuppressions,
  exportSuppressions,
  importSuppressions,
  listSuppressions,
  removeSuppressions,
} from "./suppressions.ts";

let folder: string;
let database: string;

beforeEach(async () => {
  folder = tempFolder();
  database = `sqlite:${join(folder, "test.db")}`;
  await using opened = await openDatabase(database);
  await migrate(opened);
});

test("what is added is listed, and what is removed is not", async () => {
  expect((await run(() => listSuppressions({ database }))).out).toBe("Nobody is on the list.");
  const added = await run(() =>
    addSuppressions(["Ann@example.com", "eve@example.com"], { database, reason: "bounce", days: "30", detail: "550" }),
  );
  expect(added.out).toMatch(/^Ann@example\.com: bounce, all streams, until \d{4}-\d\d-\d\d\.\neve@/);
  const { out } = await run(() => listSuppressions({ database, prefix: "ann" }));
  expect(out).toMatch(/Ann@example\.com.*all.*bounce.*550/);
  expect(out).not.toContain("eve@");
  const removed = await run(() => removeSuppressions(["ann@example.com", "zoe@example.com"], { database }));
  expect(removed).toEqual({
    out: "ann@example.com: bounce, all streams, removed.",
    err: "zoe@example.com: there is no such entry.",
    status: 1,
  });
  expect((await run(() => listSuppressions({ database, prefix: "ann" }))).out).toBe("Nobody is on the list.");
});

test("a longer list says that there is more", async () => {
  await run(() => addSuppressions(["a@example.com", "b@example.com", "c@example.com"], { database }));
  const { out } = await run(() => listSuppressions({ database, limit: "2" }));
  expect(out).toContain("b@example.com");
  expect(out).not.toContain("c@example.com");
  expect(out).toContain("There are more");
});

test("an address cannot move the cursor of whoever looks", async () => {
  await run(() => addSuppressions(["a@example.com"], { database, detail: "\u001b[2J" }));
  expect((await run(() => listSuppressions({ database }))).out).not.toContain("\u001b[2J");
});

test("a file is read in, its broken lines are shown, and the list is written as a file that only its owner reads", async () => {
  const file = join(folder, "ses.csv");
  writeFileSync(file, "EmailAddress,Reason\nann@example.com,COMPLAINT\nnobody,BOUNCE\n");
  const { out, err, status } = await run(() => importSuppressions(file, { database, stream: "news" }));
  expect(out).toBe("1 of 2 lines are on the list.");
  expect(err).toMatch(/^1 line was skipped:\n {2}line 3: .*no @/);
  expect(status).toBe(1);
  const target = join(folder, "out.csv");
  await exportSuppressions(target, { database });
  expect(readFileSync(target, "utf8")).toMatch(/^address,stream,reason,.*\nann@example\.com,news,complaint,,.*,\n$/);
});

test.each([
  [() => listSuppressions({ database, reason: "boune" }), /there is no reason "boune"\. Did you mean bounce\?/],
  [() => listSuppressions({ database, limit: "many" }), /it is "many"; it must be a whole number/],
  [() => addSuppressions(["a@example.com"], { database, days: "0" }), /it is "0"; it must be a whole number/],
  [() => importSuppressions(join(folder, "none.csv"), { database }), /no such file/],
  [() => addSuppressions(["nobody"], { database }), /has no @/],
])("what cannot be done is said by name (%#)", async (command, words) => {
  await expect(command()).rejects.toThrow(words);
});
