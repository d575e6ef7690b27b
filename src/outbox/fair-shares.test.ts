import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { composedMail, outboxOn, receiptFor, scriptedBackend } from "../../test/support/outbox.ts";
import { eachDatabase } from "../../test/support/postgres.ts";
import { testDatabase } from "../../test/support/test-database.ts";
import { until } from "../../test/support/until.ts";
import type { Queryable } from "../db/index.ts";
import { createFairShares } from "./fair-shares.ts";
import { createLimits, type EnqueueOptions, type Outbox } from "./index.ts";
import type { MessageRow } from "./rows.ts";
import type { Lane, Waiting } from "./store/hot.ts";

/** Queues so many messages, to `name-0`, `name-1` and so on. */
async function queue(outbox: Outbox, name: string, count: number, options: EnqueueOptions = {}): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => index);
  await outbox.enqueueMany(
    numbers.map((number) => ({ message: composedMail(`${name}-${number}`, [`${name}-${number}@x.cn`]), options })),
  );
}

/** Whose messages were sent, in their order. */
function names(sent: readonly { to: readonly string[] }[]): string[] {
  return sent.map(({ to }) => /^(.*)-/.exec(to[0] ?? "")?.[1] ?? "");
}

eachDatabase((open) => {
  test("a tenant's burst holds nobody up, be it another tenant or mail of none", async () => {
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(await open(), backend, { concurrency: 8 });
    await queue(outbox, "big", 600, { tenant: "big" });
    await queue(outbox, "small", 10, { tenant: "a small one" });
    await queue(outbox, "nobody", 10);
    outbox.start();
    await until(() => sent.length === 620);
    const order = names(sent);
    expect(order.lastIndexOf("small")).toBeLessThan(100);
    expect(order.lastIndexOf("nobody")).toBeLessThan(100);
  });

  test("a mailer that is slow does not keep the places from another", async () => {
    const slow = scriptedBackend(async ({ to }) => sleep(30).then(() => receiptFor(to)));
    const quick = scriptedBackend();
    const outbox = outboxOn(await open(), quick.backend, {
      concurrency: 8,
      mailer: (name) => (name === "slow" ? slow.backend : quick.backend),
    });
    await queue(outbox, "slow", 300, { using: "slow" });
    await queue(outbox, "quick", 40);
    outbox.start();
    await until(() => quick.sent.length === 40);
    expect(slow.sent.length).toBeLessThan(150);
  });

  test("of more tenants than one claim looks at, each has his turn", async () => {
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(await open(), backend, { concurrency: 10 });
    await queue(outbox, "big", 2_000, { tenant: "t050 and more" });
    for (let number = 0; number < 100; number++) {
      const tenant = `t${String(number).padStart(3, "0")}`;
      await queue(outbox, tenant, 2, { tenant });
    }
    outbox.start();
    await until(() => sent.length === 2_200);
    const order = names(sent);
    const last = Math.max(...[...new Set(order)].filter((name) => name !== "big").map((name) => order.indexOf(name)));
    expect(last).toBeLessThan(400);
  });

  test("tenants whose mail is for later stand in nobody's way", async () => {
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(await open(), backend, { concurrency: 8 });
    const sendAt = Date.now() + 86_400_000;
    for (let number = 100; number < 240; number++) await queue(outbox, "later", 1, { tenant: `t${number}`, sendAt });
    await queue(outbox, "big", 1_000, { tenant: "u" });
    await queue(outbox, "small", 10, { tenant: "v" });
    outbox.start();
    await until(() => sent.length === 1_010);
    expect(names(sent).lastIndexOf("small")).toBeLessThan(250);
  });

  test("what is urgent goes first all the same", async () => {
    const { backend, sent } = scriptedBackend();
    const outbox = outboxOn(await open(), backend, { concurrency: 4 });
    await queue(outbox, "low", 50, { tenant: "b", priority: "low" });
    await queue(outbox, "high", 50, { tenant: "a", priority: "high" });
    outbox.start();
    await until(() => sent.length === 100);
    expect(names(sent).lastIndexOf("high")).toBeLessThan(names(sent).indexOf("low") + 8);
  });

  test("a rule of the mailer is shared by the tenants that wait for it", async () => {
    const database = await open();
    const { backend, sent } = scriptedBackend();
    const rules = [
      { scope: "mailer", key: "default", windows: [{ count: 10, seconds: 1 }], criticalReserve: 0 },
    ] as const;
    const gate = createLimits({ database, rules });
    const outbox = outboxOn(database, backend, { concurrency: 4, gate });
    await queue(outbox, "big", 200, { tenant: "big" });
    await queue(outbox, "small", 5, { tenant: "small" });
    outbox.start();
    await until(() => names(sent).filter((name) => name === "small").length === 5);
    expect(sent.length).toBeLessThan(60);
  });
});

describe("what is divided", () => {
  const lanes: Lane[] = [0, 1, 2, 3].map((priority) => ({ mailer: "default", priority, limit: 10 }));
  const full = Array.from({ length: 10 }, () => ({ mailer: "default", priority: 2 }) as MessageRow);
  const waiting = (tenant: string, count: number): Waiting => ({ mailer: "default", priority: 2, tenant, count });

  async function sharesOf(found: readonly Waiting[], underWay: readonly Pick<MessageRow, "mailer" | "tenant">[] = []) {
    let [asked, at] = [0, 0];
    const store = {
      waiting: (_tx: Queryable, some: readonly (Lane & { from: string })[]) => {
        asked++;
        return found.filter((one) =>
          some.some(({ priority, from }) => one.priority === priority && one.tenant >= from),
        );
      },
    };
    const shares = createFairShares({ store, underWay: () => underWay, monotonic: () => at });
    const { kysely } = await testDatabase();
    return {
      divide: (limit: number) => shares.divide(kysely, lanes, limit, 0),
      found: (rows: readonly MessageRow[]) => shares.found(lanes, 10, rows),
      asked: () => asked,
      wait: (ms: number) => (at += ms),
    };
  }

  const limits = (some: readonly Lane[]) =>
    some.map((lane) => ["tenant" in lane ? lane.tenant : undefined, lane.limit]);

  test("nothing is asked as long as all that is due finds a place", async () => {
    const shares = await sharesOf([waiting("a", 5), waiting("b", 5)]);
    expect(await shares.divide(10)).toEqual(lanes);
    shares.found(full.slice(1));
    expect(await shares.divide(10)).toEqual(lanes);
    expect(shares.asked()).toBe(0);
  });

  test("a full claim is divided: by who has the least under way, and no one gets more than he has waiting", async () => {
    const shares = await sharesOf(
      [waiting("", 2), waiting("a", 10), waiting("b", 10)],
      [..."aaab"].map((tenant) => ({ mailer: "default", tenant })),
    );
    shares.found(full);
    // Under way at the end: a 5, b 6, those of no tenant 2; of a and b, who are level after six, a comes first.
    expect(limits(await shares.divide(10))).toEqual([
      ["", 2],
      ["a", 3],
      ["b", 5],
    ]);
  });

  test("who was served last comes last of those who are level", async () => {
    const shares = await sharesOf([waiting("a", 1), waiting("b", 1), waiting("c", 1)]);
    shares.found(full);
    const served = [];
    for (let turn = 0; turn < 4; turn++) served.push(...limits(await shares.divide(1)));
    expect(served).toEqual([
      ["a", 1],
      ["b", 1],
      ["c", 1],
      ["a", 1],
    ]);
  });

  test("who waits alone is not asked about again for a second", async () => {
    const shares = await sharesOf([waiting("a", 10)]);
    shares.found(full);
    for (let turn = 0; turn < 3; turn++) expect(await shares.divide(10)).toEqual(lanes);
    expect(shares.asked()).toBe(1);
    shares.wait(1_001);
    await shares.divide(10);
    expect(shares.asked()).toBe(2);
  });
});
