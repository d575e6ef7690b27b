import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { fixedClock } from "../../test/support/fixed-clock.ts";
import { eachDatabase } from "../../test/support/postgres.ts";
import { compose, EmailMessage, type MessageFields, smtpBackend } from "../mail/index.ts";
import { type Inbox, type InboxOptions, listenInbox } from "./inbox.ts";
import { databaseStore } from "./store.ts";
import type { InboxSummary } from "./types.ts";

async function open(options: Partial<InboxOptions> = {}): Promise<Inbox> {
  const inbox = await listenInbox({ port: 0, ...options });
  onTestFinished(() => inbox.close());
  return inbox;
}

async function send(inbox: Inbox, fields: MessageFields): Promise<Uint8Array> {
  const backend = smtpBackend({ host: inbox.host, port: inbox.port, security: "none" });
  const { envelope, bytes } = compose(new EmailMessage(fields), { clock: fixedClock(), hostname: "x.cn" });
  try {
    await backend.send(envelope, bytes);
  } finally {
    await backend.close?.();
  }
  return bytes;
}

const letter = {
  from: "王小明 <shop@x.cn>",
  to: ["ann@x.cn"],
  bcc: ["secret@x.cn"],
  subject: "订单 ✓ confirmed",
  text: "第一行\n..dots\nhttps://x.cn/?a=1&b=2\n",
  html: "<p>第一行</p>",
};

test("a mail that was sent is listed, read, and kept to the byte", async () => {
  const inbox = await open();
  const seen: InboxSummary[] = [];
  inbox.subscribe((mail) => seen.push(mail));
  const bytes = await send(inbox, letter);
  const [summary] = await inbox.list();
  expect(seen).toEqual([summary]);
  expect(summary).toMatchObject({
    subject: "订单 ✓ confirmed",
    from: "王小明 <shop@x.cn>",
    to: "ann@x.cn",
    envelopeFrom: "shop@x.cn",
    envelopeTo: ["ann@x.cn", "secret@x.cn"],
  });
  const mail = await inbox.get(summary?.id ?? "");
  expect(mail?.text.trim().split(/\r?\n/)).toEqual(["第一行", "..dots", "https://x.cn/?a=1&b=2"]);
  expect(mail?.html).toContain("<p>第一行</p>");
  expect(mail?.headers.map(({ name }) => name.toLowerCase())).toEqual(
    expect.arrayContaining(["from", "subject", "message-id"]),
  );
  expect(Buffer.from(mail?.raw ?? []).equals(Buffer.from(bytes))).toBe(true);
});

eachDatabase((openDatabase) => {
  test("kept in the database, mail outlives the inbox; newest first", async () => {
    const database = await openDatabase();
    const clock = fixedClock();
    const first = await open({ store: databaseStore(database), clock });
    await send(first, { ...letter, subject: "one" });
    clock.advance(1);
    await send(first, { ...letter, subject: "two" });
    await first.close();
    const second = await open({ store: databaseStore(database) });
    expect((await second.list()).map(({ subject }) => subject)).toEqual(["two", "one"]);
    await second.clear();
    expect(await second.list()).toEqual([]);
  });
});

/** Hands a mail over as it is, at the end of a pipelined conversation. */
async function sendRaw(inbox: Inbox, raw: string): Promise<void> {
  const backend = smtpBackend({ host: inbox.host, port: inbox.port, security: "none" });
  try {
    await backend.send({ from: "a@x.cn", to: ["ann@x.cn"] }, Buffer.from(raw));
  } finally {
    await backend.close?.();
  }
}

const nested = (depth: number): string =>
  Array.from({ length: depth }, (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`).join("");

test.each([
  ["parts in parts without end", `Subject: odd\r\n${nested(1_000)}\r\nthe end\r\n`, /the end/],
  ["a header of 3 MB", `Subject: odd\r\nX: ${"x".repeat(3 << 20)}\r\n\r\nthe end\r\n`, /the end/],
  ["a million lines", `Subject: odd\r\n\r\n${"a\r\n".repeat(1_000_000)}the end\r\n`, /the end/],
  ["nothing at all", "", /^\s*$/],
])("a mail that no reader would take is kept and shown as it came: %s", async (_, raw, text) => {
  const inbox = await open();
  const before = performance.now();
  await sendRaw(inbox, raw);
  const [summary] = await inbox.list();
  expect(summary?.subject).toBe(raw === "" ? "" : "odd");
  const mail = await inbox.get(summary?.id ?? "");
  expect(mail?.text).toMatch(text);
  expect(mail?.attachments).toEqual([]);
  expect(performance.now() - before).toBeLessThan(3_000);
});

test("a mail over the limit is refused, and the next one is taken", async () => {
  const inbox = await open({ maxBytes: 10_000 });
  await expect(send(inbox, { ...letter, text: "x\n".repeat(20_000) })).rejects.toMatchObject({ retryable: false });
  await send(inbox, letter);
  expect(await inbox.list()).toHaveLength(1);
});

test("what cannot be stored is not acknowledged", async () => {
  const inbox = await open({
    store: {
      add: () => Promise.reject(new Error("disk full")),
      list: async () => [],
      get: async () => undefined,
      clear: async () => {},
    },
  });
  await expect(send(inbox, letter)).rejects.toMatchObject({ retryable: true });
});

test("a port in use is an error that says so", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  await expect(listenInbox({ port })).rejects.toMatchObject({ code: "WX_INBOX_LISTEN", cause: { code: "EADDRINUSE" } });
});
