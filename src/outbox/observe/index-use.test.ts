/** Every statement of the observers is served by an index: a table of a million rows costs what a small one does. */
import { CompiledQuery, type KyselyPlugin, type RootOperationNode } from "kysely";
import { expect, test } from "vitest";
import { testDatabase } from "../../../test/support/test-database.ts";
import type { Database } from "../../db/index.ts";
import { measureDepth } from "./metrics/depth.ts";
import {
  claimCalls,
  countWaiting,
  endpointsWaiting,
  giveUpCalls,
  goneUrl,
  nextDueAt,
  settleCall,
} from "./webhooks/store.ts";

/** The plans of the statements that `work` runs. */
async function plansOf(database: Database, work: (database: Database) => Promise<unknown>): Promise<string[]> {
  const nodes: { node: RootOperationNode; queryId: Parameters<KyselyPlugin["transformQuery"]>[0]["queryId"] }[] = [];
  const plugin: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      nodes.push({ node, queryId });
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  await work({ ...database, kysely: database.kysely.withPlugin(plugin) });
  const plans: string[] = [];
  for (const { node, queryId } of nodes) {
    const { sql, parameters } = database.kysely.getExecutor().compileQuery(node, queryId);
    const explain = CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]);
    const { rows } = await database.kysely.executeQuery<{ detail: string }>(explain);
    plans.push(...rows.map(({ detail }) => detail));
  }
  return plans;
}

test("no statement scans the messages, or the calls", async () => {
  const database = await testDatabase();
  const call = {
    id: "c1",
    endpoint: "crm",
    payload: "{}",
    attempts: 0,
    created_at: 1,
    due_at: 1,
    lease_owner: null,
    detail: "",
    finished_at: null,
  };
  await database.kysely.insertInto("outbox_webhook_calls").values(call).execute();
  const plans = await plansOf(database, async (watched) => {
    const { kysely } = watched;
    await measureDepth(kysely, 1_000);
    await claimCalls(watched, { endpoint: "crm", owner: "o", now: 1_000, until: 2_000, limit: 5 });
    await nextDueAt(kysely, "crm");
    await endpointsWaiting(kysely);
    await countWaiting(kysely, "crm", 10);
    await goneUrl(kysely, "crm");
    await settleCall(kysely, { id: "c1", owner: "o" }, { attempts: 1, due_at: 5, finished_at: null, detail: "" });
    await giveUpCalls(kysely, { endpoint: "crm", before: 10, now: 1_000, detail: "" });
  });
  const steps = plans.filter((plan) => /^(?:SCAN|SEARCH)/.test(plan));
  expect(steps.length).toBeGreaterThan(15);
  // The subqueries that count are scanned, and they are bounded; the pauses are few.
  const scans = steps.filter((step) => step.startsWith("SCAN"));
  expect(scans.filter((step) => !/^SCAN (?:due|later|found|waiting|outbox_pauses|CONSTANT ROW)/.test(step))).toEqual(
    [],
  );
  expect(steps.filter((step) => step.includes("outbox_due")).length).toBeGreaterThan(0);
  expect(plans.filter((plan) => plan.includes("TEMP B-TREE"))).toEqual([]);
});
