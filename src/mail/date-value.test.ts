import { expect, test } from "vitest";
import { dateValue, formatDate } from "./date-value.ts";

test.each(["Thu, 01 Jan 2026 08:00:00 +0800", "1 Jan 2026 08:00 GMT", "Sat, 29 Feb 2020 23:59:60 -0330"])(
  "%j is taken as it is",
  (text) => {
    expect(dateValue(text, "date")).toBe(text);
  },
);

test.each([
  "",
  "2026-01-01T08:00:00Z",
  "Mon, 30 Feb 2026 08:00:00 +0800",
  "Sat, 29 Feb 2025 08:00:00 +0000",
  "Fri, 01 Jan 2026 08:00:00 +0800",
  "Thu, 01 Jan 2026 24:00:00 +0800",
  "Thu, 01 Jan 2026 08:60:00 +0800",
  "Thu, 01 Jan 2026 08:00:00 +0860",
  "Thu, 01 Jam 2026 08:00:00 +0800",
  "Thu, 00 Jan 2026 08:00:00 +0800",
  "Thu, 01 Jan 2026 08:00:00",
])("%j is refused by name", (text) => {
  expect(() => dateValue(text, "date")).toThrow(expect.objectContaining({ code: "WX_MESSAGE_HEADER", field: "date" }));
});

test("a Date is written in UTC, or in the zone of this machine", () => {
  const date = new Date(Date.UTC(2026, 0, 2, 3, 4, 5));
  expect(formatDate(date, "date")).toBe("Fri, 02 Jan 2026 03:04:05 +0000");
  expect(Date.parse(formatDate(date, "date", true))).toBe(date.getTime());
});

test.each([Number.NaN, Date.UTC(1899, 11, 31), Date.UTC(10_000, 0, 1)])("a Date of %d is refused", (time) => {
  expect(() => formatDate(new Date(time), "date")).toThrow(/is not a date for a mail/);
});
