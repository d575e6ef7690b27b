import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { expect, test } from "vitest";
import { createRecent } from "../recent.ts";
import { testDatabase } from "../../../test/support/test-database.ts";
import type { Queryable, Schema } from "../../db/index.ts";
import { laneDepth } from "./depths.ts";
import { listMessages } from "./lists.ts";
import { listRedrivable } from "./operations.ts";
import { sqliteStore } from "./sqlite.ts";

type Select = (sql: string, lists: readonly (readonly unknown[])[]) => Promise<never[][]>;

async function statements(): Promise<Select> {
  const { sqlite, kysely } = await testDatabase();
  return (sql, lists) => sqlite?.select<never>(kysely, sql, lists) ?? expect.unreachable();
}

/** How SQLite would run a statement. */
async function planOf(real: Select, sql: string, parameters: readonly unknown[] = []): Promise<string> {
  const [rows = []] = await real(`explain query plan ${sql}`, [parameters]);
  return rows.map(({ detail }: { detail: string }) => detail).join("; ");
}

/** A database that runs nothing, and writes down how SQLite would run what it is asked. */
function planner(real: Select, plans: string[]): Queryable {
  const connection = {
    executeQuery: async ({ sql, parameters }: { sql: string; parameters: readonly unknown[] }) => {
      plans.push(await planOf(real, sql, parameters));
      return { rows: [] };
    },
    streamQuery: () => expect.unreachable(),
  };
  const nothing = async (): Promise<void> => {};
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createDriver: () => ({
        init: nothing,
        acquireConnection: async () => connection,
        beginTransaction: nothing,
        commitTransaction: nothing,
        rollbackTransaction: nothing,
        releaseConnection: nothing,
        destroy: nothing,
      }),
    },
  });
}

test("no hot statement scans a table, or sorts", async () => {
  const real = await statements();
  const plans: string[] = [];
  const look = async (sql: string, parameters: readonly unknown[]): Promise<void> => {
    if (!sql.startsWith("insert")) plans.push(`${sql}: ${await planOf(real, sql, parameters)}`);
  };
  const store = sqliteStore({
    select: async (_tx, sql, lists) => {
      await look(sql, lists[0] ?? []);
      return real(sql, lists);
    },
    selectAll: async (_tx, asks) => {
      for (const { sql, lists } of asks) await look(sql, lists[0] ?? []);
      return Promise.all(asks.map(({ sql, lists }) => real(sql, lists)));
    },
    apply: async (_tx, units) => {
      for (const [sql, ...values] of units.flat()) await look(sql, values);
      return units.map(() => true);
    },
  });
  const tx = planner(real, []);
  const lease = { owner: "o", now: 1, until: 2 };
  await store.claim(
    tx,
    [{ mailer: "default", priority: 2, limit: 5 }],
    5,
    lease,
    createRecent(() => 0),
  );
  await store.claim(
    tx,
    [{ mailer: "default", priority: 2, tenant: "t", limit: 5 } as const],
    5,
    lease,
    createRecent(() => 0),
  );
  await store.waiting(tx, [{ mailer: "default", priority: 2, from: "", limit: 5 }], 1, 5);
  await store.claimByIds(tx, ["x"], lease);
  await store.recipients(tx, ["x"]);
  await store.bodies(tx, ["x"]);
  await store.contents(tx, ["x"], ["x"]);
  await store.renew(tx, ["x"], lease);
  await store.release(tx, ["x"], "o", 1);
  await store.mailers(tx);
  await store.nextDue(tx, ["default"], 1);
  await store.abandoned(tx, 1);
  expect(plans.length).toBeGreaterThan(8);
  expect(plans.filter((plan) => /\bSCAN (?!found\b|due\b|CONSTANT ROW)|TEMP B-TREE/.test(plan))).toEqual([]);
});

test.each([
  ["what failed", { state: "failed" }, "outbox_attention"],
  ["what waits", { state: "queued" }, "outbox_attention"],
  ["what is being sent", { state: "sending" }, "outbox_leases"],
  ["a group", { group: "g" }, "outbox_groups"],
  ["the next page", { before: "x" }, "SEARCH outbox_messages USING PRIMARY KEY"],
] as const)("the list of %s is served by an index", async (_name, options, index) => {
  const plans: string[] = [];
  await listMessages(planner(await statements(), plans), options);
  expect(plans[0]).toContain(index);
});

test("the messages of a recipient are walked through by the key, a stretch at a time", async () => {
  const plans: string[] = [];
  await listMessages(planner(await statements(), plans), { recipient: "a@x.cn" }, { from: "a", to: "b" });
  expect(plans[0]).toContain("SEARCH outbox_recipients USING PRIMARY KEY (message_id>? AND message_id<?)");
});

test("what is due is counted, and what is sent again is found, by an index", async () => {
  const plans: string[] = [];
  const db = planner(await statements(), plans);
  await laneDepth(db, { mailer: "default", priority: 0, now: 1 }).catch(() => {}); // a count that gives no row
  await listRedrivable(db, { state: "failed" });
  expect(plans[0]).toContain("outbox_due");
  expect(plans[1]).toContain("outbox_attention");
});
