import { expect, test } from "vitest";
import { rsaKey } from "../../../test/support/dkim-keys.ts";
import { createMail, createMailers, memoryBackend } from "../../mail/index.ts";
import { type Handover, readMessage } from "./read-message.ts";
import type { UnsubscribeOptions } from "./unsubscribe-headers.ts";

const links: UnsubscribeOptions = {
  urlFor: ({ address, stream, messageId = "" }) => `https://shop.example/u/${address}/${stream}/${messageId}`,
};
const header = "From: shop@shop.example\r\nTo: ann@x.cn, bob@x.cn\r\nMessage-ID: <1@x.cn>\r\n";
const ofStream = `X-Waxseal-Stream: news\r\n${header}`;

function read(message: string, changes: Partial<Handover> = {}): ReturnType<typeof readMessage> {
  return readMessage(Buffer.from(`${message}\r\nHello\r\n`), {
    from: "shop@shop.example",
    to: ["ann@x.cn"],
    dsn: undefined,
    requireTls: false,
    smtpUtf8: false,
    key: { id: "k", name: "shop", settings: {}, createdAt: 0, lastUsedAt: undefined, revokedAt: undefined },
    trace: { helo: "a", address: "203.0.113.7", host: "b", protocol: "ESMTPSA", isUtf8: false, id: "c" },
    now: 0,
    unsubscribe: links,
    ...changes,
  });
}

/** The fields about leaving, each unfolded. */
function leaving(message: string, changes?: Partial<Handover>): string[] {
  const text = Buffer.from(read(message, changes).message.raw as Buffer).toString();
  for (const line of text.split("\r\n")) expect(line.length).toBeLessThanOrEqual(998);
  const [head = ""] = text.split("\r\n\r\n");
  return head
    .replaceAll(/\r\n[ \t]+/g, " ")
    .split("\r\n")
    .filter((line) => /^list-/i.test(line));
}

const ONE_CLICK = "List-Unsubscribe-Post: List-Unsubscribe=One-Click";

test("mail of a stream gets the link of its one recipient, after the trace and before what came", () => {
  const added = ["List-Unsubscribe: <https://shop.example/u/ann@x.cn/news/%3C1@x.cn%3E>", ONE_CLICK];
  expect(leaving(ofStream)).toEqual(added);
  const text = Buffer.from(read(ofStream).message.raw as Buffer).toString();
  expect(text).toMatch(/^Received: .*(?:\r\n .*)*\r\nList-Unsubscribe: .*\r\nList-Unsubscribe-Post: .*\r\nFrom: /);
});

test("an address for unsubscriptions stands beside the link, and a site without TLS has no one click", () => {
  const [field] = leaving(ofStream, { unsubscribe: { ...links, mailto: "leave@shop.example" } });
  expect(field).toMatch(/^List-Unsubscribe: <mailto:leave@shop\.example>, <https:/);
  expect(leaving(ofStream, { unsubscribe: { urlFor: () => "http://localhost/u/1" } })).toEqual([
    "List-Unsubscribe: <http://localhost/u/1>",
  ]);
});

test("a stream in the metadata counts as in the header, as it does in the outbox", () => {
  expect(leaving(`X-Waxseal-Metadata: {"stream":"offers"}\r\n${header}`)[0]).toContain("/ann@x.cn/offers/");
});

test("a message without Message-ID is named in its link by the one that it is given", () => {
  const text = Buffer.from(read(ofStream.replace(/Message-ID: .*\r\n/, "")).message.raw as Buffer).toString();
  const id = /^Message-ID: <(.*)>\r$/m.exec(text)?.[1];
  expect(text).toContain(`/news/%3C${id}%3E>`);
});

test.each<[string, string, Partial<Handover>]>([
  ["mail of no stream", header, {}],
  ["mail to two, who would read each other's link,", ofStream, { to: ["ann@x.cn", "bob@x.cn"] }],
  ["a server that makes no links", ofStream, { unsubscribe: undefined }],
  ["a link of more than a line", ofStream, { unsubscribe: { urlFor: () => `https://x.cn/${"a".repeat(1000)}` } }],
])("%s: none is added", (_what, message, changes) => {
  expect(leaving(message, changes)).toEqual([]);
});

test("a Message-ID that would make the link too long for a line is left out of it", () => {
  const message = ofStream.replace("<1@x.cn>", `<${"1".repeat(970)}@x.cn>`);
  expect(leaving(message)[0]).toBe("List-Unsubscribe: <https://shop.example/u/ann@x.cn/news/>");
});

test("a message that says itself how to leave keeps that alone", () => {
  const own = "list-unsubscribe: <mailto:bye@shop.example>";
  expect(leaving(`${own}\r\n${ofStream}`)).toEqual([own]);
});

test.each([
  ["From:To:List-Unsubscribe:Subject", false],
  ["from : to :\r\n list-unsubscribe-post", false],
  ["From:To:Subject:List-Id", true],
])("where the program has signed %j, a field is added: %s", (names, isAdded) => {
  const signature = `DKIM-Signature: v=1; a=rsa-sha256; d=shop.example; s=a; bh=list-unsubscribe=;\r\n h=${names}; b=abc\r\n`;
  expect(leaving(signature + ofStream).length > 0).toBe(isAdded);
});

test("our own signature covers what was added (RFC 8058, section 4)", async () => {
  const dkim = { domain: "shop.example", selector: "s", privateKey: rsaKey() };
  const mail = createMail({ mailers: createMailers({ default: memoryBackend() }), defaultFromEmail: "a@x.cn", dkim });
  const { bytes } = await mail.compose(read(ofStream).message);
  const names = /\bh=([^;]+);/.exec(Buffer.from(bytes).toString())?.[1]?.replaceAll(/\s/g, "").split(":");
  expect(names).toEqual(expect.arrayContaining(["list-unsubscribe", "list-unsubscribe-post"]));
});
