import * as fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../test/support/property.ts";
import { fastestIn, goneAt, hasRoom, movedTo, opensAt, unused, usedIn, withMore } from "./window.ts";

const HOUR = 3_600_000;
const quarter = { quota: 10, seconds: 900 };
const after = (use: typeof unused, at: number) => movedTo(use, quarter.seconds, at);

test("what was used counts for the length of the window, and at most a twentieth longer", () => {
  const use = withMore(after(unused, HOUR), 10);
  expect(usedIn(after(use, HOUR + 900_000))).toBe(10);
  expect(usedIn(after(use, HOUR + 945_000))).toBe(0);
  expect(hasRoom(use, 10, 1)).toBe(false);
  expect(opensAt(use, quarter, 1, HOUR)).toBe(HOUR + 945_000);
  expect(hasRoom(after(use, HOUR + 945_000), 10, 10)).toBe(true);
});

test("what is larger than the quota goes when nothing else was used", () => {
  expect(hasRoom(after(unused, HOUR), 10, 11)).toBe(true);
  expect(hasRoom(withMore(after(unused, HOUR), 1), 10, 11)).toBe(false);
  expect(opensAt(withMore(after(unused, HOUR), 1), quarter, 11, HOUR)).toBe(HOUR + 945_000);
});

test("a clock that is set back gives nothing free, and holds nothing up for longer than the window", () => {
  const use = withMore(after(unused, 10 * HOUR), 10);
  expect(usedIn(after(use, 10 * HOUR - 60_000))).toBe(10);
  const back = after(use, HOUR);
  expect(usedIn(back)).toBe(10);
  expect(usedIn(after(back, HOUR + 945_000))).toBe(0);
});

test("workers whose clocks differ by seconds do not use up a window of seconds each for itself", () => {
  let use = unused;
  let gone = 0;
  for (let at = HOUR; at < HOUR + 1_000; at += 50) {
    for (const clock of [at, at + 5_000]) {
      use = movedTo(use, 1, clock);
      if (hasRoom(use, 3, 1)) {
        use = withMore(use, 1);
        gone += 1;
      }
    }
  }
  expect(gone).toBeLessThanOrEqual(2 * 3);
});

test("the last of many goes after as many windows as they fill", () => {
  expect(goneAt(unused, quarter, 10, HOUR)).toBe(HOUR);
  expect(goneAt(unused, quarter, 11, HOUR)).toBe(HOUR + 945_000);
  expect(goneAt(unused, quarter, 40, HOUR)).toBe(HOUR + 3 * 945_000);
});

test("whenever messages come, no stretch of a window's length sees more than the quota, and a twentieth less is wasted at most", () => {
  const step = fc.record({ wait: fc.integer({ min: 0, max: 200_000 }), wanted: fc.integer({ min: 1, max: 12 }) });
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 80 }),
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom(1, 7, 60, 900),
      (steps, quota, seconds) => {
        const gone: number[] = [];
        let use = unused;
        let now = 1_000_000_007;
        for (const { wait, wanted } of steps) {
          now += Math.round((wait * seconds) / 900);
          use = movedTo(use, seconds, now);
          for (let index = 0; index < wanted; index++) {
            if (hasRoom(use, quota, 1)) {
              use = withMore(use, 1);
              gone.push(now);
            } else {
              const at = opensAt(use, { quota, seconds }, 1, now);
              expect(at).toBeGreaterThan(now);
              expect(hasRoom(movedTo(use, seconds, at), quota, 1)).toBe(true);
              const longest = seconds * 1000 * 1.05;
              expect(gone.filter((time) => time > now - longest).length).toBeGreaterThanOrEqual(quota);
            }
          }
          const within = gone.filter((time) => time > now - seconds * 1000).length;
          expect(within).toBeLessThanOrEqual(quota);
        }
      },
    ),
    runs(150),
  );
});

test("the fastest second is that of the fullest part, and no part is shorter than a second", () => {
  expect(fastestIn(unused, 900)).toBe(0);
  const slow = withMore(movedTo(unused, 900, HOUR), 90);
  expect(fastestIn(withMore(movedTo(slow, 900, HOUR + 45_000), 9), 900)).toBe(2); // 90 in 45 seconds
  expect(fastestIn(withMore(movedTo(unused, 2, HOUR), 14), 2)).toBe(14);
});
