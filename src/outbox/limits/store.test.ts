import { expect, test } from "vitest";
import { testDatabase } from "../../../test/support/test-database.ts";
import { insertWaiting } from "../../../test/support/waiting-messages.ts";
import type { Queryable } from "../../db/index.ts";
import { countAhead, isLeased, listLeased, readWindows } from "./store.ts";

/** How SQLite would run each query of `work`, and each query within one. */
async function plansOf(db: Queryable, work: (db: Queryable) => Promise<unknown>): Promise<string[]> {
  const pending: Promise<string[]>[] = [];
  const watched = db.withPlugin({
    transformQuery: ({ node, queryId }) => {
      const compiled = db.getExecutor().compileQuery(node, queryId);
      const explaining = { ...compiled, sql: `explain query plan ${compiled.sql}` };
      pending.push(
        db.executeQuery<{ detail: string }>(explaining).then(({ rows }) => rows.map(({ detail }) => detail)),
      );
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  await work(watched);
  return (await Promise.all(pending)).map((details) => details.join("; "));
}

test("no query reads the table of messages: place and leases come from the indexes of what is due and of what is held", async () => {
  const { kysely: db } = await testDatabase();
  await insertWaiting(db, { id: "m" });
  const place = { mailer: "default", priority: 2, dueAt: 5, now: 10 };
  const ahead = await plansOf(db, (watched) => countAhead(watched, place, 100));
  expect(ahead.length).toBeGreaterThanOrEqual(3);
  for (const plan of ahead) {
    expect(plan).toContain("USING COVERING INDEX outbox_due (mailer=? AND priority=? AND due_at<?)");
  }
  const leased = await plansOf(db, (watched) =>
    listLeased(watched, ["default", "other"], { now: 10, leaseMs: 60_000 }),
  );
  expect(leased[0]).toContain("USING INDEX outbox_leases (due_at>? AND due_at<?)");
  const [one, windows] = await plansOf(db, async (watched) => {
    await isLeased(watched, "m", 10);
    await readWindows(watched, ["mailer:default", "domain:qq.com"]);
  });
  expect(one).toContain("PRIMARY KEY (id=?)");
  expect(windows).toContain("PRIMARY KEY (key=?)");
});

test("more urgent messages that come later go before, less urgent ones do not, and no more are counted than asked", async () => {
  const { kysely: db } = await testDatabase();
  await insertWaiting(db, { id: "urgent", priority: "critical", dueAt: 90 });
  await insertWaiting(db, { id: "urgent-later", priority: "critical", dueAt: 200 });
  for (const index of [1, 2, 3]) await insertWaiting(db, { id: `n${index}`, dueAt: index });
  await insertWaiting(db, { id: "low", priority: "low", dueAt: 1 });
  const place = { mailer: "default", priority: 2, dueAt: 50, now: 100 };
  expect(await countAhead(db, place, 100)).toBe(4);
  expect(await countAhead(db, { ...place, dueAt: 300 }, 100)).toBe(5);
  expect(await countAhead(db, place, 2)).toBe(2);
});
