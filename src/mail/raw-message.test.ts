import { describe, expect, test } from "vitest";
import { systemClock } from "../base/index.ts";
import { compose, type Composed } from "./compose.ts";
import { EmailMessage } from "./message.ts";
import type { MessageFields } from "./message-fields.ts";

const RAW =
  "From: Ann <ann@example.com>\r\nTo: bob@example.com\r\nSubject: Hi\r\n there\r\nMessage-ID: <1@example.com>\r\n\r\nText\r\n";

function composed(fields: MessageFields): Composed {
  return compose(fields, { clock: systemClock, hostname: "example.com" });
}

test("a finished message is taken as it is, with the envelope of the fields", () => {
  const { bytes, envelope, messageId, subject } = composed({
    raw: RAW,
    from: "mac@example.com",
    to: ["Bob <b@example.com>"],
  });
  expect(Buffer.from(bytes).toString()).toBe(RAW);
  expect(envelope).toEqual({ from: "mac@example.com", to: ["b@example.com"] });
  expect([messageId, subject]).toEqual(["<1@example.com>", "Hi there"]);
});

test("octets are not copied", () => {
  const raw = Buffer.from(RAW);
  const { bytes } = composed({ raw, from: "a@example.com", envelope: { from: "", to: ["b@example.com"] } });
  expect(bytes.buffer).toBe(raw.buffer);
  expect(bytes).toHaveLength(raw.length);
});

test("a message class that has nothing else may hold one", () => {
  const message = new EmailMessage({ raw: RAW, from: "a@example.com", to: ["b@example.com"] });
  expect(composed(message).messageId).toBe("<1@example.com>");
});

describe("refused is", () => {
  test.each<[string, string | Uint8Array, string]>([
    ["LF alone", RAW.replaceAll("\r\n", "\n"), "has a CR or LF alone"],
    ["a CR alone", RAW.replace("Text", "Te\rxt"), "has a CR or LF alone"],
    ["a NUL", `${RAW}\0`, "holds a NUL"],
    ["an octet over 127", `${RAW}é`, "holds characters outside ASCII"],
    ["a long line", `${RAW}${"x".repeat(999)}`, "has a line of more than 998"],
    ["a Bcc", `Bcc: c@example.com\r\n${RAW}`, "has a Bcc"],
    [
      "a control character in its header",
      `X-A: a\x0bBcc: c@example.com\r\n${RAW}`,
      "has a control character in its header",
    ],
    ["an escape in its header", `X-A: \x1b[31m\r\n${RAW}`, "has a control character in its header"],
    ["two subjects", `Subject: one\r\nSUBJECT: two\r\n${RAW}`, "has more than one subject"],
    [
      "two Message-IDs",
      `Message-ID: <1@a.example>\r\nMessage-ID: <2@a.example>\r\n${RAW}`,
      "has more than one message-id",
    ],
    ["a Resent-Bcc", `Resent-Bcc: c@example.com\r\n${RAW}`, "has a Bcc"],
    ["a Bcc in another case", `BCC : c@example.com\r\n${RAW}`, "has a Bcc"],
    ["no From", RAW.replace("From", "X-From"), "has not exactly one From"],
    ["two From", `From: x@example.com\r\n${RAW}`, "has not exactly one From"],
    ["no header", "Just text\r\n", "has a line in its header that is no field"],
    ["a number", 1 as unknown as string, "is neither text nor bytes"],
  ])("%s", (_, raw, problem) => {
    const fields = { raw, from: "a@example.com", to: ["b@example.com"] };
    expect(() => composed(fields)).toThrow(
      expect.objectContaining({ code: "WX_MESSAGE_RAW", field: "raw", message: expect.stringContaining(problem) }),
    );
  });

  test.each<MessageFields>([
    { subject: "x" },
    { text: "x" },
    { attachments: [{ content: "x" }] },
    { headers: { X: "y" } },
  ])("%j beside it", (fields) => {
    const [name] = Object.keys(fields);
    expect(() => composed({ raw: RAW, from: "a@example.com", to: ["b@example.com"], ...fields })).toThrow(
      expect.objectContaining({ code: "WX_MESSAGE_RAW", field: name }),
    );
  });

  test("nobody to send it to", () => {
    expect(() => composed({ raw: RAW, from: "a@example.com" })).toThrow(/^to names nobody/);
  });
});

test("UTF-8 is taken when it is asked for, and the server is told", () => {
  const raw = RAW.replace("Text", "天");
  const fields = { raw, from: "a@example.com", to: ["b@example.com"], smtpUtf8: true };
  expect(composed(fields).envelope.smtpUtf8).toBe(true);
  expect(composed({ ...fields, raw: RAW }).envelope).not.toHaveProperty("smtpUtf8");
});

test("one that is too large is refused, by its octets", () => {
  const fields = { raw: RAW.replace("Text", "天"), from: "a@example.com", to: ["b@example.com"], smtpUtf8: true };
  const limited = (maxMessageBytes: number): Composed =>
    compose(fields, { clock: systemClock, hostname: "example.com", maxMessageBytes });
  const { length } = Buffer.from(fields.raw);
  expect(limited(length).bytes).toHaveLength(length);
  expect(() => limited(length - 1)).toThrow(expect.objectContaining({ code: "WX_MESSAGE_TOO_LARGE" }));
});
