import { expect, test } from "vitest";
import { eachDatabase } from "../../../test/support/postgres.ts";
import { candidateOf, insertWaiting } from "../../../test/support/waiting-messages.ts";
import type { Database } from "../../db/index.ts";
import { fixedClock } from "../../testing/clock.ts";
import type { AttemptResult } from "../policy.ts";
import type { Priority } from "../priority.ts";
import { type Counted, isAboutPace, isToBeReviewed, lowered, type Pace, reviewed } from "./pace.ts";
import type { Lesson } from "./pause.ts";
import { type SharedLimits, sharedLimits, type SharedLimitsOptions } from "./shared-limits.ts";
import { taughtBy } from "./taught.ts";

const start = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const lesson = (reason: Lesson["reason"], minutes: number): Lesson => ({
  key: "mailer:default",
  reason,
  forMs: minutes * MINUTE,
  detail: { en: "no", zh: undefined },
});

const counted = (used: number, perSecond = used): Counted => ({ used, perSecond });
const none = counted(0);

test("the first refusal counts, and the second keeps nine tenths of what a quota let through", () => {
  const first = lowered(undefined, lesson("quota", 15), none, start);
  expect(first).toEqual({ seconds: 900, refusedAt: start, reviewedAt: start });
  const taught = lowered(first, lesson("quota", 15), counted(101), start);
  expect(taught).toMatchObject({ count: 90, seconds: 900 });
  // What was refused although the pace was kept is measured by the pace.
  expect(lowered(taught, lesson("quota", 15), counted(500), start)).toMatchObject({ count: 81, seconds: 900 });
  expect(lowered({ ...taught, count: 1 }, lesson("quota", 15), counted(2), start).count).toBe(1);
  // A quota of another length is counted anew, in a window of that length.
  expect(lowered(taught, lesson("quota", 60), counted(90), start)).toEqual({ ...first, seconds: 3_600 });
});

test.each([
  ["14 a second", 28, 14, { count: 14, seconds: 2 }],
  ["one in two seconds", 40, 0.5, { count: 10, seconds: 40 }],
  ["400 a second", 400, 400, { count: 200, seconds: 1 }],
  ["one in two hours", 2, 1 / 7200, { count: 1, seconds: 3_600 }],
])("a rate that was refused at %s goes on at half of it, in windows that hold a few", (_, used, perSecond, pace) => {
  const first = lowered(undefined, lesson("rate", 1), none, start);
  expect(first).toEqual({ seconds: 60, refusedAt: start, reviewedAt: start });
  expect(lowered(first, lesson("rate", 1), counted(used, perSecond), start)).toMatchObject(pace);
});

test("a rate that was refused at its pace goes on at half of the pace, however it was spread", () => {
  const pace: Pace = { count: 14, seconds: 2, refusedAt: start, reviewedAt: start };
  expect(lowered(pace, lesson("rate", 1), counted(14, 14), start + 1)).toMatchObject({ count: 10, seconds: 3 });
});

test("a refusal of the first message of a window teaches nothing", () => {
  const pace: Pace = { count: 90, seconds: 900, refusedAt: start, reviewedAt: start };
  const at = start + 1;
  expect(lowered(pace, lesson("quota", 15), counted(1), at)).toEqual({ ...pace, refusedAt: at, reviewedAt: at });
});

test.each([
  ["quota", 15, true],
  ["rate", 1, true],
  ["rate", 60, true],
  ["rate", 0, false], // it says nothing of a time
  ["quota", 24 * 60, false],
  ["auth", 15, false],
  ["connection", 15, false],
] as const)("%s for %d minutes is about the pace: %s", (reason, minutes, is) => {
  expect(isAboutPace(lesson(reason, minutes))).toBe(is);
});

test("too many connections are not too many messages", () => {
  expect(isAboutPace({ ...lesson("rate", 1), isOfConnections: true })).toBe(false);
});

test("a window that was used up without a refusal raises the pace by a hundredth, at least by one, and no other does", () => {
  const pace: Pace = { count: 500, seconds: 60, refusedAt: start, reviewedAt: start };
  expect([299_999, 300_000].map((ms) => isToBeReviewed(pace, start + ms))).toEqual([false, true]);
  expect([899_999, 900_000].map((ms) => isToBeReviewed({ ...pace, seconds: 900 }, start + ms))).toEqual([false, true]);
  expect(reviewed(pace, start + 1, start + 60_000)).toEqual({ ...pace, count: 505, reviewedAt: start + 60_000 });
  for (const before of [undefined, start - 1])
    expect(reviewed(pace, before, start + 60_000)).toEqual({ ...pace, reviewedAt: start + 60_000 });
  expect(reviewed({ ...pace, count: 3 }, start, start + 60_000).count).toBe(4);
});

test("a day after the last refusal the pace is forgotten", () => {
  const pace = JSON.stringify({ count: 5, seconds: 60, refusedAt: start, reviewedAt: start });
  expect(taughtBy({ pace }, start + 86_400_000).pace?.count).toBe(5);
  expect(taughtBy({ pace }, start + 86_400_001).pace).toBeUndefined();
  expect(taughtBy({ pace: null }, start).pace).toBeUndefined();
});

const accepted: AttemptResult = {
  kind: "accepted",
  receipt: { server: "mx:25", accepted: ["ann@example.com"], rejected: [], response: "250 ok" },
};
const words = { en: "Too much in 15 minutes.", zh: "15 分钟内发送过多。" };
const refused: AttemptResult = {
  kind: "failed",
  retryable: true,
  mayHaveArrived: false,
  refused: [],
  retryAfterMs: 15 * MINUTE,
  attempt: {
    server: "mx:25",
    stage: "mail",
    code: 451,
    enhancedCode: "",
    text: "451 too many",
    diagnosis: { id: "netease.quarter-hour-quota", about: "account", retryable: true, meaning: words, advice: words },
  },
};

interface Rig {
  limits: SharedLimits;
  /** Sends as many as it is let, each of which gets this answer; how many that was. */
  send(count: number, result: AttemptResult, options?: { priority?: Priority; by?: SharedLimits }): Promise<number>;
  /** The same, and lets what got through open the scope. */
  clock: ReturnType<typeof fixedClock>;
}

let sequence = 0;

function rigOn(database: Database, options: SharedLimitsOptions = {}): Rig {
  const clock = fixedClock(start);
  const limits = sharedLimits({ ...options, clock });
  return {
    limits,
    clock,
    send: async (count, result, { priority = "normal", by = limits } = {}) => {
      const batch = Array.from({ length: count }, () => candidateOf({ id: `m${sequence++}`, priority }));
      return database.kysely.transaction().execute(async (tx) => {
        const admissions = await by.admit(tx, batch, clock.now());
        const gone = batch.filter((_, index) => admissions[index]?.admitted === true);
        for (const candidate of gone) await by.learn(tx, candidate, result, clock.now());
        return gone.length;
      });
    },
  };
}

/** Refused, opened by the message that tries, and refused after 100 more. */
async function refuseTwice({ send, clock }: Rig): Promise<void> {
  await send(1, refused);
  clock.advance(16 * MINUTE);
  expect(await send(5, accepted)).toBe(1); // one tries
  expect(await send(99, accepted)).toBe(99);
  expect(await send(1, refused)).toBe(1);
  clock.advance(16 * MINUTE);
  expect(await send(5, accepted)).toBe(1);
}

eachDatabase((open) => {
  test("after its second refusal a scope keeps to what got through, for all workers, with a share for critical mail", async () => {
    const database = await open();
    const rig = rigOn(database);
    await refuseTwice(rig);
    const [scope] = await rig.limits.list(database.kysely);
    expect(scope).toMatchObject({ key: "mailer:default", phase: "open", failures: 0 });
    expect(scope?.windows).toMatchObject([{ seconds: 900, limit: 90, isLearned: true, used: 1 }]);
    expect(scope?.pace).toEqual({
      limit: 90,
      seconds: 900,
      refusedAt: start + 16 * MINUTE,
      text: {
        en: "may send 90 messages per 15 minutes since it was refused for more",
        zh: "曾因发送过快被拒，现在每 15 分钟最多发送 90 封邮件",
      },
    });
    const other = sharedLimits({ clock: rig.clock });
    expect((await other.allow(database.kysely, ["default"], 500, rig.clock.now()))[0]).toMatchObject({ others: 71 });
    expect(await rig.send(100, accepted, { by: other })).toBe(71);
    expect(await rig.send(100, accepted)).toBe(0);
    expect(await rig.send(100, accepted, { priority: "critical" })).toBe(18);
    await insertWaiting(database.kysely, { id: "waits", dueAt: start });
    expect((await rig.limits.forecast(database.kysely, "waits"))?.reason).toEqual({
      kind: "limit",
      key: "mailer:default",
      detail: "mailer:default may send 90 messages per 15 minutes since it was refused for more, and has",
      zh: "mailer:default 曾因发送过快被拒，现在每 15 分钟最多发送 90 封邮件，已用完",
    });
  });

  test("the pace climbs while all goes well, outlives a pause, and ends with resume or after a quiet day", async () => {
    const database = await open();
    const rig = rigOn(database);
    const { limits, clock, send } = rig;
    const limit = async (): Promise<number | undefined> =>
      (await limits.list(database.kysely)).find(({ key }) => key === "mailer:default")?.windows[0]?.limit;
    await refuseTwice(rig);
    await send(70, accepted);
    clock.advance(16 * MINUTE);
    await send(1, accepted);
    expect(await limit()).toBe(90); // it was not used up
    expect(await send(100, accepted)).toBe(71);
    expect(await limit()).toBe(90);
    clock.advance(16 * MINUTE);
    await send(1, accepted);
    expect(await limit()).toBe(91);
    await database.kysely.transaction().execute((tx) => limits.pause(tx, "mailer:default", clock.now() + MINUTE));
    clock.advance(2 * MINUTE);
    expect(await limit()).toBe(91);
    expect(await database.kysely.transaction().execute((tx) => limits.resume(tx, "mailer:default"))).toBe(true);
    expect(await limit()).toBeUndefined();

    clock.advance(3_600_000);
    await refuseTwice(rig);
    expect(await limit()).toBe(90);
    clock.advance(86_400_000);
    await send(1, accepted);
    expect(await limits.list(database.kysely)).toEqual([]);
    expect(await database.kysely.selectFrom("outbox_pauses").select("key").where("key", "!=", "").execute()).toEqual(
      [],
    );
  });

  test("a rule for as long a window holds as long as it is the narrower one, and nothing is counted twice", async () => {
    const database = await open();
    const rules = [{ scope: "mailer" as const, windows: [{ count: 120, seconds: 900 }], criticalReserve: 0 }];
    const rig = rigOn(database, { rules });
    await refuseTwice(rig);
    const [scope] = await rig.limits.list(database.kysely);
    expect(scope?.windows).toMatchObject([{ limit: 90, isLearned: true, used: 1 }]);
    const strict = sharedLimits({
      rules: [{ scope: "mailer", windows: [{ count: 10, seconds: 900 }], criticalReserve: 0 }],
      mailers: ["default"],
      clock: rig.clock,
    });
    expect((await strict.list(database.kysely))[0]?.windows).toMatchObject([{ limit: 10, isLearned: false }]);
    expect(await rig.send(100, accepted, { by: strict })).toBe(9);
  });
});
