import { describe, expect, test } from "vitest";
import { compose } from "./compose.ts";
import { systemClock } from "../base/index.ts";
import type { HeaderValue, MessageFields } from "./message.ts";
import { expectLinearTime } from "../../test/support/linear-time.ts";

const context = { clock: systemClock, hostname: "example.com", defaultFrom: "mac@163.com" };

function headerLines(headers: Record<string, HeaderValue>, fields: MessageFields = {}): string[] {
  const { bytes } = compose({ to: ["ann@example.com"], ...fields, headers }, context);
  const raw = Buffer.from(bytes).toString("latin1");
  return raw.slice(0, raw.indexOf("\r\n\r\n")).split(/\r\n(?! )/);
}

describe("a header given by name wins over its field, in the header only", () => {
  test.each<[Record<string, HeaderValue>, string]>([
    [{ From: "Shop <shop@example.com>" }, "From: Shop <shop@example.com>"],
    [{ to: "Ann <a@例子.中国>, b@example.com" }, "To: Ann <a@xn--fsqu00a.xn--fiqs8s>, b@example.com"],
    [
      { Cc: ["c@example.com", { name: "D, E", address: "d@example.com" }] },
      'Cc: c@example.com, "D, E" <d@example.com>',
    ],
    [{ "Reply-To": "r@example.com" }, "Reply-To: r@example.com"],
    [{ Sender: "天 <s@example.com>" }, "Sender: =?UTF-8?B?5aSp?= <s@example.com>"],
    [{ date: new Date("2026-01-01T00:00:00Z") }, "Date: Thu, 01 Jan 2026 00:00:00 +0000"],
    [{ Date: "Thu, 01 Jan 2026 08:00:00 +0800" }, "Date: Thu, 01 Jan 2026 08:00:00 +0800"],
    [{ "message-id": "<x.1@example.com>" }, "Message-ID: <x.1@example.com>"],
  ])("%j", (headers, expected) => {
    const lines = headerLines(headers);
    expect(lines).toContain(expected);
    const name = expected.slice(0, expected.indexOf(":") + 1);
    expect(lines.filter((line) => line.startsWith(name))).toEqual([expected]);
  });

  test("and not in the envelope", () => {
    const { envelope } = compose(
      { to: ["a@example.com"], headers: { From: "x@example.com", To: "y@example.com" } },
      context,
    );
    expect(envelope).toEqual({ from: "mac@163.com", to: ["a@example.com"] });
  });
});

test("other headers keep their case and order, encode what is not ASCII, and repeat for a list", () => {
  const lines = headerLines({
    "X-b": "天",
    "X-A": ["1", "2"],
    "X-Token": "t".repeat(300),
    Expires: new Date(0),
    "List-Unsubscribe": `<https://example.com/${"u".repeat(200)}>`,
    "Auto-Submitted": "auto-generated",
  });
  expect(lines.slice(4, -3)).toEqual([
    "X-b: =?UTF-8?B?5aSp?=",
    "X-A: 1",
    "X-A: 2",
    `X-Token: ${"t".repeat(300)}`,
    "Expires: Thu, 01 Jan 1970 00:00:00 +0000",
    `List-Unsubscribe: <https://example.com/${"u".repeat(200)}>`,
    "Auto-Submitted: auto-generated",
  ]);
});

test("a hundred references are folded and all kept", () => {
  const references = Array.from({ length: 100 }, (_, index) => `<${index}@example.com>`).join(" ");
  const line = headerLines({ References: references }).find((text) => text.startsWith("References:"));
  expect(line?.replaceAll("\r\n ", " ")).toBe(`References: ${references}`);
  expect(line?.split("\r\n").every((part) => part.length <= 78)).toBe(true);
});

test.each<[Record<string, HeaderValue>, string]>([
  [{ Bcc: "a@example.com" }, 'headers["Bcc"] may not be given by name. Use the field bcc'],
  [{ "Resent-Bcc": "a@example.com" }, 'headers["Resent-Bcc"] may not be given by name. Use the field bcc'],
  [{ SUBJECT: "x" }, 'headers["SUBJECT"] may not be given by name. Use the field subject'],
  [{ "mime-version": "1.1" }, 'headers["mime-version"] may not be given by name'],
  [{ "Content-Type": "text/html" }, "describes the body"],
  [{ "X-A": "1", "x-a": "2" }, 'headers["x-a"] is there twice'],
  [{ "X-A": "" }, 'headers["X-A"] is empty'],
  [{ "X-A": 1 as unknown as string }, 'headers["X-A"] is number, not text'],
  [{ "X-A": [{ name: "", address: "a@example.com" }] }, 'headers["X-A"][0] is object, not text'],
  [{ From: "" }, 'headers["From"][0]: "" is empty'],
  [{ To: new Date(0) }, 'headers["To"] is object, not text'],
  [{ To: [] }, 'headers["To"] names nobody'],
  [{ To: "a@example.com, b" }, 'headers["To"][1]: "b" has no @'],
  [{ Date: "yesterday" }, "is not a date"],
  [{ Date: "Thu, 99 Jan 2026 08:00:00 +0800" }, "is not a date"],
  [{ Date: new Date(Number.NaN) }, "is not a date"],
  [{ Date: new Date("+012026-01-01T00:00:00Z") }, "is not a date"],
  [{ "Message-ID": "no brackets@example.com" }, "is not a Message-ID"],
  [{ "Message-ID": "<a@b> <c@d>" }, "is not a Message-ID"],
  [{ "List-Id": "新闻 <news.example.com>" }, "does not fit a header of its kind"],
  [{ References: "x".repeat(2000) }, "does not fit a header of its kind"],
])("%j is refused", (headers, message) => {
  expect(() => headerLines(headers)).toThrow(message);
});

test("headers by the thousand take linear time", () => {
  expectLinearTime((size) => {
    const headers = Object.fromEntries(Array.from({ length: size }, (_, index) => [`X-${index}`, `value ${index}`]));
    expect(headerLines(headers).length).toBeGreaterThan(size);
  }, 10_000);
});

test.each([[["X-Tag: welcome"]], ["X-Tag: welcome"]])("%j is no object of headers", (headers) => {
  const given = headers as unknown as Record<string, HeaderValue>;
  expect(() => headerLines(given)).toThrow(/^headers is no object of names and values\. Give an object/);
});
