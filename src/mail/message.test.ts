import { expect, test } from "vitest";
import { EmailMessage, EmailMultiAlternatives } from "./message.ts";
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
