import { CompiledQuery, type KyselyPlugin } from "kysely";
import { expect, test } from "vitest";
import { testDatabase } from "../../../test/support/test-database.ts";
import type { Database, Queryable } from "../../db/index.ts";
import { findMark } from "../store/marks.ts";
import {
  findByMessageIds,
  findByProviderId,
  insertBounce,
  listLatest,
  listOfMessage,
  listStanding,
  lockMessage,
  setMessageState,
  setRecipientState,
} from "./store.ts";

const bounce = {
  id: "1",
  fingerprint: "f",
  message_id: null,
  address: "a",
  kind: "delayed",
  status: "",
  detail: "",
  source: "",
  at: 1,
};

test.each<[string, (db: Queryable) => Promise<unknown>, RegExp]>([
  ["messages by Message-ID", (db) => findByMessageIds(db, ["<a>", "<b>"]), /USING .*outbox_by_message_id/],
  ["messages by the provider's id", (db) => findByProviderId(db, "x"), /USING .*outbox_attempts_by_receipt/],
  ["a message", (db) => lockMessage(db, "x"), /USING (?:PRIMARY KEY|.*autoindex)/],
  ["its recipients", (db) => listStanding(db, "x"), /USING (?:PRIMARY KEY|.*autoindex)/],
  [
    "a recipient",
    (db) => setRecipientState(db, { id: "x", position: 0 }, { state: "", detail: "" }),
    /PRIMARY KEY|autoindex/,
  ],
  ["a message's state", (db) => setMessageState(db, "x", "failed"), /USING (?:PRIMARY KEY|.*autoindex)/],
  ["what came back of a message", (db) => listOfMessage(db, "x"), /USING .*outbox_bounces_by_message/],
  ["the latest that came back", (db) => listLatest(db, 10), /USING INDEX outbox_bounces_by_time/],
  ["a mark", (db) => findMark(db, "x"), /USING .*autoindex/],
])("%s are found by an index, without a look through the table", async (_name, statement, plan) => {
  const lines = await plansOf(await testDatabase(), statement);
  expect(lines.join("\n")).toMatch(plan);
  expect(lines.filter((line) => /^SCAN (?!.*USING INDEX outbox_bounces_by_time)/.test(line))).toEqual([]);
});

test("the same fingerprint is taken once", async () => {
  const { kysely } = await testDatabase();
  expect(await insertBounce(kysely, bounce)).toBe(true);
  expect(await insertBounce(kysely, { ...bounce, id: "2" })).toBe(false);
});

/** How SQLite would find the rows of what a function of the store runs. */
async function plansOf({ kysely }: Database, statement: (db: Queryable) => Promise<unknown>): Promise<string[]> {
  const plans: Promise<string[]>[] = [];
  const plugin: KyselyPlugin = {
    transformQuery: ({ node, queryId }) => {
      const { sql, parameters } = kysely.getExecutor().compileQuery(node, queryId);
      plans.push(plan(CompiledQuery.raw(`explain query plan ${sql}`, [...parameters])));
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const plan = async (query: CompiledQuery): Promise<string[]> => {
    const { rows } = await kysely.executeQuery<{ detail: string }>(query as CompiledQuery<{ detail: string }>);
    return rows.map(({ detail }) => detail);
  };
  await statement(kysely.withPlugin(plugin));
  return (await Promise.all(plans)).flat();
}
