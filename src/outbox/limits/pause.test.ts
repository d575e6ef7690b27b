import { expect, test } from "vitest";
import { improved, type Lesson, phaseOf, probed, worsened } from "./pause.ts";
import type { PauseRow } from "./store.ts";

const MINUTE = 60_000;
const start = 1_000_000_000;
const lesson = (reason: Lesson["reason"], more: Partial<Lesson> = {}): Lesson => ({
  key: "account:163:mac@163.com",
  reason,
  forMs: 0,
  detail: "535 no",
  ...more,
});

/** Fails once more at `now`, as the message that tries where one may. */
function failAgain(row: PauseRow | undefined, what: Lesson, now: number): PauseRow {
  const tries = row !== undefined && phaseOf(row, now) === "half-open";
  const before = tries ? probed(row, "probe", now) : row;
  return worsened(before, what, tries ? "probe" : "any", now) ?? (row as PauseRow);
}

test("the third refused log-in closes the account for five minutes, and each try that fails doubles that, to six hours", () => {
  let row: PauseRow | undefined;
  const lengths: number[] = [];
  for (let now = start, count = 0; count < 12; count++) {
    row = failAgain(row, lesson("auth"), now);
    if (row.until > 0) lengths.push((row.until - now) / MINUTE);
    now = Math.max(now + 1000, row.until);
  }
  expect(lengths).toEqual([5, 10, 20, 40, 80, 160, 320, 360, 360, 360]);
});

test("a log-in that gets through before the third refusal is where the count begins anew", () => {
  const twice = failAgain(failAgain(undefined, lesson("auth"), start), lesson("auth"), start + 1);
  expect(phaseOf(twice, start + 1)).toBe("open");
  expect(improved(twice, "any", start + 2)).toBe("gone");
});

test("what was under way as the pause began neither counts nor opens, and may make it longer", () => {
  const row = failAgain(undefined, lesson("quota", { forMs: 15 * MINUTE }), start);
  expect(row.until).toBe(start + 15 * MINUTE);
  expect(worsened(row, lesson("quota", { forMs: 15 * MINUTE }), "other", start)).toBeUndefined();
  expect(worsened(row, lesson("quota", { forMs: 1440 * MINUTE }), "other", start)).toMatchObject({
    until: start + 1440 * MINUTE,
    failures: 1,
  });
  expect(improved(row, "other", start + 1)).toBeUndefined();
});

test("the message that tries opens the scope; a failure soon after doubles, one long after begins anew", () => {
  const row = failAgain(undefined, lesson("quota", { forMs: 15 * MINUTE }), start);
  const now = row.until;
  const tried = probed(row, "probe", now);
  expect([phaseOf(row, now), phaseOf(tried, now), phaseOf(tried, tried.until)]).toEqual([
    "half-open",
    "closed",
    "half-open",
  ]);
  const open = improved(tried, "probe", now + 5) as PauseRow;
  expect([phaseOf(open, now + 5), open.failures]).toEqual(["open", 1]);
  const soon = failAgain(open, lesson("quota", { forMs: 15 * MINUTE }), now + MINUTE);
  expect(soon.until - (now + MINUTE)).toBe(30 * MINUTE);
  const late = failAgain(open, lesson("quota", { forMs: 15 * MINUTE }), now + 16 * MINUTE);
  expect(late.until - (now + 16 * MINUTE)).toBe(15 * MINUTE);
});

test("a day that the provider asks for is kept, and never doubled beyond itself", () => {
  const DAY = 1440 * MINUTE;
  const row = failAgain(undefined, lesson("quota", { forMs: DAY }), start);
  const again = failAgain(row, lesson("quota", { forMs: DAY }), row.until);
  expect(again.until - row.until).toBe(DAY);
});

test("a lock that the provider or the pool names closes the account at once", () => {
  expect(failAgain(undefined, lesson("auth", { atOnce: true, forMs: 30 * MINUTE }), start)).toMatchObject({
    until: start + 30 * MINUTE,
    failures: 3,
  });
});

test("an operator's pause holds whatever happens, and is over when it is over", () => {
  const row = { ...failAgain(undefined, lesson("quota"), start), reason: "operator", until: start + MINUTE };
  expect(worsened(row, lesson("auth", { forMs: 60 * MINUTE }), "any", start)).toBeUndefined();
  expect([phaseOf(row, start), phaseOf(row, start + MINUTE)]).toEqual(["closed", "open"]);
});
