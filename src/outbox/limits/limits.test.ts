import * as fc from "fast-check";
import { expect, test } from "vitest";
import { eachDatabase } from "../../../test/support/postgres.ts";
import { runs } from "../../../test/support/property.ts";
import { candidateOf, insertWaiting, type WaitingMessage } from "../../../test/support/waiting-messages.ts";
import { type Database, migrate, openDatabase, type Queryable } from "../../db/index.ts";
import { findProvider } from "../../mail/index.ts";
import { fixedClock } from "../../testing/clock.ts";
import type { AttemptResult } from "../policy.ts";
import type { Admission, Candidate } from "../seams.ts";
import {
  type SharedLimits as Limits,
  sharedLimits,
  type SharedLimitsOptions as LimitsOptions,
} from "./shared-limits.ts";

const start = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

const messages = (count: number, more: Omit<WaitingMessage, "id"> = {}): Candidate[] =>
  Array.from({ length: count }, (_, index) => candidateOf({ id: `m${index}-${Math.random()}`, ...more }));
const within = <T>(database: Database, work: (tx: Queryable) => Promise<T>): Promise<T> =>
  database.kysely.transaction().execute(work);
const admit = (limits: Limits, database: Database, candidates: readonly Candidate[], now = start) =>
  within(database, (tx) => limits.admit(tx, candidates, now));
const admitted = (admissions: readonly Admission[]): number => admissions.filter((one) => one.admitted).length;
const held = (admissions: readonly Admission[]) => admissions.flatMap((one) => (one.admitted ? [] : [one]));
const allow = (limits: Limits, database: Database, mailers = ["default"], now = start) =>
  within(database, (tx) => limits.allow(tx, mailers, 100, now));
const learn = (limits: Limits, database: Database, candidate: Candidate, result: AttemptResult, now = start) =>
  within(database, (tx) => limits.learn(tx, candidate, result, now));

const accepted: AttemptResult = {
  kind: "accepted",
  receipt: { server: "mx:25", accepted: ["ann@example.com"], rejected: [], response: "250 ok" },
};
const words = { en: "No.", zh: "不。" };
const failed = (
  stage: string,
  id: string,
  about: "account" | "address" | "network" | "content" | "recipient",
  more: { retryAfterSeconds?: number; retryable?: boolean } = {},
): Extract<AttemptResult, { kind: "failed" }> => ({
  kind: "failed",
  retryable: more.retryable ?? true,
  mayHaveArrived: false,
  refused: [],
  retryAfterMs: (more.retryAfterSeconds ?? 0) * 1000,
  attempt: {
    server: "mx:25",
    stage,
    code: 450,
    enhancedCode: "",
    text: "450 no",
    diagnosis: { id, about, ...more, meaning: words, advice: words },
  },
});
const quotaReply = failed("mail", "netease.quarter-hour-quota", "account", { retryAfterSeconds: 900 });
const wrongPassword = failed("auth", "netease.log-in-refused", "account", { retryable: false });
const unreachable = failed("connect", "no-connection", "network");
const daily = (count: number): LimitsOptions => ({
  rules: [{ scope: "mailer", windows: [{ count, seconds: 86_400 }], criticalReserve: 0 }],
});

eachDatabase((open, dialect) => {
  test("workers that claim at the same time never let more through than the quota, and waste nothing", async () => {
    const database = await open();
    const workers = Array.from({ length: 5 }, () => sharedLimits(daily(40)));
    const rounds = workers.flatMap((limits) => [1, 2, 3, 4].map(() => admit(limits, database, messages(5))));
    const admissions = (await Promise.all(rounds)).flat();
    expect(admissions).toHaveLength(100);
    expect(admitted(admissions)).toBe(40);
    const [first] = held(admissions);
    expect(first?.reason).toEqual({
      kind: "limit",
      key: "mailer:default",
      detail: "mailer:default may send 40 messages per day, and has",
      zh: "mailer:default 每天最多发送 40 封邮件，已用完",
    });
    // A worker that starts later finds it used.
    expect(admitted(await admit(sharedLimits(daily(40)), database, messages(1), start + 3_600_000))).toBe(0);
    expect(admitted(await admit(sharedLimits(daily(40)), database, messages(50), start + 26 * 3_600_000))).toBe(40);
  });

  test("messages of many domains and two mailers, claimed at once by several workers, do not wait in a ring", async () => {
    const database = await open();
    const options: LimitsOptions = {
      rules: [
        { scope: "domain", windows: [{ count: 3, seconds: 60 }], criticalReserve: 0 },
        { scope: "mailer", windows: [{ count: 1000, seconds: 60 }] },
      ],
    };
    const batch = (worker: number): Candidate[] =>
      Array.from({ length: 12 }, (_, index) =>
        candidateOf({
          id: `${worker}-${index}`,
          mailer: (worker + index) % 2 === 0 ? "one" : "two",
          addresses: [`ann@d${(index * (worker + 1)) % 7}.example`, `bob@d${(worker + index) % 5}.example`],
        }),
      );
    const admissions = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((n) => admit(sharedLimits(options), database, batch(n))),
    );
    const windows = await database.kysely.selectFrom("outbox_limit_windows").selectAll().execute();
    expect(admitted(admissions.flat())).toBeGreaterThan(5);
    for (const { key, used } of windows.filter((one) => one.key.startsWith("domain:")))
      expect(used, key).toBeLessThanOrEqual(3);
  });

  test("workers that learn and claim in one transaction do not wait in a ring, and one message tries", async () => {
    const database = await open();
    const options: LimitsOptions = {
      rules: [{ scope: "domain", windows: [{ count: 100, seconds: 60 }] }],
      accountOf: (mailer) => ({ key: mailer }),
    };
    const domains = ["gmail.com", "qq.com", "163.com"];
    const throttled = failed("mail", "unusual-rate", "address", { retryAfterSeconds: 60 });
    const over = start + 10 * MINUTE;
    const turn = (worker: number, now: number) =>
      within(database, async (tx) => {
        const limits = sharedLimits(options);
        for (const [index] of domains.entries()) {
          const addresses = [`a@${domains[(index + worker) % 3] ?? ""}`];
          if (now === start)
            await limits.learn(tx, candidateOf({ id: `${worker}-${index}`, addresses }), throttled, now);
        }
        const batch = domains.map((_, index) =>
          candidateOf({ id: `${worker}+${index}`, addresses: [`b@${domains[(index * worker) % 3] ?? ""}`] }),
        );
        return limits.admit(tx, batch, now);
      });
    const early = await Promise.all([0, 1, 2, 3, 4, 5].map((worker) => turn(worker, start)));
    expect(admitted(early.flat())).toBe(0);
    const late = await Promise.all([0, 1, 2, 3, 4, 5].map((worker) => turn(worker, over)));
    expect(admitted(late.flat())).toBe(3);
  });

  test("a share of each window is for critical messages, and they may use all of it", async () => {
    const database = await open();
    const limits = sharedLimits({ rules: [{ scope: "mailer", windows: [{ count: 10, seconds: 60 }] }] });
    expect(await allow(limits, database)).toEqual([{ mailer: "default", critical: 10, others: 8 }]);
    expect(admitted(await admit(limits, database, messages(10)))).toBe(8);
    const [now] = await allow(limits, database);
    expect(now).toMatchObject({ critical: 2, others: 0, opensAt: start + 63_000 });
    expect(admitted(await admit(limits, database, messages(5, { priority: "critical" })))).toBe(2);
    expect((await allow(limits, database))[0]).toMatchObject({ critical: 0, others: 0 });
  });

  test("recipients are counted where the provider counts them, and a message for more than all of them goes alone", async () => {
    const database = await open();
    const windows = [{ count: 5, seconds: 86_400, counts: "recipients" as const }];
    const limits = sharedLimits({ rules: [{ scope: "mailer", windows, criticalReserve: 0 }] });
    const to = (count: number) => Array.from({ length: count }, (_, index) => `r${index}@example.com`);
    const sizes = [2, 2, 2, 1].map((count, index) => candidateOf({ id: `m${index}`, addresses: to(count) }));
    const admissions = await admit(limits, database, sizes);
    expect(admissions.map((one) => one.admitted)).toEqual([true, true, false, true]);
    const late = start + 48 * 3_600_000;
    expect(admitted(await admit(limits, database, messages(1, { addresses: to(7) }), late))).toBe(1);
    expect(admitted(await admit(limits, database, messages(1), late))).toBe(0);
  });

  test("two mailers of one account share what the provider declares of it, unless a rule says otherwise", async () => {
    const database = await open();
    const limitsOfZoho = findProvider("zoho")?.limits;
    const accountOf = () => ({ key: "zoho:mac@zoho.com", limits: limitsOfZoho });
    const limits = sharedLimits({ accountOf, mailers: ["one", "two"] });
    const both = [...messages(30, { mailer: "one" }), ...messages(30, { mailer: "two" })];
    expect(limitsOfZoho?.messagesPerDay).toBe(50);
    expect(admitted(await admit(limits, database, both))).toBe(40);
    const rules = [{ scope: "account" as const, key: "zoho:mac@zoho.com", windows: [{ count: 300, seconds: 86_400 }] }];
    expect((await allow(sharedLimits({ accountOf, rules }), database, ["two"]))[0]).toMatchObject({ others: 100 });
  });

  test("a domain and a tenant have limits of their own, and those who wait come back one after the other", async () => {
    const database = await open();
    const limits = sharedLimits({
      rules: [
        { scope: "domain", key: "QQ.com", windows: [{ count: 2, seconds: 60 }], criticalReserve: 0 },
        { scope: "tenant", windows: [{ count: 1, seconds: 60 }], criticalReserve: 0 },
      ],
    });
    const toQq = await admit(limits, database, messages(5, { addresses: ["a@qq.com"] }));
    expect(held(toQq).map(({ until }) => until - start)).toEqual([63_000, 93_000, 123_000]);
    expect(admitted(await admit(limits, database, messages(5)))).toBe(5);
    expect(admitted(await admit(limits, database, messages(3, { tenant: "acme" })))).toBe(1);
    expect(admitted(await admit(limits, database, messages(3, { tenant: "other" })))).toBe(1);
  });

  test("what waits only for those before it is tried in its time, and a window that opens later is told as it is", async () => {
    const database = await open();
    const limits = sharedLimits({
      rules: [{ scope: "domain", windows: [{ count: 1, seconds: 60 }], criticalReserve: 0 }],
    });
    const some = await admit(limits, database, messages(4, { expiresAt: start + 100_000 }));
    expect(held(some).map(({ until }) => until - start)).toEqual([63_000, 100_000, 100_000]);
    const late = await admit(limits, database, messages(1, { expiresAt: start + 30_000 }));
    expect(held(late)[0]?.until).toBeGreaterThan(start + 30_000);
  });

  test("no more are under way at once than allowed, over all workers", async () => {
    const database = await open();
    const rule = { scope: "mailer" as const, concurrency: 3 };
    const lease = { leaseOwner: "worker", dueAt: start + 60_000 };
    await insertWaiting(database.kysely, { id: "under-way", ...lease });
    await insertWaiting(database.kysely, { id: "deferred", dueAt: start + 50_000 });
    await insertWaiting(database.kysely, { id: "other", mailer: "other", ...lease });
    const claimAndAdmit = (worker: number) =>
      within(database, async (tx) => {
        const ids = [1, 2].map((index) => `w${worker}-${index}`);
        const candidates: Candidate[] = [];
        for (const id of ids) candidates.push(await insertWaiting(tx, { id, ...lease }));
        const admissions = await sharedLimits({ rules: [rule], mailers: ["default"] }).admit(tx, candidates, start);
        for (const { id, admitted: goes } of admissions) {
          if (!goes) await tx.updateTable("outbox_messages").set({ lease_owner: null }).where("id", "=", id).execute();
        }
        return admissions;
      });
    const admissions = (await Promise.all([1, 2, 3, 4].map(claimAndAdmit))).flat();
    expect(admitted(admissions)).toBe(2);
    const limits = sharedLimits({ rules: [rule] });
    expect((await allow(limits, database))[0]).toMatchObject({ critical: 0, others: 0, opensAt: start + 1_000 });
  });

  test("a mailer that stays closed lets its messages go by the next one that is open, and is asked again", async () => {
    const database = await open();
    const windows = [{ count: 2, seconds: 3_600 }];
    const limits = sharedLimits({
      rules: [
        { scope: "mailer", key: "default", windows, criticalReserve: 0, spillOver: "backup" },
        { scope: "mailer", key: "backup", windows, criticalReserve: 0, spillOver: "third" },
      ],
      mailers: ["default", "backup", "third"],
    });
    const via = async (): Promise<string | undefined> => (await allow(limits, database))[0]?.via;
    expect(await via()).toBeUndefined();
    await admit(limits, database, messages(2));
    expect(await via()).toBe("backup");
    await admit(
      limits,
      database,
      messages(2).map((one) => ({ ...one, via: "backup" })),
    );
    expect(await via()).toBe("third");
    // Open again in less than a minute.
    const [soon] = await allow(limits, database, ["default"], start + 3_780_000 - 59_000);
    expect(soon).toMatchObject({ others: 0, opensAt: start + 3_780_000 });
    expect(soon?.via).toBeUndefined();
  });

  test("a quota's refusal closes the account for all its mailers and workers, and one message tries when it is over", async () => {
    const database = await open();
    const options: LimitsOptions = {
      accountOf: (mailer) => (mailer === "third" ? undefined : { key: "163:mac@163.com" }),
    };
    const [one, two] = [sharedLimits(options), sharedLimits(options)];
    const [first, next, other] = messages(3) as [Candidate, Candidate, Candidate];
    await learn(one, database, first, quotaReply);
    await learn(two, database, next, quotaReply);
    const closed = await allow(two, database, ["default", "second", "third"]);
    expect(closed.map(({ others, opensAt }) => [others, opensAt])).toEqual([
      [0, start + 15 * MINUTE],
      [0, start + 15 * MINUTE],
      [100, undefined],
    ]);
    expect(closed[0]?.reason).toEqual({
      kind: "pause",
      key: "account:163:mac@163.com",
      detail: "account:163:mac@163.com rests (quota): No. (450 no)",
      zh: "account:163:mac@163.com 暂停发送（发送额度已用完）：不。（450 no）",
    });

    const over = start + 15 * MINUTE;
    expect((await allow(one, database, ["default"], over))[0]).toMatchObject({ critical: 1, others: 1 });
    const tries = await Promise.all([one, two].map((limits) => admit(limits, database, messages(3), over)));
    expect(admitted(tries.flat())).toBe(1);
    const probe = tries.flat().find((admission) => admission.admitted)?.id ?? "";
    await learn(one, database, other, accepted, over + 1);
    expect(admitted(await admit(two, database, messages(1), over + 2))).toBe(0);
    await learn(one, database, candidateOf({ id: probe }), accepted, over + 3);
    expect(admitted(await admit(two, database, messages(5), over + 2_000))).toBe(5);
  });

  test("a message that tries and dies gives its turn to another, and one that takes long keeps it", async () => {
    const database = await open();
    const limits = sharedLimits();
    await learn(limits, database, candidateOf({ id: "m" }), quotaReply);
    const over = start + 15 * MINUTE;
    const probe = await insertWaiting(database.kysely, { id: "slow", leaseOwner: "worker", dueAt: over + 60_000 });
    expect(admitted(await admit(limits, database, [probe], over))).toBe(1);
    expect(admitted(await admit(limits, database, messages(1), over + 31_000))).toBe(0);
    expect(admitted(await admit(limits, database, messages(2), over + 62_000))).toBe(1);
  });

  test("a worker that finds another's message trying claims no more in vain", async () => {
    const database = await open();
    const [one, two] = [sharedLimits(), sharedLimits()];
    await learn(one, database, messages(1)[0] as Candidate, quotaReply);
    const over = start + 15 * MINUTE;
    const places = async (): Promise<number | undefined> => (await allow(two, database, ["default"], over))[0]?.others;
    expect(await places()).toBe(1);
    expect(admitted(await admit(one, database, messages(1), over))).toBe(1);
    expect(admitted(await admit(two, database, messages(1), over))).toBe(0);
    expect(await places()).toBe(0);
  });

  test("refused log-ins close the account at the third, whoever made them, and dead servers the mailer alone", async () => {
    const database = await open();
    const accountOf = () => ({ key: "163:mac@163.com" });
    const workers = [1, 2, 3].map(() => sharedLimits({ accountOf }));
    for (const [index, limits] of workers.entries()) {
      expect((await allow(limits, database, ["default"], start + index * 1_000))[0]?.others).toBe(100);
      await learn(limits, database, candidateOf({ id: `m${index}` }), wrongPassword, start + index * 1_000);
    }
    const [first] = workers as [Limits];
    const at = start + 4_000;
    expect((await allow(first, database, ["other"], at))[0]).toMatchObject({
      others: 0,
      opensAt: start + 2_000 + 5 * MINUTE,
    });
    await within(database, (tx) => first.resume(tx, "account:163:mac@163.com"));

    for (const id of ["a", "b", "c"]) await learn(first, database, candidateOf({ id }), unreachable, at);
    const [here, there] = await allow(first, database, ["default", "other"], at);
    expect([here?.opensAt, there?.others]).toEqual([at + 30_000, 100]);
  });

  test("a refusal that is about one message closes nothing, and what got through ends the count of failures", async () => {
    const database = await open();
    const limits = sharedLimits();
    const say = (result: AttemptResult) => learn(limits, database, candidateOf({ id: "m" }), result);
    for (let count = 0; count < 5; count++) {
      await say(failed("final", "content-refused", "content", { retryable: false }));
      await say(failed("rcpt", "recipient-unknown", "recipient", { retryable: false }));
      await say(unreachable);
      await say(unreachable);
      await say(accepted);
    }
    expect(await limits.list(database.kysely)).toEqual([]);
    expect((await allow(limits, database))[0]?.others).toBe(100);
  });

  test("a domain that throttles rests alone", async () => {
    const database = await open();
    const limits = sharedLimits();
    const throttled = failed("mail", "unusual-rate", "address", { retryAfterSeconds: 3_600 });
    await learn(limits, database, candidateOf({ id: "m", addresses: ["a@gmail.com", "b@GMAIL.com"] }), throttled);
    const admissions = await admit(limits, database, [
      candidateOf({ id: "to-gmail", addresses: ["c@gmail.com", "d@qq.com"] }),
      candidateOf({ id: "to-qq", addresses: ["c@qq.com"] }),
    ]);
    expect(admissions.map(({ admitted: goes }) => goes)).toEqual([false, true]);
    expect(held(admissions)[0]).toMatchObject({ until: start + 3_600_000, reason: { key: "domain:gmail.com" } });
    await learn(limits, database, candidateOf({ id: "n", addresses: ["a@gmail.com", "b@qq.com"] }), throttled);
    expect((await allow(limits, database))[0]?.others).toBe(0);
  });

  test("whatever a server says can be stored", async () => {
    const database = await open();
    const limits = sharedLimits();
    const text = `451 \0${"x".repeat(478)}\u{1f600}${"y".repeat(70_000)}`;
    const rude: AttemptResult = { ...unreachable, attempt: { ...unreachable.attempt, text, code: 421 } };
    for (const id of ["a", "b", "c"]) await learn(limits, database, candidateOf({ id }), rude);
    const [scope] = await limits.list(database.kysely);
    expect(scope?.failures).toBe(3);
    expect(scope?.detail?.length).toBeLessThanOrEqual(500);
    expect(scope?.detail?.startsWith("No. (451 \uFFFDxx")).toBe(true);
    expect(scope?.text?.zh.startsWith("无法连接服务器：不。（451 \uFFFDxx")).toBe(true);
  });

  test("an operator lets a scope rest, sees it, and ends that", async () => {
    const database = await open();
    const clock = fixedClock(start);
    const limits = sharedLimits({ ...daily(10), mailers: ["default"], clock });
    await admit(limits, database, messages(4));
    await limits.pause(database.kysely, "mailer:default", start + MINUTE, "the invoices are wrong");
    expect(await limits.list(database.kysely)).toEqual([
      {
        key: "mailer:default",
        windows: [{ seconds: 86_400, counts: "messages", limit: 10, isLearned: false, used: 4, opensAt: undefined }],
        concurrency: undefined,
        phase: "closed",
        pausedUntil: start + MINUTE,
        reason: "operator",
        detail: "the invoices are wrong",
        text: { en: "operator: the invoices are wrong", zh: "人工暂停：the invoices are wrong" },
        failures: 0,
        pace: undefined,
        probe: undefined,
      },
    ]);
    expect((await allow(limits, database))[0]).toMatchObject({ others: 0, opensAt: start + MINUTE });
    expect((await allow(limits, database, ["default"], start + MINUTE))[0]).toMatchObject({ others: 6 });
    expect(await within(database, (tx) => limits.resume(tx, "mailer:default"))).toBe(true);
    expect(await within(database, (tx) => limits.resume(tx, "mailer:default"))).toBe(false);
    expect((await allow(limits, database))[0]).toMatchObject({ others: 6 });
    await expect(limits.pause(database.kysely, "mailers", start)).rejects.toThrow('"mailers" is the key of no scope');
  });

  test("a domain rests whatever case the operator writes it in, and only until a time that there is", async () => {
    const database = await open();
    const limits = sharedLimits({ mailers: ["default"], clock: fixedClock(start) });
    await limits.pause(database.kysely, "domain:Example.COM", start + MINUTE);
    expect(admitted(await admit(limits, database, messages(1)))).toBe(0);
    expect(await within(database, (tx) => limits.resume(tx, "domain:EXAMPLE.com"))).toBe(true);
    for (const until of [Number.NaN, Infinity, -1, 1.5]) {
      const paused = limits.pause(database.kysely, "mailer:default", until);
      await expect(paused).rejects.toMatchObject({ code: "WX_OUTBOX_OPTIONS" });
    }
    expect(await limits.list(database.kysely)).toEqual([]);
  });

  test("what one tenant's recipients count for is nobody else's, whatever tenants are called", async () => {
    const database = await open();
    const windows = [
      { count: 5, seconds: 86_400 },
      { count: 5, seconds: 86_400, counts: "recipients" as const },
    ];
    const limits = sharedLimits({ rules: [{ scope: "tenant", windows, criticalReserve: 0 }], mailers: ["default"] });
    expect(admitted(await admit(limits, database, messages(5, { tenant: "acme" })))).toBe(5);
    for (const tenant of ["acme/recipients", "recipients:tenant:acme"]) {
      expect(admitted(await admit(limits, database, messages(5, { tenant })))).toBe(5);
    }
  });

  test("what no longer counts is forgotten, and nobody else's counter with it", async () => {
    const database = await open();
    const clock = fixedClock(start);
    const limits = sharedLimits({ ...daily(10), clock });
    await admit(limits, database, messages(1));
    await learn(limits, database, candidateOf({ id: "m" }), quotaReply);
    const foreign = { key: "api-key:k", seconds: 86_400, started_at: 0, used: 7, parts: null };
    await database.kysely.insertInto("outbox_limit_windows").values(foreign).execute();
    await limits.sweep(database.kysely);
    const [kept] = await limits.list(database.kysely);
    expect([kept?.failures, kept?.windows[0]?.used]).toEqual([1, 1]);
    clock.advance(4 * 86_400_000);
    await limits.sweep(database.kysely);
    expect(await sharedLimits({ clock }).list(database.kysely)).toEqual([]);
    expect(await database.kysely.selectFrom("outbox_limit_windows").select("used").execute()).toEqual([{ used: 7 }]);
  });

  test("while nothing is limited and nothing rests, a second passes without a query", async () => {
    const database = await open();
    const limits = sharedLimits();
    await allow(limits, database);
    const noQuery = new Proxy({} as Queryable, {
      get: () => {
        throw new Error("asked the database");
      },
    });
    const [candidate] = messages(1) as [Candidate];
    expect(await limits.allow(noQuery, ["default"], 7, start + 999)).toEqual([
      { mailer: "default", critical: 7, others: 7 },
    ]);
    expect(await limits.admit(noQuery, [candidate], start + 999)).toEqual([
      { id: candidate.message.id, admitted: true },
    ]);
    await limits.learn(noQuery, candidate, accepted, start + 999);
    await expect(limits.allow(noQuery, ["default"], 7, start + 1_000)).rejects.toThrow("asked the database");
  });

  test("a clock that is set back an hour gives nothing free", async () => {
    const database = await open();
    const limits = sharedLimits(daily(10));
    expect(admitted(await admit(limits, database, messages(10)))).toBe(10);
    for (const hours of [-1, -30, -1]) {
      expect(admitted(await admit(limits, database, messages(1), start + hours * 3_600_000))).toBe(0);
    }
  });

  test(`forecasts on ${dialect}: place, time and reason`, async () => {
    const database = await open();
    const clock = fixedClock(start);
    const limits = sharedLimits({ ...daily(10), clock });
    const db = database.kysely;
    for (let index = 0; index < 12; index++) await insertWaiting(db, { id: `m${index}`, dueAt: start - 1000 + index });
    await insertWaiting(db, { id: "urgent", priority: "critical", dueAt: start - 1 });
    await insertWaiting(db, { id: "low", priority: "low", dueAt: start - 5_000 });
    await insertWaiting(db, { id: "sending", leaseOwner: "worker", dueAt: start + 60_000 });
    await insertWaiting(db, { id: "sent", dueAt: null });
    const facts = async (id: string) => {
      const { kind, ahead, leavesAt, isTooLate, reason } = (await limits.forecast(db, id)) ?? {};
      return { kind, ahead, leavesAt, isTooLate, key: reason?.key };
    };
    expect(await facts("urgent")).toMatchObject({ kind: "waiting", ahead: 0, leavesAt: start, key: undefined });
    expect(await facts("m0")).toMatchObject({ ahead: 1, leavesAt: start });
    expect(await facts("m8")).toMatchObject({ ahead: 9, leavesAt: start });
    expect(await facts("m11")).toMatchObject({ ahead: 12, leavesAt: start + 86_400_000 * 1.05, key: "mailer:default" });
    expect(await facts("sending")).toMatchObject({ kind: "under-way" });
    expect(await facts("sent")).toMatchObject({ kind: "never" });
    expect(await limits.forecast(db, "unknown")).toBeUndefined();
    expect((await limits.forecast(db, "m11"))?.text).toEqual({
      en: "It leaves at about 2026-01-02T01:12:00.000Z. 12 messages go before it. It waits because mailer:default may send 10 messages per day, and has.",
      zh: "预计于 2026-01-02T01:12:00.000Z 左右发送。前面有 12 封邮件。原因：mailer:default 每天最多发送 10 封邮件，已用完。",
    });
    await limits.pause(db, "mailer:default", start + 3 * 86_400_000, "the invoices are wrong");
    await insertWaiting(db, { id: "short", dueAt: start - 9_000, expiresAt: start + 86_400_000 });
    expect(await facts("short")).toMatchObject({
      leavesAt: start + 3 * 86_400_000,
      isTooLate: true,
      key: "mailer:default",
    });
  });
});

test("however messages, workers and restarts mix, no window is exceeded, and no message waits without need", async () => {
  // In memory: nothing here needs the disk.
  await using database = await openDatabase("sqlite::memory:");
  await migrate(database);
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 40_000 }),
    worker: fc.nat(2),
    restarts: fc.boolean(),
    wanted: fc.integer({ min: 1, max: 6 }),
    domain: fc.constantFrom("qq.com", "163.com"),
    isCritical: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 25 }),
      fc.integer({ min: 2, max: 9 }),
      async (steps, quota) => {
        await database.kysely.deleteFrom("outbox_limit_windows").execute();
        const windows = [{ count: quota, seconds: 60 }];
        const options: LimitsOptions = {
          rules: [
            { scope: "mailer", windows, criticalReserve: 0.5 },
            { scope: "domain", windows: [{ count: 3, seconds: 30 }], criticalReserve: 0 },
          ],
        };
        const workers = [0, 1, 2].map(() => sharedLimits(options));
        const gone: { at: number; domain: string; isCritical: boolean }[] = [];
        const since = (now: number, ms: number) => gone.filter(({ at }) => at > now - ms);
        let now = start;
        for (const { waitMs, worker, restarts, wanted, domain, isCritical } of steps) {
          now += waitMs;
          if (restarts) workers[worker] = sharedLimits(options);
          const priority = isCritical ? "critical" : "normal";
          const batch = messages(wanted, { addresses: [`a@${domain}`], priority });
          for (const admission of await admit(workers[worker] as Limits, database, batch, now)) {
            if (admission.admitted) gone.push({ at: now, domain, isCritical });
            else expect(admission.until).toBeGreaterThan(now);
          }
          expect(since(now, 60_000).length).toBeLessThanOrEqual(quota);
          expect(since(now, 30_000).filter((one) => one.domain === domain).length).toBeLessThanOrEqual(3);
          const mayGo = isCritical ? quota : Math.max(1, Math.floor(quota / 2));
          const isFull =
            since(now, 63_000).length >= mayGo || since(now, 31_500).filter((one) => one.domain === domain).length >= 3;
          expect(isFull || gone.filter(({ at }) => at === now).length >= wanted).toBe(true);
        }
      },
    ),
    runs(30),
  );
});
