import { expect, test } from "vitest";
import { eachDatabase } from "../../../test/support/postgres.ts";
import { insertWaiting } from "../../../test/support/waiting-messages.ts";
import type { Database } from "../../db/index.ts";
import type { AttemptResult } from "../policy.ts";
import type { Candidate } from "../seams.ts";
import { sharedLimits } from "./shared-limits.ts";
import { createTurnover } from "./turnover.ts";

test("the mean follows what is under way, and what never ends or began elsewhere does not count", () => {
  const turnover = createTurnover();
  expect(turnover.meanMs()).toBeUndefined();
  turnover.end("elsewhere", 5_000);
  expect(turnover.meanMs()).toBeUndefined();
  turnover.begin("a", 1_000);
  turnover.begin("b", 1_000);
  turnover.end("a", 1_100);
  expect(turnover.meanMs()).toBe(100);
  turnover.end("b", 1_200);
  expect(turnover.meanMs()).toBeCloseTo(110);
  turnover.begin("c", 2_000);
  turnover.end("c", 1_000); // the clock was set back
  expect(turnover.meanMs()).toBeCloseTo(99);
});

const start = 1_000_000;
const accepted: AttemptResult = {
  kind: "accepted",
  receipt: { server: "mx:25", accepted: ["ann@example.com"], rejected: [], response: "250 ok" },
};

async function leased(database: Database, ids: readonly string[]): Promise<Candidate[]> {
  const lease = { leaseOwner: "worker", dueAt: start + 30_000, tenant: "acme" };
  return Promise.all(ids.map((id) => insertWaiting(database.kysely, { id, ...lease })));
}

eachDatabase((open) => {
  test("those who wait for a place come back as fast as places become free", async () => {
    const database = await open();
    const limits = sharedLimits({ rules: [{ scope: "tenant", concurrency: 2 }], mailers: ["default"] });
    const within = database.kysely.transaction();
    const untilOf = async (candidates: readonly Candidate[], now: number): Promise<number[]> =>
      (await within.execute((tx) => limits.admit(tx, candidates, now))).flatMap((one) =>
        one.admitted ? [] : [one.until - now],
      );
    const [first, second, ...others] = await leased(database, ["a", "b", "c", "d", "e"]);
    if (first === undefined || second === undefined) throw new Error("none was inserted");
    // Nobody knows yet how long one takes.
    expect(await untilOf([first, second, ...others], start)).toEqual([1_000, 1_050, 1_100]);
    for (const candidate of [first, second])
      await within.execute((tx) => limits.learn(tx, candidate, accepted, start + 80));
    expect(await untilOf(others, start + 2_000)).toEqual([80, 120, 160]);
  });
});
