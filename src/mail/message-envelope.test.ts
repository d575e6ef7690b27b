import { describe, expect, test } from "vitest";
import { composed, fieldsNamed } from "../../test/support/composed.ts";
import type { MessageFields } from "./message-fields.ts";

describe("an envelope of one's own", () => {
  test("is what the server is told, whatever the header says", () => {
    const message = composed({
      to: ["ann@example.com"],
      envelope: { from: "bounces@例子.中国", to: ["x@example.com", "x@EXAMPLE.com"] },
    });
    expect(message.envelope).toEqual({ from: "bounces@xn--fsqu00a.xn--fiqs8s", to: ["x@example.com"] });
    expect(fieldsNamed(message, "To")).toEqual(["To: ann@example.com"]);
  });

  test("may name one side only, and the null sender", () => {
    expect(composed({ to: ["ann@example.com"], envelope: { from: "" } }).envelope).toEqual({
      from: "",
      to: ["ann@example.com"],
    });
    expect(composed({ to: [], envelope: { to: ["x@example.com"] } }).envelope.to).toEqual(["x@example.com"]);
  });

  test.each<[MessageFields["envelope"], string]>([
    [{ from: "no address" }, "envelope.from"],
    [{ to: [] }, "envelope.to"],
    [{ to: ["a@example.com", "b@example.com, c@example.com"] }, "envelope.to[1]"],
    [{ to: ["Ann <a@example.com>"] }, "envelope.to[0]"],
    [{ to: "a@example.com" as unknown as string[] }, "envelope.to"],
    [{ size: 1 } as MessageFields["envelope"], "envelope"],
  ])("%j is refused by name", (envelope, field) => {
    expect(() => composed({ envelope })).toThrow(expect.objectContaining({ field }));
  });
});

test("what is asked of the servers and told the provider goes along", () => {
  const dsn = { notify: ["failure", "delay"], return: "headers", id: "order-1" } as const;
  const asked = { dsn, requireTls: true, tags: ["welcome"], metadata: { order: "1" } };
  expect(composed(asked).envelope).toMatchObject(asked);
  expect(composed({ dsn: { notify: "never" } }).envelope.dsn).toEqual({ notify: "never" });
});

test.each<[MessageFields, string]>([
  [{ dsn: { notify: ["always"] } as unknown as MessageFields["dsn"] }, "dsn.notify"],
  [{ dsn: { notify: [] } }, "dsn.notify"],
  [{ dsn: { return: "body" } as unknown as MessageFields["dsn"] }, "dsn.return"],
  [{ dsn: { id: "a b" } }, "dsn.id"],
  [{ dsn: { ret: "full" } as MessageFields["dsn"] }, "dsn"],
  [{ requireTls: "yes" as unknown as boolean }, "requireTls"],
  [{ tags: "welcome" as unknown as string[] }, "tags"],
  [{ tags: ["a\r\nb"] }, "tags[0]"],
  [{ metadata: { order: 1 } as unknown as Record<string, string> }, 'metadata["order"]'],
  [{ metadata: ["a"] as unknown as Record<string, string> }, "metadata"],
])("%j is refused by name", (fields, field) => {
  expect(() => composed(fields)).toThrow(expect.objectContaining({ field }));
});

test("SMTPUTF8 is asked of the server only where the message needs it", () => {
  expect(composed({ smtpUtf8: true, subject: "plain" }).envelope).not.toHaveProperty("smtpUtf8");
  expect(composed({ smtpUtf8: true, subject: "天" }).envelope.smtpUtf8).toBe(true);
  expect(composed({ smtpUtf8: true, bcc: ["天@example.com"] }).envelope).toMatchObject({
    smtpUtf8: true,
    to: ["bob@example.com", "天@example.com"],
  });
  expect(() => composed({ bcc: ["天@example.com"] })).toThrow(/outside ASCII before the @/);
});
