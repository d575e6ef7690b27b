import { expect, test } from "vitest";
import { composed } from "../../../../test/support/composed.ts";
import type { Envelope } from "../../backend.ts";
import type { MessageFields } from "../../message.ts";
import { createEndpoint } from "./endpoint.ts";
import { type OutgoingMessage, readOutgoing, written } from "./outgoing-message.ts";

const endpoint = createEndpoint("Test", {}, [], "https://api.example.com");

/** What is read of a message of these fields; `to` is who is left of its recipients. */
function outgoing(fields: MessageFields, to?: string[]): Promise<OutgoingMessage> {
  const { envelope, bytes } = composed({ text: "x", ...fields });
  const left: Envelope = to === undefined ? envelope : { ...envelope, to };
  return readOutgoing(endpoint, left, bytes);
}

const addresses = ({ to, cc, bcc }: OutgoingMessage): string[][] =>
  [to, cc, bcc].map((people) => people.map(({ address }) => address));

test("what was composed comes back as fields, in any language", async () => {
  const message = await outgoing({
    from: '"天天生鲜, 客服" <shop@例子.cn>',
    to: ["Ann 😀 <ann@example.com>"],
    replyTo: ["help@example.com", "Two <two@example.com>"],
    subject: `欢迎${"很长的主题".repeat(20)}`,
    text: "你好\nFrom here\n.\n",
    html: "<p>你好",
    headers: { "X-Note": "标签" },
    list: { unsubscribe: "https://example.com/off" },
  });
  expect(message).toMatchObject({
    from: { name: "天天生鲜, 客服", address: expect.stringMatching(/^shop@(例子|xn--fsqu00a)\.cn$/) },
    to: [{ name: "Ann 😀", address: "ann@example.com" }],
    replyTo: [
      { name: "", address: "help@example.com" },
      { name: "Two", address: "two@example.com" },
    ],
    subject: `欢迎${"很长的主题".repeat(20)}`,
    messageId: expect.stringMatching(/^<.+@mail\.example\.com>$/),
    alternatives: [],
    files: [],
  });
  expect(message.text.trimEnd()).toBe("你好\nFrom here\n.");
  expect(message.html.trimEnd()).toBe("<p>你好");
  const names = message.headers.map(([name]) => name);
  expect(names).toContain("X-Note");
  expect(names).toContain("List-Unsubscribe");
  expect(names.join()).not.toMatch(/content-|date|message-id|mime|subject|from|to\b/i);
  for (const [, value] of message.headers) expect(value).toMatch(/^[\x20-\x7e]+$/);
});

test("files come back byte for byte, each with a name", async () => {
  const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const { files } = await outgoing({
    html: '<img src="cid:logo">',
    attachments: [
      { filename: "报告 (1).bin", content: every },
      { cid: "logo", filename: "logo.png", content: every },
      { content: "a\r\nb\n", contentType: "text/csv; charset=utf-8", filename: false },
    ],
  });
  const byName = new Map(files.map((file) => [file.filename, file]));
  expect(byName.size).toBe(3);
  expect(byName.get("报告 (1).bin")).toMatchObject({ content: every.toString("base64"), contentId: undefined });
  expect(byName.get("logo.png")).toMatchObject({ contentType: "image/png", contentId: "logo" });
  expect([...byName.keys()].some((name) => /^attachment-\d$/.test(name))).toBe(true);
});

test("an invitation is one file, a message inside is one too, AMP is a form of the body", async () => {
  const content = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n";
  const inner = composed({ subject: "inside", text: "y" }).bytes;
  const { files, alternatives } = await outgoing({
    amp: "<html amp4email>",
    icalEvent: { content, method: "request" },
    attachments: [{ filename: "old.eml", contentType: "message/rfc822", content: inner }],
  });
  expect(alternatives).toMatchObject([{ contentType: "text/x-amp-html" }]);
  expect(files.filter(({ filename }) => filename.endsWith(".ics")).length).toBe(1);
  expect(files.map(({ contentType }) => contentType)).toContain("message/rfc822");
});

test("every recipient of the envelope is named once, and nobody else is", async () => {
  const fields = {
    to: ["ann@example.com", "bob@例子.cn"],
    cc: ["mike@example.com", "ANN@example.com"],
    bcc: ["hidden@example.com"],
  };
  expect(addresses(await outgoing(fields))).toEqual([
    ["ann@example.com", "bob@xn--fsqu00a.cn"],
    ["mike@example.com", "ANN@example.com"],
    ["hidden@example.com"],
  ]);
  const left = ["bob@xn--fsqu00a.cn", "hidden@example.com"];
  expect(addresses(await outgoing(fields, left))).toEqual([["bob@xn--fsqu00a.cn"], [], ["hidden@example.com"]]);
});

test("where nobody is left in To, the Cc stand there, or the only hidden one", async () => {
  const fields = { to: ["ann@example.com"], cc: ["mike@example.com"], bcc: ["one@example.com", "two@example.com"] };
  const cc = ["mike@example.com", "one@example.com"];
  expect(addresses(await outgoing(fields, cc))).toEqual([["mike@example.com"], [], ["one@example.com"]]);
  expect(addresses(await outgoing(fields, ["two@example.com"]))).toEqual([["two@example.com"], [], []]);
  const hidden = outgoing(fields, ["one@example.com", "two@example.com"]);
  await expect(hidden).rejects.toThrow("all of its recipients are hidden");
  await expect(hidden).rejects.toMatchObject({ stage: "unsupported", outcome: "not-sent" });
});

test("a signature that the provider's own writing would break does not go along", async () => {
  const bytes = Buffer.from(
    "DKIM-Signature: v=1; a=rsa-sha256\r\nReceived: from x\r\nFrom: a@example.com\r\nTo: b@example.com\r\nX-Own: 1\r\n\r\nhi\r\n",
  );
  const message = await readOutgoing(endpoint, { from: "a@example.com", to: ["b@example.com"] }, bytes);
  expect(message.headers).toEqual([["X-Own", "1"]]);
});

test("a message without a From is refused", async () => {
  const sent = readOutgoing(endpoint, { from: "", to: ["b@example.com"] }, Buffer.from("To: b@example.com\r\n\r\nx"));
  await expect(sent).rejects.toThrow("it has no From");
});

test("a name is quoted where it holds more than letters, digits and blanks", () => {
  const address = "a@example.com";
  expect(written({ name: "", address })).toBe(address);
  expect(written({ name: "天天 生鲜 2", address })).toBe("天天 生鲜 2 <a@example.com>");
  expect(written({ name: 'A "B" \\ <c@d.example>, e', address })).toBe(
    String.raw`"A \"B\" \\ <c@d.example>, e" <a@example.com>`,
  );
});

test.each([
  ["subject", "Subject: =?utf-8?B?SGkNCkJjYzogZXZlQGV2aWwuZXhhbXBsZQ==?=\r\nFrom: a@example.com"],
  ["sender's name", "From: =?utf-8?B?SGkNCkJjYzogZXZlQGV2aWwuZXhhbXBsZQ==?= <a@example.com>"],
  ["recipient's name", "From: a@example.com\r\nTo: =?utf-8?Q?Ann=0AX?= <ann@example.com>"],
  ["Reply-To", "From: a@example.com\r\nReply-To: =?utf-8?Q?A=00?= <b@example.com>"],
  [
    "filename",
    "From: a@example.com\r\nContent-Disposition: attachment; filename*=utf-8''a%0D%0Ab\r\nContent-Type: image/png",
  ],
])("a line break that only decoding brings out of the %s goes to no provider", async (_, header) => {
  const bytes = Buffer.from(`${header}\r\n\r\nx\r\n`);
  const sent = readOutgoing(endpoint, { from: "a@example.com", to: ["ann@example.com"] }, bytes);
  await expect(sent).rejects.toMatchObject({ code: "WX_DELIVERY_REFUSED", stage: "unsupported" });
});

test("a quoted address in From or Reply-To goes to no provider, whose list it could split", async () => {
  const fields = { to: ["ann@example.com"], replyTo: ['"a,eve@evil.example,b"@example.com'] };
  await expect(outgoing(fields)).rejects.toMatchObject({ stage: "unsupported" });
  await expect(outgoing({ to: ["ann@example.com"], from: '"a,b"@example.com' })).rejects.toMatchObject({
    stage: "unsupported",
  });
});
