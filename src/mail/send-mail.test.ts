import PostalMime from "postal-mime";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { rsaKey } from "../../test/support/dkim-keys.ts";
import { tempFolder } from "../../test/support/temp-folder.ts";
import { memoryBackend, type MemoryBackend } from "./backends/memory.ts";
import { DeliveryError, MailerError, MessageError } from "./errors.ts";
import { createMailers } from "./mailers.ts";
import { EmailMessage } from "./message.ts";
import type { MessageFields, SendOptions } from "./message-fields.ts";
import type { Mail, MassMail } from "./mail.ts";
import { createMail } from "./send-mail.ts";

function setUp(): { mail: Mail; memory: MemoryBackend; other: MemoryBackend } {
  const [memory, other] = [memoryBackend(), memoryBackend()];
  const broken = {
    send: () => Promise.reject(new DeliveryError("down", { retryable: true, outcome: "not-sent" })),
  };
  const buggy = { send: () => Promise.reject(new TypeError("a bug")) };
  const mailers = createMailers({ default: memory, other, broken, buggy });
  return { memory, other, mail: createMail({ mailers, defaultFromEmail: "天天生鲜 <mac@例子.中国>" }) };
}

test("sendMail sends text and HTML from the default sender and answers 1", async () => {
  const { mail, memory } = setUp();
  const options = { htmlMessage: '<a href="http://127.0.0.1/user/active/t">激活</a>' };
  expect(await mail.sendMail("欢迎", "你好", undefined, ["ann@example.com", "bob@example.com"], options)).toBe(1);
  expect(memory.outbox[0]?.envelope).toEqual({
    from: "mac@xn--fsqu00a.xn--fiqs8s",
    to: ["ann@example.com", "bob@example.com"],
  });
  const parsed = await PostalMime.parse(memory.outbox[0]?.bytes ?? "");
  expect(parsed.text?.trimEnd()).toBe("你好");
  expect(parsed.html?.trimEnd()).toBe(options.htmlMessage);
  expect(parsed).toMatchObject({
    subject: "欢迎",
    from: { name: "天天生鲜", address: "mac@xn--fsqu00a.xn--fiqs8s" },
  });
  expect(parsed.messageId).toMatch(/@xn--fsqu00a\.xn--fiqs8s>$/);
});

test("sendMail answers 0 when there is nobody to send to", async () => {
  const { mail, memory } = setUp();
  expect(await mail.sendMail("S", "T", "a@example.com", [])).toBe(0);
  expect(memory.outbox).toHaveLength(0);
});

test("a call that forgets the sender is told so, instead of sending to nobody", async () => {
  const { mail } = setUp();
  const sendMail = mail.sendMail as (...args: unknown[]) => Promise<unknown>;
  await expect(sendMail("S", "T", ["ann@example.com"])).rejects.toThrow(
    "recipientList is missing. Give it as the fourth argument; the third is the sender, undefined for the default one.",
  );
});

test("using picks the mailer, and an unknown one is refused even without recipients", async () => {
  const { mail, memory, other } = setUp();
  await mail.sendMail("S", "T", undefined, ["a@example.com"], { using: "other" });
  expect([memory.outbox.length, other.outbox.length]).toEqual([0, 1]);
  await expect(mail.sendMail("S", "T", undefined, [], { using: "nobody" })).rejects.toThrow(MailerError);
});

test("failSilently hides a failed delivery and nothing else", async () => {
  const { mail } = setUp();
  const through = (alias: string, failSilently: boolean, to = "a@example.com"): Promise<number> =>
    createMail({
      mailers: createMailers({ default: mail.mailers.get(alias) }),
      defaultFromEmail: "m@example.com",
    }).sendMail("S", "T", undefined, [to], { failSilently });
  await expect(through("broken", false)).rejects.toThrow(DeliveryError);
  expect(await through("broken", true)).toBe(0);
  await expect(through("buggy", true)).rejects.toThrow("a bug");
  await expect(through("default", true, "not an address")).rejects.toThrow(MessageError);
});

test("sendMassMail sends each message with its own sender and recipients, taking them one by one", async () => {
  const { mail, memory } = setUp();
  const seen: number[] = [];
  function* messages(): Generator<MassMail> {
    for (let index = 0; index < 3; index++) {
      seen.push(memory.outbox.length);
      yield [`S${index}`, "T", index === 0 ? undefined : `f${index}@example.com`, [`t${index}@example.com`]];
    }
    yield ["nobody", "T", undefined, []];
  }
  expect(await mail.sendMassMail(messages())).toBe(3);
  expect(seen).toEqual([0, 1, 2]);
  expect(memory.outbox.map(({ envelope }) => envelope.from)).toEqual([
    "mac@xn--fsqu00a.xn--fiqs8s",
    "f1@example.com",
    "f2@example.com",
  ]);
});

test("sendMassMail takes messages from where they come one by one", async () => {
  const { mail, memory } = setUp();
  async function* messages(): AsyncGenerator<MassMail> {
    for (const to of ["a@example.com", "b@example.com"]) yield await Promise.resolve(["S", "T", undefined, [to]]);
  }
  expect(await mail.sendMassMail(messages())).toBe(2);
  expect(memory.outbox.map(({ envelope }) => envelope.to[0])).toEqual(["a@example.com", "b@example.com"]);
});

test("sendMassMail stops at the first failure, or counts what was sent when failures are silent", async () => {
  const failOn = "b@example.com";
  const memory = memoryBackend();
  const backend = {
    send: (...[envelope, bytes]: Parameters<MemoryBackend["send"]>) =>
      envelope.to[0] === failOn
        ? Promise.reject(new DeliveryError("no", { retryable: false, outcome: "not-sent" }))
        : memory.send(envelope, bytes),
  };
  const mail = createMail({ mailers: createMailers({ default: backend }), defaultFromEmail: "m@example.com" });
  const messages = ["a@example.com", failOn, "c@example.com"].map((to): MassMail => ["S", "T", undefined, [to]]);
  await expect(mail.sendMassMail(messages)).rejects.toThrow("no");
  expect(memory.outbox).toHaveLength(1);
  expect(await mail.sendMassMail(messages, { failSilently: true })).toBe(2);
});

test("send gives the backend the caller's signal and answers with its receipt", async () => {
  const { signal } = new AbortController();
  const receipt = { server: "s", accepted: ["a@example.com"], rejected: [], response: "ok" };
  const seen: unknown[] = [];
  const backend = {
    send: async (_envelope: unknown, _bytes: unknown, options?: unknown) => (seen.push(options), receipt),
  };
  const mail = createMail({ mailers: createMailers({ default: backend }), defaultFromEmail: "m@example.com" });
  const message = new EmailMessage("S", "T", undefined, ["a@example.com"]).bind(mail);
  expect(await message.send({ signal })).toBe(receipt);
  expect(seen).toEqual([{ signal }]);
});

test("a malformed default sender or host name is refused at the start", () => {
  const mailers = createMailers({});
  expect(() => createMail({ mailers, defaultFromEmail: "mac" })).toThrow(/^defaultFromEmail: "mac" has no @/);
  expect(() => createMail({ mailers, defaultFromEmail: "m@example.com", hostname: "my host" })).toThrow(/^hostname/);
});

test("the Message-ID has the configured host name, in ASCII", async () => {
  const mail = createMail({ mailers: createMailers({}), defaultFromEmail: "m@example.com", hostname: "例子.中国" });
  expect((await mail.compose({ to: ["a@example.com"] })).messageId).toMatch(
    /^<[0-9a-f-]{36}@xn--fsqu00a\.xn--fiqs8s>$/,
  );
});

test("files and streams are read on sending, and the HTML gets its text", async () => {
  const { mail, memory } = setUp();
  const path = join(tempFolder(), "a.txt");
  writeFileSync(path, "from a file");
  const message = new EmailMessage({ to: ["a@example.com"] });
  message.html = `<p>Hello <img src="${message.embed({ path: "data:image/png;base64,iVBORw==" })}" alt="logo">`;
  message.attachFile(path);
  message.attach("b.txt", Readable.from(["from ", "a stream"]));
  await mail.send(message);
  const parsed = await PostalMime.parse(memory.outbox[0]?.bytes ?? "");
  expect(parsed.text?.trim()).toBe("Hello logo");
  const texts = parsed.attachments.map(({ content }) => Buffer.from(content as ArrayBuffer).toString("latin1"));
  expect(texts).toEqual(["\x89PNG", "from a file", "from a stream"]);
  expect(parsed.attachments.map(({ disposition }) => disposition)).toEqual(["inline", "attachment", "attachment"]);
});

test("what cannot be read, or is too large, is sent to nobody", async () => {
  const { memory } = setUp();
  const mailers = createMailers({ default: memory });
  const path = join(tempFolder(), "a.txt");
  writeFileSync(path, "x".repeat(2000));
  const mail = createMail({ mailers, defaultFromEmail: "m@example.com", maxMessageBytes: 1000 });
  const closed = createMail({ mailers, defaultFromEmail: "m@example.com", disableFileAccess: true });
  const send = (via: Mail, fields: MessageFields): Promise<unknown> => via.send({ to: ["a@example.com"], ...fields });
  const tooLarge = { code: "WX_MESSAGE_TOO_LARGE" };
  await expect(send(mail, { attachments: [{ path }] })).rejects.toMatchObject(tooLarge);
  await expect(send(mail, { attachments: [{ content: Readable.from(["x".repeat(2000)]) }] })).rejects.toMatchObject(
    tooLarge,
  );
  await expect(send(mail, { text: "x".repeat(2000) })).rejects.toMatchObject(tooLarge);
  await expect(send(mail, { attachments: [{ path: "/no/such/file" }] })).rejects.toMatchObject({
    code: "WX_MESSAGE_FILE",
  });
  await expect(send(mail, { html: "<p>x" })).resolves.toBeDefined();
  memory.outbox.length = 0;

  const refused = { code: "WX_MESSAGE_FILE_ACCESS", field: "attachments[0].path" };
  const attached = new EmailMessage({ to: ["a@example.com"] });
  attached.attachFile(path);
  const embedded = new EmailMessage({ to: ["a@example.com"] });
  embedded.embed({ path });
  for (const message of [
    attached,
    embedded,
    { attachments: [{ path }] },
    { attachments: [{ path: pathToFileURL(path) }] },
  ]) {
    await expect(send(closed, message)).rejects.toMatchObject(refused);
  }
  const asObject = { path } as unknown as string;
  await expect(send(closed, { raw: asObject })).rejects.toMatchObject({ name: "MessageError" });
  await expect(send(closed, { attachments: [{ content: asObject }] })).rejects.toMatchObject({ name: "MessageError" });
  await expect(send(closed, { attachments: [{ raw: asObject }] })).rejects.toMatchObject({ name: "MessageError" });
  await expect(send(closed, { text: asObject })).rejects.toMatchObject({ name: "MessageError" });
  expect(memory.outbox).toEqual([]);
});

test("a signal gives up reading, and nothing is sent", async () => {
  const { mail, memory } = setUp();
  const reason = new Error("enough");
  const controller = new AbortController();
  const content = new Readable({ read: () => controller.abort(reason) });
  const message = { to: ["a@example.com"], attachments: [{ content }] };
  await expect(mail.send(message, { signal: controller.signal })).rejects.toBe(reason);
  expect([content.destroyed, memory.outbox.length]).toEqual([true, 0]);
});

test("the shorthand fields reach the wire", async () => {
  const { mail } = setUp();
  const { bytes } = await mail.compose({
    to: ["a@example.com"],
    text: "t",
    html: "<p>h",
    watchHtml: "<b>w",
    amp: "<html amp4email>",
    icalEvent: { content: "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n" },
    priority: "high",
    sender: "s@example.com",
    list: { unsubscribe: ["https://example.com/u", "u@example.com"], id: { name: "新闻", id: "news.example.com" } },
    inReplyTo: "<a@b>",
    references: ["<a@b>", "<c@d>"],
    autoSubmitted: "auto-generated",
    messageIdDomain: "ids.example.com",
  });
  const raw = Buffer.from(bytes).toString("latin1").replace(/\r\n /g, " ");
  for (const line of [
    "X-Priority: 1 (Highest)",
    "Sender: s@example.com",
    "List-Unsubscribe: <https://example.com/u>, <mailto:u@example.com>",
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    "List-ID: =?UTF-8?B?5paw6Ze7?= <news.example.com>",
    "In-Reply-To: <a@b>",
    "References: <a@b> <c@d>",
    "Auto-Submitted: auto-generated",
  ]) {
    expect(raw).toContain(`\r\n${line}\r\n`);
  }
  expect(raw).toMatch(/^Message-ID: <[^@]+@ids\.example\.com>\r$/m);
  expect([...raw.matchAll(/^Content-Type: ([\w/-]+)/gm)].map(([, type]) => type)).toEqual([
    "multipart/mixed",
    "multipart/alternative",
    "text/plain",
    "text/watch-html",
    "text/x-amp-html",
    "text/html",
    "text/calendar",
    "application/ics",
  ]);
});

test("the envelope says what is asked of the servers, and goes to whom it names", async () => {
  const { mail } = setUp();
  const { envelope } = await mail.compose({
    to: ["a@example.com"],
    envelope: { from: "", to: ["b@example.com"] },
    dsn: { notify: ["failure"], return: "headers", id: "id-1" },
    requireTls: true,
    tags: ["t"],
  });
  expect(envelope).toEqual({
    from: "",
    to: ["b@example.com"],
    dsn: { notify: ["failure"], return: "headers", id: "id-1" },
    requireTls: true,
    tags: ["t"],
  });
});

test("a raw message without anybody in its fields is an error, and not one that nobody gets", async () => {
  const { mail, memory } = setUp();
  const raw = "From: a@example.com\r\nTo: b@example.com\r\n\r\nx\r\n";
  await expect(mail.send({ raw })).rejects.toMatchObject({ code: "WX_MESSAGE_NO_RECIPIENT" });
  expect(await mail.send({ raw, to: ["b@example.com"] })).toMatchObject({ accepted: ["b@example.com"] });
  expect(Buffer.from(memory.outbox[0]?.bytes ?? []).toString()).toBe(raw);
});

test.each([
  [{ connection: "other" }, /"connection" is no backend/],
  [{ authPassword: "x" }, /"authUser" and authPassword go together/],
  [{ usign: "other" }, /"usign" is not an option\. Did you mean using\?/],
])("%o is refused, and nothing is sent", async (options, problem) => {
  const { mail, memory } = setUp();
  await expect(mail.send({ to: ["a@example.com"] }, options as SendOptions)).rejects.toThrow(problem);
  expect(memory.outbox).toEqual([]);
});

test("html_message is htmlMessage here, and says so", async () => {
  const { mail, memory } = setUp();
  const options = { html_message: "<p>x" } as SendOptions;
  const problem = /"html_message" is not an option\. Did you mean htmlMessage\?/;
  await expect(mail.sendMail("S", "T", undefined, ["a@example.com"], options)).rejects.toThrow(problem);
  await expect(mail.mailAdmins("S", "T", options)).rejects.toThrow(problem);
  expect(memory.outbox).toEqual([]);
});

test.each(["Hello", undefined, null])("%j is no message, and not taken for one to nobody", async (message) => {
  const { mail } = setUp();
  const given = message as unknown as MessageFields;
  await expect(mail.send(given)).rejects.toThrow(/^message is no message\. Give its fields/);
  await expect(mail.compose(given)).rejects.toThrow(MessageError);
});

test.each([undefined, {}, { mailers: { default: memoryBackend() } }, { mailers: memoryBackend() }])(
  "createMail says how mailers are made, where %j holds none",
  (options) => {
    const call = (): Mail => createMail(options as unknown as Parameters<typeof createMail>[0]);
    expect(call).toThrow(MailerError);
    expect(call).toThrow(/mailers: createMailers\(\{ default: backend \}\)/);
  },
);

test.each([
  ["fields by name", [{ to: ["ann@example.com"], subject: "S", text: "T" }]],
  ["one message outside of a list", ["S", "T", undefined, ["ann@example.com"]]],
])("sendMassMail takes no %s", async (_, given) => {
  const { mail, memory } = setUp();
  await expect(mail.sendMassMail(given as unknown as MassMail[])).rejects.toThrow(
    /^messages has an item that is no list/,
  );
  expect(memory.outbox).toEqual([]);
});

test("a signed message is composed for one time with the same bytes each time, whenever that is", async () => {
  let now = 0;
  const mail = createMail({
    mailers: createMailers({ default: memoryBackend() }),
    defaultFromEmail: "mac@163.com",
    clock: { now: () => (now += 60_000), sleep: async () => {} },
    dkim: { domain: "163.com", selector: "s", privateKey: rsaKey() },
  });
  const message = { to: ["ann@x.cn"], messageId: "<1@163.com>", text: "Hello", html: "<p>Hello" };
  const compose = async (at?: number): Promise<string> =>
    Buffer.from((await mail.compose(message, { at })).bytes).toString("latin1");
  const first = await compose(1_767_322_800_000);
  expect(first).toContain("t=1767322800;");
  expect(first).toContain("Date: Fri, 02 Jan 2026 03:00:00 +0000");
  expect(await compose(1_767_322_800_000)).toBe(first);
  expect(await compose()).not.toBe(await compose());
});
