import { readFileSync } from "node:fs";
import { createTransport } from "nodemailer";
import { expect, onTestFinished, test } from "vitest";
import {
  createMail,
  createMailers,
  type DeliveryError,
  smtpBackend,
  type SmtpBackendOptions,
} from "../../mail/index.ts";
import { SmtpError } from "../../smtp/index.ts";
import { createCertificates } from "../../../test/support/certificates.ts";
import { fixedClock } from "../clock.ts";
import type { FakeFault } from "./fault.ts";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "./fake-provider.ts";
import { encodeGbk } from "./gbk.ts";
import type { FakeProfileName } from "./profile.ts";

const USERS: Record<FakeProfileName, string> = {
  "163": "mac@163.com",
  qq: "10001@qq.com",
  gmail: "mac@gmail.com",
  microsoft365: "mac@example.com",
  postfix: "mac@example.com",
};
const PASSWORD = "abcdefghijklmnop";

async function start(given: FakeProfileName | FakeProviderOptions): Promise<FakeProvider> {
  const provider = await startFakeProvider(given);
  onTestFinished(() => provider.close());
  return provider;
}

/** Our own client, as an application sets it up. */
function client({ host, port }: FakeProvider, profile: FakeProfileName, more: Partial<SmtpBackendOptions> = {}) {
  const user = USERS[profile];
  const auth = profile === "microsoft365" ? { user, accessToken: "token" } : { user, password: PASSWORD };
  const named = profile === "postfix" ? {} : { provider: profile };
  const shared = { host, port, security: "none", allowPlaintextAuth: true, maxConnections: 1 } as const;
  const mailers = createMailers({ default: smtpBackend({ ...named, ...shared, auth, ...more }) });
  onTestFinished(() => mailers.close());
  const mail = createMail({ mailers, defaultFromEmail: user });
  const send = (to: readonly string[] = ["ann@example.com"], from = user) =>
    mail.send({ from, to: [...to], subject: "Hello", text: "World\n.\n..\n" });
  const failure = async (...args: Parameters<typeof send>): Promise<DeliveryError> =>
    send(...args).then(
      () => expect.unreachable("it was sent"),
      (error: DeliveryError) => error,
    );
  return { mail, send, failure };
}

/** Its constructor has no name of its own. */
const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => (...given: unknown[]) => Promise<void>;

const profiles = Object.keys(USERS) as FakeProfileName[];

test.each(profiles)("%s takes a message from our client, byte for byte", async (profile) => {
  const provider = await start({
    profile,
    accounts: { [USERS[profile]]: profile === "microsoft365" ? "token" : PASSWORD },
  });
  const { mail, send } = client(provider, profile);
  await send();
  await mail.send({ from: USERS[profile], to: ["bob@example.com"], subject: "你好", text: ".dot\r\n" });
  expect(provider.received.map(({ to }) => to)).toEqual([["ann@example.com"], ["bob@example.com"]]);
  expect(provider.received[0]?.bytes.toString()).toMatch(/\r\n\r\nWorld\r\n\.\r\n\.\.\r\n$/);
  expect(provider.received[1]?.bytes.toString()).toMatch(/\r\n\r\n\.dot\r\n$/);
  expect(provider.counts).toMatchObject({ connections: 1, logIns: 1, refusedLogIns: 0, messages: 2 });
});

test.each(profiles)("%s takes a message from nodemailer", async (profile) => {
  const provider = await start(profile);
  const user = USERS[profile];
  const auth =
    profile === "microsoft365" ? ({ type: "OAuth2", user, accessToken: "token" } as const) : { user, pass: PASSWORD };
  const { host, port } = provider;
  const transporter = createTransport({ host, port, secure: false, ignoreTLS: true, auth });
  await transporter.sendMail({ from: user, to: "ann@example.com", subject: "Hello", text: ".World" });
  expect(provider.received).toMatchObject([{ from: user, to: ["ann@example.com"], user }]);
  expect(provider.received[0]?.bytes.toString()).toContain("\r\n\r\n.World");
});

test.each(["tls", "starttls"] as const)("speaks %s with a certificate of its own", async (security) => {
  const provider = await start({ profile: "gmail", security });
  const tls = { ca: provider.certificate };
  const { send } = client(provider, "gmail", { security, allowPlaintextAuth: false, tls });
  await send();
  const { host, port } = provider;
  const auth = { user: "mac@gmail.com", pass: PASSWORD };
  const transporter = createTransport({ host, port, secure: security === "tls", requireTLS: true, tls, auth });
  await transporter.sendMail({ from: "mac@gmail.com", to: "bob@example.com", text: "x" });
  expect(provider.received.map(({ to }) => to)).toEqual([["ann@example.com"], ["bob@example.com"]]);
});

test("speaks TLS with the certificate that it is given", async () => {
  const certificates = await createCertificates();
  const tls = await certificates.issue({ names: ["localhost"], ips: ["127.0.0.1"] });
  const provider = await start({ profile: "163", tls });
  const { send } = client(provider, "163", { security: "tls", tls: { ca: certificates.ca } });
  await send();
  expect(provider.received).toHaveLength(1);
});

test("a fault before and after the handshake is named", async () => {
  const provider = await start({
    security: "starttls",
    faults: [{ at: "starttls", reply: "454 4.7.0 TLS not available" }],
  });
  const more = { security: "starttls", tls: { ca: provider.certificate } } as const;
  expect(await client(provider, "postfix", more).failure()).toMatchObject({ stage: "starttls", replyCode: 454 });
  provider.heal();
  await client(provider, "postfix", more).send();
  expect(provider.received).toHaveLength(1);
});

test("nodemailer sees the same refusals", async () => {
  const { host, port } = await start({ profile: "163", limits: { messagesPerDay: 0 } });
  const auth = { user: "mac@163.com", pass: PASSWORD };
  const transporter = createTransport({ host, port, secure: false, ignoreTLS: true, auth });
  const sending = transporter.sendMail({ from: "mac@163.com", to: "ann@example.com", text: "x" });
  await expect(sending).rejects.toMatchObject({ responseCode: 554, response: "554 MI:STC 163 smtp" });
});

test.each<[FakeProfileName, FakeProviderOptions["limits"], object]>([
  ["163", { messagesPerDay: 1 }, { id: "netease.daily-quota", retryAfterSeconds: 86_400 }],
  ["163", { messagesPerQuarterHour: 1 }, { id: "netease.quarter-hour-quota", retryAfterSeconds: 900 }],
  ["163", { messagesPerConnection: 1 }, { id: "netease.connection-full" }],
  ["163", { recipientsPerDay: 1 }, { id: "netease.daily-recipients", retryable: true }],
  ["qq", { messagesPerDay: 1 }, { id: "qq.sender-rate", retryable: true }],
  ["gmail", { messagesPerDay: 1 }, { id: "gmail.daily-quota", retryable: true }],
  ["microsoft365", { messagesPerDay: 1 }, { id: "microsoft.daily-quota", retryable: true }],
  ["postfix", { messagesPerDay: 1 }, { id: "not-now" }],
])("%s with %o refuses the second message, and our client knows why", async (profile, limits, diagnosis) => {
  const provider = await start({ profile, limits });
  const { send, failure } = client(provider, profile);
  await send();
  const error = await failure();
  expect(error).toMatchObject({ retryable: true, outcome: "not-sent", diagnosis });
  expect(provider.received).toHaveLength(1);
});

test("a quota is over when its time is", async () => {
  const clock = fixedClock();
  const provider = await start({ profile: "163", limits: { messagesPerDay: 1, messagesPerQuarterHour: 1 }, clock });
  const { send, failure } = client(provider, "163");
  await send();
  expect((await failure()).replyCode).toBe(451);
  clock.advance(15 * 60_000);
  expect((await failure()).replyCode).toBe(554);
  clock.advance(24 * 3_600_000);
  await send();
  expect(provider.received).toHaveLength(2);
});

test("one recipient too many is refused by itself", async () => {
  const provider = await start({ profile: "163", limits: { recipientsPerMessage: 1 } });
  const { send } = client(provider, "163");
  const receipt = await send(["ann@example.com", "bob@example.com"]);
  expect(receipt?.accepted).toEqual(["ann@example.com"]);
  expect(receipt?.rejected).toMatchObject([
    { address: "bob@example.com", diagnosis: { id: "netease.too-many-recipients" } },
  ]);
});

test.each<[FakeProfileName, string]>([
  ["163", "netease.from-not-login"],
  ["qq", "qq.from-not-login"],
  ["microsoft365", "microsoft.from-not-login"],
])("%s wants the sender to be the one who logged in", async (profile, id) => {
  const { failure } = client(await start(profile), profile);
  const error = await failure(["ann@example.com"], "somebody@example.com");
  expect(error).toMatchObject({ retryable: false, stage: "mail", diagnosis: { id, about: "account" } });
});

test("QQ reads a Chinese name as our client writes it, and not as others do", async () => {
  const provider = await start("qq");
  const { mail } = client(provider, "qq");
  const name = "一家名字很长很长很长很长很长很长的商店".repeat(2);
  await mail.send({ from: { name, address: "10001@qq.com" }, to: ["ann@example.com"], text: "x" });
  const plain = createMail({ mailers: mail.mailers, defaultFromEmail: "10001@qq.com", headerEncoding: {} });
  const sending = plain.send({
    from: { name: "Zoë Smithsonian", address: "10001@qq.com" },
    to: ["ann@example.com"],
    text: "x",
  });
  await expect(sending).rejects.toMatchObject({
    replyCode: 550,
    diagnosis: { id: "qq.from-header", about: "content" },
  });
});

test("a wrong password is told of in the old QQ's GBK, and what was given is not shown", async () => {
  const { host, port } = await start({ profile: "qq", accounts: {} });
  const backend = smtpBackend({
    provider: "qq",
    host,
    port,
    security: "none",
    allowPlaintextAuth: true,
    auth: { user: "10001@qq.com", password: "my web password 1" },
  });
  onTestFinished(() => backend.close?.());
  const error = (await backend.verify?.().catch((cause: unknown) => cause)) as DeliveryError;
  expect(error.message).toContain("535 Error: 请使用授权码登录");
  expect(error.message).toContain("does not look like an authorization code of QQ Mail");
  const cause = error.cause as SmtpError;
  expect(cause).toBeInstanceOf(SmtpError);
  expect(cause.explain("zh")).toContain("16 位授权码");
  expect(cause.explain("zh")).toContain("可能是网页登录密码");
  expect(cause.about).toBe("account");
  expect(JSON.stringify([error, cause, cause.explain("zh")])).not.toContain("my web password");
});

test("QQ locks out who logs in too often, and lets them in again when it was quiet", async () => {
  const clock = fixedClock();
  const provider = await start({ profile: "qq", limits: { logInsPerQuarterHour: 2 }, clock });
  const logIn = async (): Promise<unknown> => {
    const { mail } = client(provider, "qq");
    return mail.mailers.default.verify?.().catch((error: unknown) => error);
  };
  expect(await logIn()).toBeUndefined();
  expect(await logIn()).toBeUndefined();
  expect(await logIn()).toMatchObject({ replyCode: 535, retryAfterMs: 900_000 });
  clock.advance(15 * 60_000);
  expect(await logIn()).toBeUndefined();
});

test("Microsoft 365 takes no passwords", async () => {
  const { failure } = client(await start("microsoft365"), "microsoft365", {
    auth: { user: "mac@example.com", password: PASSWORD },
  });
  const error = await failure();
  expect(error).toMatchObject({ enhancedCode: "5.7.139", diagnosis: { id: "microsoft.basic-auth-off" } });
});

test("the strict profile breaks off for a bare newline and for commands before their turn", async () => {
  const provider = await start("postfix");
  const { say, read } = await rawClient(provider);
  await say("EHLO me\r\nMAIL FROM:<a@b.cn>\r\n");
  expect(await read()).toMatch(/^220 [^]*503 5\.5\.0 [^]*$/);
  const other = await rawClient(provider);
  await other.say("EHLO me\r\n");
  await other.until("250 ");
  await other.say("MAIL FROM:<a@b.cn>\r\nRCPT TO:<c@d.cn>\r\nDATA\r\n");
  await other.until("354 ");
  await other.say("From: <a@b.cn>\r\n\r\na\nb\r\n.\r\n");
  expect(await other.read()).toContain("521 5.5.2 Error: bare <LF> received");
  expect(provider.received).toEqual([]);
});

const FAULTS: readonly [FakeFault, object][] = [
  [
    { at: "greeting", reply: "554 5.7.1 go away" },
    { stage: "greeting", replyCode: 554 },
  ],
  [
    { at: "greeting", close: "rst" },
    { outcome: "not-sent", retryable: true },
  ],
  [
    { at: "ehlo", reply: "421 4.3.2 later" },
    { stage: "ehlo", replyCode: 421 },
  ],
  [
    { at: "auth", reply: "454 4.7.0 later" },
    { stage: "auth", retryable: true },
  ],
  [
    { at: "auth", close: "fin" },
    { stage: "auth", retryable: true },
  ],
  [
    { at: "mail", reply: "451 4.7.1 Greylisted" },
    { stage: "mail", retryable: true, retryAfterMs: 300_000 },
  ],
  [
    { at: "rcpt", reply: "550 5.1.1 no such user" },
    { stage: "rcpt", diagnosis: { id: "recipient-unknown" } },
  ],
  [
    { at: "rcpt", close: "rst" },
    { retryable: true, outcome: "not-sent" },
  ],
  [
    { at: "data", reply: "451 4.3.0 no" },
    { stage: "data", retryable: true },
  ],
  [
    { at: "final", reply: "554 5.7.1 spam" },
    { stage: "final", diagnosis: { id: "content-refused" } },
  ],
  [
    { at: "final", close: "fin" },
    { stage: "final", outcome: "unknown" },
  ],
  [{ at: "final", bytes: Buffer.from("250 never ends"), close: "fin" }, { outcome: "unknown" }],
  [
    { at: "final", stall: true },
    { stage: "final", outcome: "unknown" },
  ],
  [
    { at: "mail", stall: true },
    { stage: "mail", outcome: "not-sent" },
  ],
];

test.each(FAULTS)("fails as told: %o", async (fault, expected) => {
  const provider = await start({ profile: "163", faults: [fault] });
  const { failure } = client(provider, "163", { pipelining: "one", timeouts: { replyMs: 200, finalReplyMs: 200 } });
  expect(await failure()).toMatchObject(expected);
  expect(provider.received).toEqual([]);
});

test.each(FAULTS.filter(([{ reply }]) => reply !== undefined))("nodemailer is told the same: %o", async (fault) => {
  const { host, port } = await start({ profile: "163", faults: [fault] });
  const auth = { user: "mac@163.com", pass: PASSWORD };
  const transporter = createTransport({ host, port, secure: false, ignoreTLS: true, auth });
  const sending = transporter.sendMail({ from: "mac@163.com", to: "ann@example.com", text: "x" });
  await expect(sending).rejects.toMatchObject({ responseCode: Number(fault.reply?.slice(0, 3)) });
});

test("a connection that breaks while the message comes in leaves nothing behind", async () => {
  const provider = await start({ profile: "163", faults: [{ at: "content", close: "rst" }] });
  const { mail } = client(provider, "163", { pipelining: "one" });
  const text = "x".repeat(70).concat("\n").repeat(100_000);
  await expect(mail.send({ to: ["ann@example.com"], text })).rejects.toMatchObject({ code: /^WX_DELIVERY_/ });
  expect(provider.received).toEqual([]);
});

test.each(profiles)("%s takes each of many messages over several connections once", async (profile) => {
  const provider = await start(profile);
  const more = { maxConnections: 3, maxPerWindow: { messages: 1000, windowMs: 1 }, maxMessagesPerConnection: 20 };
  const { send } = client(provider, profile, more);
  const to = Array.from({ length: 100 }, (_, number) => `user${number}@example.com`);
  await Promise.all(to.map((address) => send([address])));
  expect(provider.received.flatMap((message) => message.to).toSorted()).toEqual(to.toSorted());
});

test("a connection that has carried its number is left before another takes its place", async () => {
  const provider = await start({ profile: "163", limits: { connections: 1 } });
  const { send } = client(provider, "163", { maxConnections: 1, maxMessagesPerConnection: 2 });
  await Promise.all(Array.from({ length: 7 }, () => send()));
  expect(provider.counts).toMatchObject({ connections: 4, messages: 7 });
});

test("the guide's example does what it says", async () => {
  const page = readFileSync(new URL("../../../docs/guide/testing.md", import.meta.url), "utf8");
  const example = /^```js\n(import \{ smtpBackend[^]*?)^```$/m.exec(page)?.[1] ?? "";
  const claims: [unknown, unknown][] = [];
  const body = example
    .replace(/^import .*$/gm, "")
    .replace(/^(refused\.\S+|provider\.\S+); \/\/ (.+)$/gm, "claims.push([$1, $2]);");
  const run = new AsyncFunction("smtpBackend", "startFakeProvider", "claims", body);
  await run(smtpBackend, startFakeProvider, claims);
  expect(claims).toHaveLength(3);
  for (const [value, said] of claims) expect(value).toBe(said);
});

test("a fault happens so many times, and only where it is to", async () => {
  const provider = await start("163");
  const { send, failure } = client(provider, "163");
  provider.fail({ at: "rcpt", reply: "451 later", times: 1, when: ({ to }) => to.includes("bob@example.com") });
  await send(["ann@example.com"]);
  expect((await failure(["bob@example.com"])).replyCode).toBe(451);
  await send(["bob@example.com"]);
  provider.fail({ at: "mail", reply: "451 later" });
  expect((await failure()).replyCode).toBe(451);
  provider.heal();
  await send();
  expect(provider.received).toHaveLength(3);
});

test("an answer may come late and byte by byte", async () => {
  const provider = await start({ profile: "gmail", faults: [{ at: "mail", delayMs: 20, dripMs: 1 }] });
  const { send } = client(provider, "gmail");
  await send();
  expect(provider.received).toHaveLength(1);
});

test.each<[unknown, string]>([
  [{ profil: "163" }, "Did you mean profile?"],
  ["136", 'There is no profile "136"'],
])("refuses %o by saying what is right", async (options, words) => {
  await expect(startFakeProvider(options as FakeProviderOptions)).rejects.toMatchObject({
    code: "WX_TEST_OPTION",
    message: expect.stringContaining(words),
  });
});

test("GBK holds Chinese and ASCII, and nothing else", () => {
  const bytes = encodeGbk("535 请使用授权码 😀");
  expect(new TextDecoder("gbk").decode(bytes)).toBe("535 请使用授权码 ?");
});

/** A client that says just what it is told. */
async function rawClient({ host, port }: FakeProvider) {
  const { connect } = await import("node:net");
  const socket = connect(port, host);
  onTestFinished(() => void socket.destroy());
  let heard = "";
  let wake = (): void => {};
  socket.on("data", (bytes: Buffer) => {
    heard += bytes.toString();
    wake();
  });
  const ended = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  await new Promise<void>((resolve) => socket.on("connect", resolve));
  return {
    say: (text: string) => new Promise<void>((resolve) => socket.write(text, () => resolve())),
    until: async (text: string) => {
      while (!heard.includes(text)) await new Promise<void>((resolve) => (wake = resolve));
    },
    read: async () => {
      await ended;
      return heard;
    },
  };
}

test.each([
  [{ at: "rcp", reply: "450 Later" }, 'No fault can be at "rcp". Did you mean rcpt?'],
  [{ at: "rcpt", replay: "450 Later" }, "A fault has no field replay. Did you mean reply?"],
])("the fault %j could never happen, and is refused", async (fault, message) => {
  const faults = [fault as FakeFault];
  await expect(startFakeProvider({ faults })).rejects.toMatchObject({ code: "WX_TEST_OPTION", message });
  await using provider = await startFakeProvider();
  expect(() => provider.fail(fault as FakeFault)).toThrow(message);
});
