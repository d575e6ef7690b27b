import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { run } from "../../test/support/run-command.ts";
import { tempFolder } from "../../test/support/temp-folder.ts";
import { migrate, openDatabase } from "../index.ts";
import { listLimits, pauseLimits, resumeLimits } from "./limits.ts";

let database: string;

beforeEach(async () => {
  database = `sqlite:${join(tempFolder(), "test.db")}`;
  await using opened = await openDatabase(database);
  await migrate(opened);
});

test("a scope is paused for a time and a reason, shown so, and resumed", async () => {
  expect((await run(() => listLimits({ database }))).out).toBe("Nothing is limited, and nothing rests.");
  const paused = await run(() =>
    pauseLimits(["mailer:default"], { database, for: "2h", why: "wrong\u001b[2J invoices" }),
  );
  expect(paused.out).toMatch(/^mailer:default rests until \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ\.$/);
  const { out } = await run(() => listLimits({ database }));
  expect(out).toContain("mailer:default");
  expect(out).toContain("rests until");
  expect(out).toContain("operator: wrong\\u001b[2J invoices");
  const [scope] = JSON.parse((await run(() => listLimits({ database, json: true }))).out);
  expect(scope).toMatchObject({ key: "mailer:default", phase: "closed", reason: "operator" });
  expect(scope.pausedUntil - Date.now()).toBeGreaterThan(7_190_000);

  expect((await run(() => resumeLimits(["mailer:default"], { database }))).out).toBe("mailer:default is open again.");
  const again = await run(() => resumeLimits(["mailer:default"], { database }));
  expect(again).toMatchObject({ status: 1, err: expect.stringContaining("it does not rest") });
});

test("a scope that delivers fewer at once since it was refused for more says so, until it is resumed", async () => {
  const now = Date.now();
  const pace = JSON.stringify({ concurrency: { count: 4, refusedAt: now, reviewedAt: now } });
  const row = { key: "mailer:default", until: 0, reason: "rate", detail: "421 HL:ICC", failures: 0, probe: null, pace };
  await using opened = await openDatabase(database);
  await opened.kysely
    .insertInto("outbox_pauses")
    .values({ ...row, detail_zh: null, updated_at: now })
    .execute();
  const { out } = await run(() => listLimits({ database }));
  for (const words of [
    "4 at once, learned",
    "rate: 421 HL:ICC",
    `fewer at once since ${new Date(now).toISOString().slice(0, 10)}`,
  ])
    expect(out).toContain(words);
  const [scope] = JSON.parse((await run(() => listLimits({ database, json: true }))).out);
  expect(scope).toMatchObject({ concurrency: 4, learnedConcurrency: { limit: 4, refusedAt: now } });
  await run(() => resumeLimits(["mailer:default"], { database }));
  expect((await run(() => listLimits({ database }))).out).toBe("Nothing is limited, and nothing rests.");
});

test("what can be no scope and no time is refused before anything is changed", async () => {
  await expect(pauseLimits(["default"], { database })).rejects.toThrow(/Give mailer:NAME, account:NAME/);
  await expect(pauseLimits(["mailer:default"], { database, for: "2 hours" })).rejects.toThrow(
    '--for: it is "2 hours"; it must be minutes, hours or days, such as 30m, 2h or 1d.',
  );
});
