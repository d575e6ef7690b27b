import { expect, test } from "vitest";
import { eachDatabase } from "../../../test/support/postgres.ts";
import { candidateOf, insertWaiting } from "../../../test/support/waiting-messages.ts";
import type { Database } from "../../db/index.ts";
import { fixedClock } from "../../testing/clock.ts";
import type { AttemptResult } from "../policy.ts";
import type { Candidate } from "../seams.ts";
import { halved, type LearnedConcurrency, mayRise, raised, withConcurrency } from "./learned-concurrency.ts";
import type { ScopeState } from "./operate.ts";
import { type SharedLimits, sharedLimits, type SharedLimitsOptions } from "./shared-limits.ts";
import { columnOf, taughtBy } from "./taught.ts";

const start = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const DAY = 86_400_000;
const learned = (count: number): LearnedConcurrency => ({ count, refusedAt: start, reviewedAt: start });

test.each([
  ["half of what was under way", undefined, 16, 8],
  ["rounded down", undefined, 7, 3],
  ["one at the least", undefined, 1, 1],
  ["half of what was learned, where that was less", 8, 20, 4],
  ["half of what was under way, where that was less", 8, 5, 2],
  ["one at the least, again", 1, 9, 1],
])("a refusal leaves %s", (_, known, underWay, count) => {
  const before = known === undefined ? undefined : learned(known);
  expect(halved(before, underWay, start + 1)).toEqual({ count, refusedAt: start + 1, reviewedAt: start + 1 });
});

test("five minutes in which all places were taken, and nothing was refused, give one more; others give none", () => {
  expect([299_999, 300_000].map((ms) => mayRise(learned(4), start + ms))).toEqual([false, true]);
  const at = start + 300_000;
  expect(raised(learned(4), start + 1, at)).toEqual({ ...learned(5), reviewedAt: at });
  for (const before of [undefined, start - 1, at + 1])
    expect(raised(learned(4), before, at)).toEqual({ ...learned(4), reviewedAt: at });
});

test("a rule that is as narrow holds, and else what was learned", () => {
  const rule = (concurrency: number | undefined) => ({ key: "mailer:a", windows: [], concurrency, reserve: 0.2 });
  const taken = { concurrency: 4, isConcurrencyLearned: true };
  expect(withConcurrency([], "mailer:a", learned(4))).toEqual([{ ...rule(4), ...taken }]);
  for (const wide of [5, undefined])
    expect(withConcurrency([rule(wide)], "mailer:a", learned(4))).toEqual([{ ...rule(4), ...taken }]);
  for (const narrow of [4, 3]) expect(withConcurrency([rule(narrow)], "mailer:a", learned(4))).toEqual([rule(narrow)]);
});

test("a row keeps a pace and a concurrency, and each is forgotten by itself", () => {
  const pace = { count: 90, seconds: 900, refusedAt: start + DAY, reviewedAt: start + DAY };
  const column = { pace: columnOf({ pace, concurrency: learned(4) }) };
  expect(taughtBy(column, start + DAY)).toEqual({ pace, concurrency: learned(4) });
  expect(taughtBy(column, start + DAY + 1)).toEqual({ pace, concurrency: undefined });
  expect(columnOf({})).toBeNull();
});

const unreadable = ["", "{", "null", "7", '"x"', "[]", "{}", '{"concurrency":4}', '{"concurrency":{"count":4}}'];
const impossible = ['{"seconds":60}', JSON.stringify({ concurrency: { ...learned(4), count: 0 } })];

test.each([...unreadable, ...impossible])("a column that holds %s teaches nothing", (pace) => {
  expect(taughtBy({ pace }, start)).toEqual({});
});

test("a pace as it was written before there was a concurrency is read as it was", () => {
  const counted = { seconds: 900, refusedAt: start, reviewedAt: start };
  for (const pace of [counted, { count: 90, ...counted }])
    expect(taughtBy({ pace: JSON.stringify(pace) }, start)).toEqual({ pace });
});

const accepted: AttemptResult = {
  kind: "accepted",
  receipt: { server: "mx:25", accepted: ["ann@example.com"], rejected: [], response: "250 ok" },
};
const words = { en: "Too many connections.", zh: "连接过多。" };
const refusedFor = (id: string, about: "account" | "settings", minutes: number): AttemptResult => ({
  kind: "failed",
  retryable: true,
  mayHaveArrived: false,
  refused: [],
  retryAfterMs: minutes * MINUTE,
  attempt: {
    server: "mx:25",
    stage: "greeting",
    code: 421,
    enhancedCode: "",
    text: "421 HL:ICC",
    diagnosis: { id, about, retryable: true, meaning: words, advice: words },
  },
});
const tooMany = refusedFor("netease.too-many-connections", "settings", 1);
const usedUp = refusedFor("netease.quarter-hour-quota", "account", 15);

let sequence = 0;

/** Two workers on one database, and the rows of what they have under way. */
class Rig {
  readonly clock = fixedClock(start);
  readonly one: SharedLimits;
  readonly two: SharedLimits;
  readonly #database: Database;

  constructor(database: Database, options: SharedLimitsOptions = {}) {
    this.#database = database;
    this.one = this.worker(options);
    this.two = this.worker(options);
  }

  worker(options: SharedLimitsOptions = {}): SharedLimits {
    return sharedLimits({ ...options, clock: this.clock });
  }

  /** Messages that some worker delivers now, whatever the limits say. */
  underWay(count: number): Promise<Candidate[]> {
    const lease = { leaseOwner: "worker", dueAt: this.clock.now() + 30_000 };
    const ids = Array.from({ length: count }, () => `m${sequence++}`);
    return Promise.all(ids.map((id) => insertWaiting(this.#database.kysely, { id, ...lease })));
  }

  /** One transaction, as a turn writes it: the leases end, and then the limits are told. */
  async end(by: SharedLimits, ended: readonly Candidate[], result: AttemptResult): Promise<void> {
    const ids = ended.map(({ message }) => message.id);
    const beside = result.kind === "failed" ? ended : [];
    await this.#database.kysely.transaction().execute(async (tx) => {
      await tx.updateTable("outbox_messages").set({ lease_owner: null, due_at: null }).where("id", "in", ids).execute();
      for (const one of ended) await by.learn(tx, { ...one, beside }, result, this.clock.now());
    });
  }

  /** Claims so many; those that may go stay under way. The others' reasons. */
  async claim(by: SharedLimits, count: number): Promise<{ gone: Candidate[]; reasons: (string | undefined)[] }> {
    const batch = await this.underWay(count);
    return this.#database.kysely.transaction().execute(async (tx) => {
      const admissions = await by.admit(tx, batch, this.clock.now());
      const gone = batch.filter((_, index) => admissions[index]?.admitted === true);
      const held = admissions.flatMap((one) => (one.admitted ? [] : [one]));
      const ids = held.map(({ id }) => id);
      if (ids.length > 0)
        await tx.updateTable("outbox_messages").set({ lease_owner: null, due_at: 0 }).where("id", "in", ids).execute();
      return { gone, reasons: held.flatMap(({ reason }) => [reason.detail, reason.zh]) };
    });
  }

  /** After the pause: one message tries and gets through. */
  async reopen(by = this.one): Promise<void> {
    this.clock.advance(20 * MINUTE);
    const { gone } = await this.claim(by, 1);
    await this.end(by, gone, accepted);
  }

  async scope(by: SharedLimits = this.one): Promise<ScopeState | undefined> {
    return (await by.list(this.#database.kysely)).find(({ key }) => key === "mailer:default");
  }

  within<T>(work: (tx: Database["kysely"]) => Promise<T>): Promise<T> {
    return this.#database.kysely.transaction().execute(work);
  }
}

eachDatabase((open) => {
  test("refused together for one cause, messages teach once: half of what all workers had under way", async () => {
    const rig = new Rig(await open());
    const all = await rig.underWay(12);
    expect(rig.one.countsPlaces()).toBe(false);
    await rig.end(rig.one, all.slice(0, 3), tooMany);
    // These ask for a longer rest, which they get.
    await rig.end(rig.two, all.slice(3, 5), refusedFor("sina.too-many-connections", "settings", 5));
    for (const worker of [rig.one, rig.two, rig.worker()]) {
      expect(await rig.scope(worker)).toMatchObject({
        phase: "closed",
        pausedUntil: start + 5 * MINUTE,
        windows: [],
        concurrency: 6,
        learnedConcurrency: {
          limit: 6,
          refusedAt: start,
          text: {
            en: "may deliver 6 messages at once since it was refused for more",
            zh: "曾因同时连接过多被拒，现在最多同时发送 6 封邮件",
          },
        },
      });
    }
    expect((await rig.scope())?.pace).toBeUndefined();
  });

  test("all workers keep to it together, and each message that waits says so in both languages", async () => {
    const database = await open();
    const rig = new Rig(database);
    await rig.end(rig.one, await rig.underWay(8), tooMany);
    await rig.reopen();
    expect((await rig.claim(rig.one, 3)).gone).toHaveLength(3);
    const { gone, reasons } = await rig.claim(rig.two, 2);
    expect([gone.length, ...reasons]).toEqual([
      1,
      "mailer:default may deliver 4 messages at once since it was refused for more, and does",
      "mailer:default 曾因同时连接过多被拒，现在最多同时发送 4 封邮件，目前已满",
    ]);
    const now = rig.clock.now();
    for (const worker of [rig.one, rig.two, rig.worker()]) {
      const [allowance] = await rig.within((tx) => worker.allow(tx, ["default"], 100, now));
      expect(allowance).toMatchObject({ critical: 0, others: 0, opensAt: now + 1_000 });
      expect((await worker.room(database.kysely, ["default"], 100, now))[0]).toMatchObject({ others: 0 });
      expect(worker.countsPlaces()).toBe(true);
    }
    await insertWaiting(database.kysely, { id: "due", dueAt: now });
    const forecast = await rig.one.forecast(database.kysely, "due");
    expect([forecast?.reason?.detail, forecast?.reason?.zh]).toEqual(reasons);
    expect(forecast?.text.zh).toContain("原因：mailer:default 曾因同时连接过多被拒");
    await rig.end(rig.two, gone, accepted);
    expect((await rig.claim(rig.one, 2)).gone).toHaveLength(1);
  });

  test("what was put off for a place does not say that the scope is open again", async () => {
    const database = await open();
    const rig = new Rig(database);
    await rig.end(rig.one, await rig.underWay(8), tooMany);
    await rig.reopen();
    const now = rig.clock.now();
    const late = candidateOf({ id: "late", dueAt: now + 500 });
    const wait = { kind: "limit", key: "mailer:default", detail: "no place" } as const;
    const waiting = { ...late, message: { ...late.message, wait: JSON.stringify(wait) } };
    const departures = await rig.one.departures(database.kysely, [waiting], now);
    expect(departures.get("late")?.reason).toEqual(wait);
  });

  test("a second refusal halves it again, five quiet minutes of full places give one more, and the rest is kept", async () => {
    const rig = new Rig(await open());
    const { one, two, clock } = rig;
    await rig.end(one, await rig.underWay(16), tooMany);
    await rig.reopen();
    await rig.end(two, await rig.underWay(20), tooMany);
    expect((await rig.scope())?.concurrency).toBe(4);
    // The message that tries is refused: that was one, and says nothing of how many are too many.
    clock.advance(10 * MINUTE);
    await rig.end(one, (await rig.claim(one, 1)).gone, tooMany);
    expect((await rig.scope())?.concurrency).toBe(4);
    await rig.reopen();

    const { gone } = await rig.claim(one, 3);
    clock.advance(5 * MINUTE);
    await rig.end(one, gone.slice(0, 1), accepted);
    expect((await rig.scope())?.concurrency).toBe(4); // one place was free all the time
    const full = await rig.claim(one, 5);
    await rig.end(one, full.gone.slice(0, 1), accepted);
    expect((await rig.scope())?.concurrency).toBe(4);
    clock.advance(5 * MINUTE);
    await rig.end(one, full.gone.slice(1, 2), accepted);
    expect((await rig.scope(rig.worker()))?.concurrency).toBe(5);
  });

  test("it outlives an operator's pause and a quota's refusal, and ends with resume or after a quiet day", async () => {
    const database = await open();
    const rig = new Rig(database);
    const { one, two, clock } = rig;
    await rig.end(one, await rig.underWay(8), tooMany);
    await rig.reopen();
    await rig.within((tx) => one.pause(tx, "mailer:default", clock.now() + MINUTE));
    clock.advance(2 * MINUTE);
    await rig.end(two, await rig.underWay(1), usedUp);
    await rig.reopen(two);
    await rig.end(two, await rig.underWay(50), usedUp);
    const both = await rig.scope(rig.worker());
    expect(both).toMatchObject({ concurrency: 4, learnedConcurrency: { limit: 4 } });
    expect(await rig.within((tx) => two.resume(tx, "mailer:default"))).toBe(true);
    expect(await rig.scope()).toBeUndefined();

    await rig.end(one, await rig.underWay(8), tooMany);
    await rig.reopen();
    clock.advance(DAY);
    expect((await rig.scope())?.concurrency).toBeUndefined();
    await rig.end(one, await rig.underWay(1), accepted);
    expect(await database.kysely.selectFrom("outbox_pauses").select("key").where("key", "!=", "").execute()).toEqual(
      [],
    );
    expect(rig.worker().countsPlaces()).toBe(false);
  });

  test("a pace and a concurrency of one scope hold beside each other", async () => {
    const rig = new Rig(await open());
    const { one } = rig;
    await rig.end(one, await rig.underWay(1), usedUp);
    await rig.reopen();
    const passed = await rig.claim(one, 40);
    await rig.end(one, passed.gone.slice(1), accepted);
    await rig.end(one, passed.gone.slice(0, 1), usedUp);
    await rig.reopen();
    await rig.end(one, await rig.underWay(8), tooMany);
    const scope = await rig.scope();
    expect(scope?.windows).toMatchObject([{ seconds: 900, isLearned: true }]);
    expect(scope).toMatchObject({ concurrency: 4, pace: { seconds: 900 }, learnedConcurrency: { limit: 4 } });
  });

  test("a rule that is narrower says so, and a rule that is wider gives way", async () => {
    const database = await open();
    const rig = new Rig(database);
    await rig.end(rig.one, await rig.underWay(8), tooMany);
    await rig.reopen();
    const ruled = (concurrency: number): SharedLimits =>
      rig.worker({ rules: [{ scope: "mailer", concurrency }], mailers: ["default"] });
    const narrow = await rig.scope(ruled(2));
    expect([narrow?.concurrency, narrow?.learnedConcurrency]).toEqual([2, undefined]);
    const { gone, reasons } = await rig.claim(ruled(2), 3);
    expect([gone.length, reasons[0]]).toEqual([2, "mailer:default may deliver 2 messages at once, and does"]);
    expect(await rig.scope(ruled(9))).toMatchObject({ concurrency: 4, learnedConcurrency: { limit: 4 } });
    expect((await rig.claim(ruled(9), 4)).gone).toHaveLength(2);
  });

  test.each(["{", "{}", '{"concurrency":"many"}'])("a row that holds %s is one that learned nothing", async (pace) => {
    const database = await open();
    const rig = new Rig(database);
    await rig.end(rig.one, await rig.underWay(8), tooMany);
    await rig.reopen();
    await database.kysely.updateTable("outbox_pauses").set({ pace }).where("key", "=", "mailer:default").execute();
    const fresh = rig.worker();
    expect((await rig.scope(fresh))?.concurrency).toBeUndefined();
    expect((await rig.claim(fresh, 9)).gone).toHaveLength(9);
    await rig.end(fresh, await rig.underWay(10), tooMany);
    expect((await rig.scope())?.concurrency).toBe(9); // nineteen were under way
  });
});
