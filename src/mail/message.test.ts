import { expect, test } from "vitest";
import { EmailMessage, EmailMultiAlternatives, type FurtherFields } from "./message.ts";
import { MESSAGE_FIELDS, type MessageFields } from "./message-fields.ts";
import { MessageError } from "./errors.ts";

test("a message is made from fields or, as in Django, from positions", () => {
  const fields = new EmailMessage({
    subject: "S",
    text: "T",
    from: "a@example.com",
    to: ["b@example.com"],
    cc: ["c@example.com"],
  });
  const positions = new EmailMessage("S", "T", "a@example.com", ["b@example.com"], { cc: ["c@example.com"] });
  expect(positions).toEqual(fields);
});

test("recipients are to, cc and bcc in order, without empty items", () => {
  const message = new EmailMessage({ to: ["a@example.com", ""], cc: ["b@example.com"], bcc: ["c@example.com"] });
  expect(message.recipients()).toEqual(["a@example.com", "b@example.com", "c@example.com"]);
  message.to = [];
  expect(message.recipients()).toEqual(["b@example.com", "c@example.com"]);
});

test.each(["to", "cc", "bcc", "replyTo"])("a string for %s is refused by name", (field) => {
  expect(() => new EmailMessage({ [field]: "a@example.com" })).toThrow(MessageError);
  expect(() => new EmailMessage({ [field]: "a@example.com" })).toThrow(new RegExp(`^${field}: `));
});

test("what is attached does not reach the lists it was made from", () => {
  const attachments = [{ filename: "a.txt", content: "a" }];
  const message = new EmailMultiAlternatives({ attachments });
  message.attach("b.txt", "b", "text/plain");
  message.attachAlternative("<p>x", "text/html");
  expect(attachments).toHaveLength(1);
  expect(message.attachments).toEqual([
    { filename: "a.txt", content: "a" },
    { filename: "b.txt", content: "b", contentType: "text/plain" },
  ]);
  expect(message.alternatives).toEqual([{ content: "<p>x", contentType: "text/html" }]);
});

test("a message sends itself through what it is bound to, and says so when it is not", async () => {
  const message = new EmailMessage({ subject: "S" });
  expect(() => message.send()).toThrow("mail.send(message)");
  const receipt = { server: "x", accepted: [], rejected: [], response: "" };
  const seen: unknown[] = [];
  message.bind({ send: async (...given) => (seen.push(given), receipt) });
  expect(await message.send({ using: "other" })).toBe(receipt);
  expect(seen).toEqual([[message, { using: "other" }]]);
});

test("every field can be given and set, and one that does not exist is refused", () => {
  const message = new EmailMessage({ priority: "high", raw: "x", tags: ["a"] });
  message.inReplyTo = "<a@b>";
  expect(message).toMatchObject({ priority: "high", raw: "x", tags: ["a"], inReplyTo: "<a@b>" });
  for (const field of MESSAGE_FIELDS) expect(Object.keys(message), field).toContain(field);
  expect(() => new EmailMessage({ boddy: "x" } as MessageFields)).toThrow(/^message: "boddy" is not a field/);
  expect(() => new EmailMessage("S", "T", "a@b.cn", [], { boddy: "x" } as MessageFields)).toThrow(/"boddy"/);
});

test("embed adds an inline file and gives the URL by which the HTML shows it", () => {
  const message = new EmailMessage();
  expect(message.embed({ content: "x", cid: "logo%1@x.cn" })).toBe("cid:logo%251@x.cn");
  const url = message.embed({ path: "logo.png" });
  expect(url).toMatch(/^cid:[0-9a-f-]{36}@embedded$/);
  expect(message.attachments).toEqual([
    { content: "x", cid: "logo%1@x.cn", contentDisposition: "inline" },
    { path: "logo.png", cid: url.slice("cid:".length), contentDisposition: "inline" },
  ]);
});

test("attach takes a name and its content, or a whole attachment; attachFile a path", () => {
  const message = new EmailMessage();
  message.attach({ filename: "a.txt", content: "a" });
  message.attachFile(new URL("file:///tmp/b.txt"), "text/x-b");
  expect(message.attachments).toEqual([
    { filename: "a.txt", content: "a" },
    { path: new URL("file:///tmp/b.txt"), contentType: "text/x-b" },
  ]);
});

test("a message is stored as JSON and made again from it, but for streams and bytes that are no text", () => {
  const message = new EmailMessage({
    date: new Date(0),
    raw: Buffer.from("é"),
    attachments: [{ content: Buffer.from([255]) }, { path: new URL("file:///tmp/a") }, { raw: Buffer.from("x") }],
    alternatives: [{ content: Buffer.from([255]), contentType: "a/b" }],
    icalEvent: { content: Buffer.from("BEGIN:VCALENDAR") },
  });
  const again = new EmailMessage(JSON.parse(JSON.stringify(message)) as MessageFields);
  expect(again).toMatchObject({
    date: "Thu, 01 Jan 1970 00:00:00 +0000",
    raw: "é",
    attachments: [{ content: "/w==", encoding: "base64" }, { path: "file:///tmp/a" }, { raw: "x" }],
    alternatives: [{ content: "/w==", contentType: "a/b", encoding: "base64" }],
    icalEvent: { content: "BEGIN:VCALENDAR" },
  });
  const streaming = new EmailMessage({ attachments: [{ content: new Blob(["x"]).stream() }] });
  expect(() => JSON.stringify(streaming)).toThrow(expect.objectContaining({ code: "WX_MESSAGE_STREAM" }));
  const foreign = new EmailMessage({ raw: Buffer.from([255]) });
  expect(() => JSON.stringify(foreign)).toThrow(expect.objectContaining({ code: "WX_MESSAGE_TYPE", field: "raw" }));
});

test("a list as the fifth argument, as in Django, is told where it belongs", () => {
  const bcc = ["bob@example.com"] as unknown as FurtherFields;
  const problem = /^further is a list\. The fifth argument holds further fields, such as \{ bcc:/;
  expect(() => new EmailMessage("S", "T", undefined, ["ann@example.com"], bcc)).toThrow(problem);
});
