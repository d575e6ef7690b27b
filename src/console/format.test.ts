import { expect, test } from "vitest";
import { comingTime, fullTime, readableDuration, readableSize, shortTime } from "./format.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [48_213, "48.2 kB"],
  [999_949, "999.9 kB"],
  [999_950, "1.0 MB"],
  [25_000_000, "25.0 MB"],
])("%i octets read %s", (octets, words) => {
  expect(readableSize(octets)).toBe(words);
});

test("today's times are times of day, older ones dates", () => {
  const now = new Date(2026, 0, 2, 12, 0, 0).getTime();
  expect(shortTime(new Date(2026, 0, 2, 3, 4, 5).getTime(), now, "en")).toBe("03:04:05");
  expect(shortTime(new Date(2026, 0, 1, 23, 59, 59).getTime(), now, "en")).toBe("Jan 1, 2026");
  expect(shortTime(new Date(2026, 0, 1, 23, 59, 59).getTime(), now, "zh-CN")).toBe("2026年1月1日");
});

test("a whole time names its date, its second and its zone", () => {
  expect(fullTime(new Date(2026, 0, 2, 3, 4, 5).getTime(), "en")).toMatch(/^Jan 2, 2026, 03:04:05 \S+/);
});

test.each([
  [0, "0 seconds", "0秒钟"],
  [59_999, "59 seconds", "59秒钟"],
  [60_000, "1 minute", "1分钟"],
  [3 * 3_600_000, "3 hours", "3小时"],
  [50 * 3_600_000, "2 days", "2天"],
])("%i milliseconds read %s", (ms, english, chinese) => {
  expect([readableDuration(ms, "en"), readableDuration(ms, "zh-CN")]).toEqual([english, chinese]);
});

test("a time to come names its day where that is another one", () => {
  const now = new Date(2026, 0, 2, 9, 0).getTime();
  expect(comingTime(new Date(2026, 0, 2, 23, 5, 7).getTime(), now, "en")).toBe("23:05:07");
  expect(comingTime(new Date(2026, 0, 3, 5, 7).getTime(), now, "en")).toBe("Jan 3, 05:07");
  expect(comingTime(new Date(2026, 0, 3, 5, 7).getTime(), now, "zh-CN")).toBe("1月3日 05:07");
});
