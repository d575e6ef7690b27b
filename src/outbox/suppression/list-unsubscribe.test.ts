import { expect, test } from "vitest";
import { createMail, createMailers, type MailOptions, memoryBackend, type MessageFields } from "../../mail/index.ts";
import { rsaKey } from "../../../test/support/dkim-keys.ts";
import { listUnsubscribe, type ListUnsubscribeOptions } from "./list-unsubscribe.ts";

const message: MessageFields = {
  from: "shop@example.com",
  to: ["Ann <ann@example.net>"],
  subject: "News",
  text: "Hello",
  metadata: { stream: "news" },
};

async function headersOf(
  fields: MessageFields,
  options: Partial<ListUnsubscribeOptions> = {},
  further: Partial<MailOptions> = {},
): Promise<string> {
  const urlFor = ({ address, stream, messageId = "" }: Parameters<ListUnsubscribeOptions["urlFor"]>[0]): string =>
    `https://example.com/u/${address}/${stream}/${messageId.slice(1, -1)}`;
  const mail = createMail({
    mailers: createMailers({ default: memoryBackend() }),
    defaultFromEmail: "shop@example.com",
    middleware: [listUnsubscribe({ urlFor, ...options })],
    ...further,
  });
  const { bytes } = await mail.compose(fields);
  return (Buffer.from(bytes).toString().split("\r\n\r\n")[0] ?? "").replaceAll(/\r\n[ \t]/g, " ");
}

test("mail of a stream to one recipient can be left with one click", async () => {
  const headers = await headersOf({ ...message, messageId: "<1@example.com>" });
  expect(headers).toContain("List-Unsubscribe: <https://example.com/u/ann@example.net/news/1@example.com>");
  expect(headers).toContain("List-Unsubscribe-Post: List-Unsubscribe=One-Click");
});

test("an address for unsubscriptions stands beside the link", async () => {
  const headers = await headersOf(message, { mailto: "leave@example.com" });
  expect(headers).toContain("List-Unsubscribe: <mailto:leave@example.com>, <https://example.com/u/");
  expect(headers).toContain("List-Unsubscribe-Post:");
});

test("the application may say which stream a message is of", async () => {
  const { metadata: _none, ...plain } = message;
  const headers = await headersOf({ ...plain, tags: ["weekly"] }, { streamOf: ({ tags = [] }) => tags[0] });
  expect(headers).toContain("/ann@example.net/weekly/>");
});

test.each<[string, MessageFields]>([
  ["mail of no stream", { ...message, metadata: {} }],
  ["a second recipient", { ...message, cc: ["eve@example.net"] }],
  ["a hidden second recipient", { ...message, bcc: ["eve@example.net"] }],
])("%s gets no link", async (_what, fields) => {
  expect(await headersOf(fields)).not.toContain("List-Unsubscribe");
});

test("a message that says itself how to leave keeps that", async () => {
  const headers = await headersOf({ ...message, list: { unsubscribe: "https://elsewhere.example/", id: "a.b" } });
  expect(headers).toContain("List-Unsubscribe: <https://elsewhere.example/>");
  expect(headers).toContain("List-ID: <a.b>");
});

test("a DKIM signature covers both headers (RFC 8058, section 4)", async () => {
  const dkim = { domain: "example.com", selector: "s", privateKey: rsaKey() };
  const headers = await headersOf(message, {}, { dkim });
  const signed = /h=([^;]+);/.exec(headers)?.[1]?.replaceAll(/\s/g, "").toLowerCase().split(":");
  expect(signed).toEqual(expect.arrayContaining(["list-unsubscribe", "list-unsubscribe-post"]));
});

test("a misspelt option is refused", () => {
  expect(() => listUnsubscribe({ urlFor: () => "", mailTo: "a@b.example" } as never)).toThrow(/Did you mean mailto\?/);
});
