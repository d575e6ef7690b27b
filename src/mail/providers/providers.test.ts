import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { createSmtpPool } from "../../smtp/index.ts";
import { smtpBackend } from "../backends/smtp.ts";
import { explainerOf } from "./explainer.ts";
import { findProvider, providerNames, providers } from "./find-provider.ts";
import type { Provider } from "./provider.ts";
import { resolveProvider, type SmtpBackendOptions, smtpOptionsFor } from "./smtp-options.ts";

const all = providers.map((provider): [string, Provider] => [provider.id, provider]);

test("every provider of a name, of a domain and of a server is one", () => {
  const keys = (of: (provider: Provider) => readonly string[]): string[] => providers.flatMap(of);
  for (const values of [providerNames, keys(({ domains }) => domains)]) {
    expect(values.toSorted()).toEqual([...new Set(values)].toSorted());
  }
  expect(providers.length).toBeGreaterThan(50);
});

test.each(all)("%s has what a pool can be made of", async (_, provider) => {
  const pool = createSmtpPool(smtpOptionsFor({ provider: provider.id, auth: { user: "mac", password: "secret" } }));
  await pool.close();
  expect(`${provider.security} ${provider.port}`).toMatch(/^(?:tls (?:465|994)|starttls (?:587|1025))$/);
});

test.each(all)("%s speaks whole sentences of both languages", (_, { id, auth, rules }) => {
  const texts = [auth.how, ...rules.flatMap(({ diagnosis: { meaning, advice } }) => [meaning, advice])];
  for (const { en, zh } of texts) {
    expect(en, id).toMatch(/^[A-Z][^\u4e00-\u9fff]*\.$|三方客户端安全密码/);
    expect(zh, id).toMatch(/[\u4e00-\u9fff][^]*。$/);
    expect(zh, id).not.toMatch(/[\u4e00-\u9fff] ?[,;:?!]/);
  }
});

test.each(all)("%s: no rule stands in the shadow of an earlier one of the same condition", (_, { rules }) => {
  const conditions = rules.map(({ when }) => JSON.stringify({ ...when, text: String(when.text) }));
  expect(new Set(conditions).size).toBe(conditions.length);
});

test.each([
  ["163", "smtp.163.com"],
  ["mac@163.com", "smtp.163.com"],
  ["MAC@QQ.COM", "smtp.qq.com"],
  ["mac@foxmail.com", "smtp.qq.com"],
  ["mac@yeah.net", "smtp.yeah.net"],
  ["mac@vip.163.com", "smtp.vip.163.com"],
  ["aliyun", "smtp.aliyun.com"],
  ["mac@sina.cn", "smtp.sina.cn"],
  ["Gmail", "smtp.gmail.com"],
  ["mac@hotmail.com", "smtp-mail.outlook.com"],
  ["office365", "smtp.office365.com"],
  ["mac@me.com", "smtp.mail.me.com"],
  ["mac@zohomail.eu", "smtp.zoho.eu"],
  ["mac@ya.ru", "smtp.yandex.ru"],
  ["ses-eu-west-1", "email-smtp.eu-west-1.amazonaws.com"],
])("%s sends by %s", (name, host) => {
  expect(findProvider(name)?.host).toBe(host);
});

test.each(["mac@example.com", "example", "mac@mail.163.com", "", "@", "mac@evil163.com"])("%j is not known", (name) => {
  expect(findProvider(name)).toBeUndefined();
});

test("an address alone sets server, port, security and limits", () => {
  const auth = { user: "mac@yahoo.com", password: "secret" };
  expect(smtpOptionsFor({ auth })).toMatchObject({
    host: "smtp.mail.yahoo.com",
    port: 465,
    security: "tls",
    maxRecipients: 100,
    maxMessagesPerConnection: 20,
    auth,
  });
});

test("where log-ins are counted, connections are kept long enough to need few", () => {
  const { maxConnections, idleTimeoutMs } = smtpOptionsFor({ provider: "qq" });
  expect([maxConnections, idleTimeoutMs]).toEqual([2, 90_000]);
});

test("what is given wins, and port and security stay a pair", () => {
  const { port, security, maxRecipients } = smtpOptionsFor({ provider: "gmail", port: 587, maxRecipients: 7 });
  expect([port, security, maxRecipients]).toEqual([587, undefined, 7]);
  expect(smtpOptionsFor({ provider: "gmail", security: "starttls" })).not.toHaveProperty("port");
  expect(smtpOptionsFor({ provider: "gmail", port: undefined })).toMatchObject({ port: 465, security: "tls" });
  expect(smtpOptionsFor({ provider: "163", host: "127.0.0.1" }).host).toBe("127.0.0.1");
});

test("a known server is its provider's, and another one nobody's, whoever logs in", () => {
  const auth = { user: "mac@qq.com", password: "secret" };
  expect(resolveProvider({ host: "SMTP.QQ.com", auth }).provider?.id).toBe("qq");
  expect(resolveProvider({ host: "mail.example.com", auth }).provider).toBeUndefined();
  expect(smtpBackend({ auth }).headerEncoding).toEqual({ words: "base64", foldFrom: false });
  expect(smtpBackend({ host: "mail.example.com", auth }).headerEncoding).toBeUndefined();
});

test.each([
  [{ provider: "gmial" }, "provider", 'is "gmial", which is not known here. Did you mean gmail?'],
  [{ auth: { user: "mac@example.com", password: "x" } }, "host", 'The provider of "example.com" is not known here.'],
  [{}, "host", "is missing. Set host"],
  [undefined, "options", "must be an object"],
  [{ auth: { user: "mac", password: "x" } }, "host", "is missing. Set host"],
])("%o is refused by naming what to set", (options, setting, words) => {
  expect(() => smtpBackend(options as SmtpBackendOptions)).toThrow(
    expect.objectContaining({ code: "WX_MAILER_OPTION", setting, message: expect.stringContaining(words) }),
  );
});

/** Replies as they are documented, and what they mean. */
test.each<[string, Parameters<typeof reply>, object]>([
  ["163", ["auth", 550, "User has no permission"], { id: "netease.smtp-off", about: "account" }],
  ["163", ["auth", 535, "Error: authentication failed"], { id: "netease.log-in-refused" }],
  ["163", ["mail", 553, "Mail from must equal authorized user"], { id: "netease.from-not-login" }],
  ["163", ["mail", 553, "Local user only,163 smtp5"], { id: "netease.from-not-login" }],
  ["126", ["greeting", 421, "HL:ICC 126 smtp2"], { id: "netease.too-many-connections", about: "settings" }],
  ["126", ["final", 451, "MI:SFQ 126 smtp2"], { id: "netease.quarter-hour-quota", retryAfterSeconds: 900 }],
  ["163", ["final", 554, "MI:STC 163 smtp2"], { id: "netease.daily-quota", retryable: true }],
  ["163", ["rcpt", 550, "MI:STC 163 smtp2"], { id: "netease.daily-quota", retryable: true }],
  ["163", ["final", 451, "DT:SPM 163 smtp2"], { id: "netease.content-suspected", retryAfterSeconds: 120 }],
  ["163", ["final", 554, "DT:SPM 163 smtp2"], { id: "netease.content-spam", about: "content" }],
  ["163", ["final", 554, "DT:SUM 163 smtp2"], { id: "netease.from-mismatch" }],
  ["163", ["final", 554, "HL:IHU 163 smtp2"], { id: "netease.address-hung", about: "address" }],
  ["163", ["final", 554, "MI:SPB 163 smtp2"], { id: "netease.sender-barred" }],
  ["163", ["final", 550, "MI:SPF 163 smtp2"], { id: "netease.domain-not-vouching", about: "settings" }],
  ["netease-enterprise", ["auth", 460, "ERR.LOGIN.PASSERR"], { id: "netease.wrong-password", retryable: false }],
  ["qq", ["final", 550, 'The "From" header is missing or invalid. Please follow RFC5322'], { id: "qq.from-header" }],
  ["qq", ["mail", 501, "mail from address must be same as authorization user"], { id: "qq.from-not-login" }],
  ["qq", ["final", 550, "Sender frequency limited"], { id: "qq.sender-rate", retryable: true }],
  ["qq", ["greeting", 550, "Connection frequency limited"], { id: "qq.address-rate", about: "address" }],
  ["qq", ["rcpt", 550, "Mailbox unavailable or access denied"], { id: "qq.mailbox-unavailable", about: "recipient" }],
  ["qq", ["rcpt", 503, "Send command mailfrom first"], { id: "qq.sender-first" }],
  ["aliyun", ["mail", 440, "mail from account doesn't conform with authentication"], { retryable: false }],
  ["aliyun", ["auth", 526, "Authentication failure"], { id: "aliyun.log-in-refused" }],
  ["aliyun", ["auth", 526, "Too many authentication failures"], { id: "aliyun.log-in-lock" }],
  ["sina.com", ["greeting", 550, "Too many connect"], { id: "sina.too-many-connections", retryable: true }],
  ["sina.com", ["rcpt", 550, "RP:TRC"], { id: "netease.daily-recipients" }],
  ["sohu", ["mail", 553, "5.7.1 SENDER REJECT"], { id: "sohu.quota", retryable: true }],
  ["gmail", ["final", 550, "5.4.5 Daily user sending limit exceeded."], { id: "gmail.daily-quota", retryable: true }],
  [
    "gmail",
    ["rcpt", 450, "4.2.1 The user you are trying to contact is receiving mail too quickly"],
    { about: "recipient" },
  ],
  ["outlook", ["auth", 535, "5.7.139 Authentication unsuccessful"], { id: "microsoft.basic-auth-off" }],
  ["microsoft365", ["final", 554, "5.2.252 SendAsDenied"], { id: "microsoft.from-not-login" }],
  ["icloud", ["rcpt", 452, "Daily limit exceeded"], { id: "icloud.quota", about: "account" }],
  [
    "yandex",
    ["final", 554, "5.7.1 Message rejected under suspicion of SPAM"],
    { id: "yandex.spam", retryAfterSeconds: 86_400 },
  ],
  ["postmark", ["auth", 535, "5.7.8 authentication failed"], { id: "postmark.log-in-refused", about: "account" }],
])("%s: %o", (name, given, expected) => {
  const provider = findProvider(name);
  expect(provider).toBeDefined();
  if (provider !== undefined) expect(explainerOf(provider, undefined)(reply(...given))).toMatchObject(expected);
});

function reply(stage: "greeting" | "auth" | "mail" | "rcpt" | "final", code: number, words: string) {
  const enhancedCode = /^\d\.\d+\.\d+/.exec(words)?.[0] ?? "";
  return { code: "WX_SMTP_REFUSED", stage, reply: { code, enhancedCode, lines: [words], text: words } } as const;
}

test("a code of another provider says nothing", () => {
  const gmail = findProvider("gmail");
  expect(gmail && explainerOf(gmail, undefined)(reply("final", 554, "MI:STC 163"))).toBeUndefined();
});

test.each([
  ["163", "ABCDEFGHIJKLMNOP", false],
  ["163", "ABCD1234EFGH5678", false],
  ["163", "my-web-password", true],
  ["qq", "abcdefghijklmnop", false],
  ["qq", "abcdefgh12345678", true],
  ["gmail", "abcd efgh ijkl mnop", false],
  ["gmail", "Passw0rd!", true],
  ["yahoo", "anything", false],
])("at %s the refused %s draws a hint: %s", (name, password, isHinted) => {
  const provider = findProvider(name);
  const diagnosis =
    provider && explainerOf(provider, { user: "mac", password })(reply("auth", 535, "authentication failed"));
  expect(diagnosis?.advice.en.includes("does not look like")).toBe(isHinted);
  expect(JSON.stringify(diagnosis)).not.toContain(password);
});

test("a refused token is no matter of passwords", () => {
  const gmail = findProvider("gmail");
  const diagnosis = gmail && explainerOf(gmail, { user: "mac", accessToken: "t" })(reply("auth", 535, "5.7.8 no"));
  expect(diagnosis).toMatchObject({ id: "gmail.token-refused", about: "account" });
});

test("the page lists every provider with its server", () => {
  const page = readFileSync(new URL("../../../docs/reference/providers.md", import.meta.url), "utf8");
  for (const { id, host, port } of providers) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${id}\` |`));
    expect(row, id).toContain(`\`${host}\` ${port}`);
  }
});

test("the page of diagnoses lists every one of the providers'", () => {
  const page = readFileSync(new URL("../../../docs/reference/diagnoses.md", import.meta.url), "utf8");
  for (const { diagnosis } of providers.flatMap(({ rules }) => rules)) {
    expect(page).toContain(`| \`${diagnosis.id}\` | ${diagnosis.about} |`);
  }
});

test("what is made of an address closes again", async () => {
  const backend = smtpBackend({ auth: { user: "mac@163.com", password: "secret" } });
  onTestFinished(async () => backend.close?.());
  expect(backend.headerEncoding).toBeUndefined();
});
