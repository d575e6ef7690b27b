import { expect, test } from "vitest";
import { improved, type Lesson, phaseOf, probed, worsened } from "./pause.ts";
import type { PauseRow } from "./store.ts";

const MINUTE = 60_000;
const start = 1_000_000_000;
const lesson = (reason: Lesson["reason"], more: Partial<Lesson> = {}): Lesson => ({
  key: "account:163:mac@163.com",
  reason,
  forMs: 0,
  detail: { en: "535 no", zh: undefined },
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

test("one message at a time tries, and what gets through opens the scope", () => {
  const row = failAgain(undefined, lesson("quota", { forMs: 15 * MINUTE }), start);
  const now = row.until;
  const tried = probed(row, "probe", now);
  const phases = [phaseOf(row, now), phaseOf(tried, now), phaseOf(tried, tried.until)];
  expect(phases).toEqual(["half-open", "closed", "half-open"]);
  expect(improved(tried, "probe", now)).toBe("gone");
});

test("what is refused at once rests for longer each time; what is used up again and again does not", () => {
  const what = lesson("quota", { forMs: 15 * MINUTE });
  let row = failAgain(undefined, what, start);
  for (const minutes of [30, 60, 120]) {
    const now = row.until;
    row = failAgain(row, what, now);
    expect(row.until - now).toBe(minutes * MINUTE);
  }
  const lengths: number[] = [];
  for (let count = 0; count < 5; count++) {
    const now = row.until;
    const open = improved(probed(row, "probe", now), "probe", now);
    row = failAgain(open === "gone" ? undefined : open, what, now + MINUTE);
    lengths.push((row.until - now - MINUTE) / MINUTE);
  }
  expect(lengths).toEqual([60, 30, 15, 15, 15]);
});

test("a server that fails again soon closes the mailer at once; one that fails long after is counted from one", () => {
  const what = lesson("connection");
  let row: PauseRow | undefined;
  for (let count = 0; count < 5; count++) row = failAgain(row, what, Math.max(start + count, row?.until ?? 0));
  const now = row?.until ?? 0;
  const open = improved(probed(row as PauseRow, "probe", now), "probe", now) as PauseRow;
  expect([phaseOf(open, now), open.failures]).toEqual(["open", 3]);
  expect(failAgain(open, what, now + 30_000)).toMatchObject({ failures: 4, until: now + 90_000 });
  expect(failAgain(open, what, now + 30_001)).toMatchObject({ failures: 1, until: 0 });
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
