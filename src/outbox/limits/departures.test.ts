import { expect, test } from "vitest";
import { eachDatabase } from "../../../test/support/postgres.ts";
import { candidateOf, insertWaiting, type WaitingMessage } from "../../../test/support/waiting-messages.ts";
import type { Database } from "../../db/index.ts";
import { fixedClock } from "../../testing/clock.ts";
import { createOutbox } from "../outbox.ts";
import type { Candidate } from "../seams.ts";
import { createLimits, type Limits, type LimitsOptions } from "./limits.ts";

const start = Date.UTC(2026, 0, 1);
const [MINUTE, HOUR] = [60_000, 3_600_000];

interface Rig {
  database: Database;
  limits: Limits;
  clock: ReturnType<typeof fixedClock>;
  add(message: WaitingMessage): Promise<Candidate>;
}

function rigOn(database: Database, options: Omit<LimitsOptions, "database"> = {}): Rig {
  const clock = fixedClock(start);
  const limits = createLimits({ database, mailers: ["default", "backup"], ...options, clock });
  return { database, limits, clock, add: (message) => insertWaiting(database.kysely, message) };
}

eachDatabase((open) => {
  test("a page of messages is told what each is told alone, in one look", async () => {
    const rules = [
      { scope: "mailer" as const, key: "default", windows: [{ count: 4, seconds: 900 }], criticalReserve: 0 },
      { scope: "domain" as const, key: "qq.com", windows: [{ count: 1, seconds: 86_400 }], criticalReserve: 0 },
    ];
    const { database, limits, clock, add } = rigOn(await open(), { rules });
    const { kysely } = database;
    await kysely
      .transaction()
      .execute((tx) => limits.admit(tx, [candidateOf({ id: "gone", addresses: ["a@qq.com"] })], start));
    await limits.pause("tenant:acme", start + HOUR);
    const all: Candidate[] = [];
    for (let index = 0; index < 10; index++) all.push(await add({ id: `m${index}`, dueAt: start - 500 + index }));
    all.push(await add({ id: "qq", addresses: ["b@qq.com", "c@example.com"], dueAt: start - 9 }));
    all.push(await add({ id: "acme", tenant: "acme", dueAt: start - 8 }));
    all.push(await add({ id: "urgent", priority: "critical", dueAt: start - 7 }));
    all.push(await add({ id: "other", mailer: "backup", dueAt: start - 6 }));
    all.push(await add({ id: "later", dueAt: start + 3 * HOUR }));
    const found = await limits.departures?.(kysely, all, clock.now());
    for (const { message } of all) {
      const { leavesAt, reason } = (await limits.forecast(message.id)) ?? {};
      expect(found?.get(message.id), message.id).toEqual({ at: leavesAt, reason });
    }
    expect(found?.get("m0")).toEqual({ at: start, reason: undefined });
    expect(found?.get("m9")?.at).toBeGreaterThan(start + 15 * MINUTE);
    expect(found?.get("qq")?.reason?.key).toBe("domain:qq.com");
    expect(found?.get("acme")).toMatchObject({ at: start + HOUR, reason: { key: "tenant:acme" } });
    expect(found?.get("other")).toEqual({ at: start, reason: undefined });
    expect(found?.get("later")).toMatchObject({ at: start + 3 * HOUR, reason: { kind: "scheduled" } });
  });

  test("what goes by another mailer meanwhile does not wait for its own", async () => {
    const rules = [{ scope: "mailer" as const, key: "default", spillOver: "backup" }];
    const { limits, clock, add } = rigOn(await open(), { rules });
    await add({ id: "m", dueAt: start });
    await limits.pause("mailer:default", start + HOUR);
    expect(await limits.forecast("m")).toMatchObject({ leavesAt: start, reason: undefined });
    clock.advance(HOUR - 30_000); // too short to change over
    expect(await limits.forecast("m")).toMatchObject({ leavesAt: start + HOUR });
    clock.advance(30_000 - HOUR);
    await limits.pause("mailer:backup", start + 2 * HOUR);
    expect(await limits.forecast("m")).toMatchObject({ leavesAt: start + HOUR, reason: { key: "mailer:default" } });
  });

  test("what was put off for a scope that is open again says so, and can be let go", async () => {
    const { database, limits, clock, add } = rigOn(await open());
    const candidate = await add({ id: "m", dueAt: start });
    await limits.pause("domain:example.com", start + HOUR);
    const [held] = await database.kysely.transaction().execute((tx) => limits.admit(tx, [candidate], start));
    if (held?.admitted !== false) throw new Error("it was let through");
    const put = { due_at: held.until, wait: JSON.stringify(held.reason) };
    await database.kysely.updateTable("outbox_messages").set(put).where("id", "=", "m").execute();
    const outbox = createOutbox({ database, mailer: () => expect.fail("nothing is sent"), gate: limits, clock });
    expect(await outbox.get("m")).toMatchObject({ nextAttemptAt: start + HOUR, wait: { kind: "pause" } });
    expect(await limits.resume("domain:example.com")).toBe(true);
    const [message] = await outbox.list();
    expect(message).toMatchObject({
      nextAttemptAt: start + HOUR,
      wait: { kind: "scheduled", detail: "it was put off for domain:example.com, which is open again" },
    });
    expect(await outbox.release("m")).toBe(true);
    expect(await outbox.get("m")).toMatchObject({ nextAttemptAt: start, wait: undefined });
  });

  test("the list, the message and the forecast say one time, and what may go now keeps the time since when it may", async () => {
    const { database, limits, clock, add } = rigOn(await open());
    await add({ id: "a", dueAt: start - 5_000 });
    await add({ id: "b", dueAt: start + MINUTE });
    await add({ id: "sending", dueAt: start + MINUTE, leaseOwner: "worker" });
    const outbox = createOutbox({ database, mailer: () => expect.fail("nothing is sent"), gate: limits, clock });
    const times = async () => (await outbox.list()).map(({ id, nextAttemptAt = 0 }) => [id, nextAttemptAt - start]);
    expect(await times()).toEqual([
      ["sending", MINUTE],
      ["b", MINUTE],
      ["a", -5_000],
    ]);
    await limits.pause("mailer:default", start + HOUR, { detail: "the invoices are wrong" });
    expect(await times()).toEqual([
      ["sending", MINUTE],
      ["b", HOUR],
      ["a", HOUR],
    ]);
    expect(await outbox.get("a")).toMatchObject({ nextAttemptAt: (await limits.forecast("a"))?.leavesAt });
    expect((await outbox.get("b"))?.wait).toEqual({
      kind: "pause",
      key: "mailer:default",
      detail: "mailer:default rests (operator): the invoices are wrong",
      zh: "mailer:default 暂停发送（人工暂停）：the invoices are wrong",
    });
  });

  test("whoever delivers hears at once that a scope is open again, unless the caller has yet to commit", async () => {
    const { database, limits } = rigOn(await open());
    let woken = 0;
    limits.watch?.(() => woken++);
    expect(await limits.resume("mailer:default")).toBe(false);
    await limits.pause("mailer:default", start + HOUR);
    expect(woken).toBe(0);
    expect(await limits.resume("mailer:default")).toBe(true);
    expect(woken).toBe(1);
    await limits.pause("mailer:default", start + HOUR);
    await database.kysely.transaction().execute((tx) => limits.resume("mailer:default", { tx }));
    expect(woken).toBe(1);
  });

  test("an operator's word is one commit with what else is written, or none of it", async () => {
    const { database, limits } = rigOn(await open());
    const failed = database.kysely.transaction().execute(async (tx) => {
      await limits.pause("mailer:default", start + HOUR, { tx });
      expect((await limits.list({ tx }))[0]).toMatchObject({ key: "mailer:default", phase: "closed" });
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(await limits.list()).toEqual([]);
    await database.kysely.transaction().execute(async (tx) => {
      await limits.pause("mailer:default", start + HOUR, { tx });
      expect(await limits.resume("mailer:default", { tx })).toBe(true);
    });
    expect(await limits.resume("mailer:default")).toBe(false);
  });
});
