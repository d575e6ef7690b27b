import { expect, test } from "vitest";
import { DeliveryError, MessageError, shorten } from "./errors.ts";

test("a message error names the field, the value in short and the fix", () => {
  const value = `a\u0085\u2028\r\n${"b".repeat(1000)}`;
  const error = new MessageError("WX_MESSAGE_HEADER", { field: "subject", value, problem: "is odd", fix: "Do better" });
  expect(error.message).toBe(`subject: "a\\u0085\\u2028\\r\\n${"b".repeat(43)}…" is odd. Do better.`);
  expect(error.field).toBe("subject");
  expect(error.code).toBe("WX_MESSAGE_HEADER");
});

test("a shown value holds no raw control character and no half of a pair", () => {
  expect(shorten("\u001b[31m\ud83d\u007f")).toBe('"\\u001b[31m\\ud83d\\u007f"');
});

test.each([
  ["WX_DELIVERY_REFUSED", { retryable: false, outcome: "not-sent" }],
  ["WX_DELIVERY_DEFERRED", { retryable: true, outcome: "not-sent" }],
  ["WX_DELIVERY_UNKNOWN", { retryable: true, outcome: "unknown" }],
] as const)("%s says what may be done about a delivery", (code, failure) => {
  const cause = new Error("below");
  const error = new DeliveryError("words", { ...failure, cause });
  expect(error).toMatchObject({ code, ...failure, recipients: [], stage: "", replyCode: 0, enhancedCode: "" });
  expect(error.cause).toBe(cause);
});
