import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { consoleBackend } from "../mail/index.ts";
import { defineConfig, requireConfig } from "./define.ts";
import { ConfigError } from "./errors.ts";
import { type Environment, fromEnv } from "./from-env.ts";
import { createMailFromConfig } from "./mail-from-config.ts";
import { resolveConfig } from "./resolve.ts";
import type { MailerConfig, WaxsealConfig } from "./types.ts";

const mailerOf = (env: Environment): unknown => fromEnv(env).mailers?.["default"];
function problemsOf(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ setting, problem }) => `${setting}: ${problem}`);
    throw error;
  }
  return [];
}

test("the tutorial's settings for a 163 mailbox", () => {
  const config = fromEnv({
    EMAIL_BACKEND: "django.core.mail.backends.smtp.EmailBackend",
    EMAIL_HOST: "smtp.163.com",
    EMAIL_PORT: "465",
    EMAIL_HOST_USER: "mac@163.com",
    EMAIL_HOST_PASSWORD: "ABCDEFGHIJKLMNOP",
    EMAIL_USE_SSL: "True",
    EMAIL_TIMEOUT: "10",
    DEFAULT_FROM_EMAIL: "mac <mac@163.com>",
    SECRET_KEY: "django-insecure-0123456789",
    SITE_URL: "http://127.0.0.1:8000",
    PATH: "/usr/bin",
  });
  expect(config).toEqual({
    secretKey: "django-insecure-0123456789",
    siteUrl: "http://127.0.0.1:8000",
    defaultFromEmail: "mac <mac@163.com>",
    mailers: {
      default: {
        backend: "smtp",
        host: "smtp.163.com",
        port: 465,
        user: "mac@163.com",
        password: "ABCDEFGHIJKLMNOP",
        security: "tls",
        timeoutSeconds: 10,
      },
    },
  });
});

test.each([
  [{ EMAIL_BACKEND: "console" }, { backend: "console" }],
  [
    { EMAIL_BACKEND: "console", EMAIL_HOST: "h", EMAIL_USE_SSL: "1", EMAIL_FILE_PATH: "/tmp/m" },
    { backend: "console" },
  ],
  [
    { EMAIL_BACKEND: "smtp", EMAIL_HOST: "h", EMAIL_FILE_PATH: "/tmp/m" },
    { backend: "smtp", host: "h" },
  ],
  [{ EMAIL_BACKEND: "django.core.mail.backends.locmem.EmailBackend" }, { backend: "memory" }],
  [
    { EMAIL_BACKEND: "django.core.mail.backends.filebased.EmailBackend", EMAIL_FILE_PATH: "/tmp/m" },
    { backend: "file", path: "/tmp/m" },
  ],
  [{ EMAIL_BACKEND: "django.core.mail.backends.dummy.EmailBackend" }, { backend: "dummy" }],
  [{ EMAIL_HOST: "h" }, { backend: "smtp", host: "h" }],
  [
    { EMAIL_HOST: "h", EMAIL_USE_TLS: "1" },
    { backend: "smtp", host: "h", security: "starttls" },
  ],
  [
    { EMAIL_HOST: "h", EMAIL_USE_TLS: "false", EMAIL_USE_SSL: "" },
    { backend: "smtp", host: "h" },
  ],
  [
    { EMAIL_URL: "smtps://mac%40163.com:a%2Fb@smtp.163.com" },
    { backend: "smtp", host: "smtp.163.com", security: "tls", user: "mac@163.com", password: "a/b" },
  ],
  [{ EMAIL_URL: "smtp+tls://h:2525" }, { backend: "smtp", host: "h", port: 2525, security: "starttls" }],
  [{ EMAIL_URL: "smtp://[::1]:25" }, { backend: "smtp", host: "::1", port: 25 }],
  [{ EMAIL_URL: "file:///var/mail%20box" }, { backend: "file", path: "/var/mail box" }],
  [{ EMAIL_URL: "dummy:" }, { backend: "dummy" }],
  [{}, undefined],
])("the environment %j makes the mailer %j", (env, mailer) => {
  expect(mailerOf(env)).toEqual(mailer);
});

test("a secret may stand in a file; the line's end is not part of it", () => {
  const folder = mkdtempSync(join(tmpdir(), "waxseal-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "password"), "ABCDEFGHIJKLMNOP\n");
  const env = { EMAIL_HOST: "h", EMAIL_HOST_USER: "u", EMAIL_HOST_PASSWORD_FILE: join(folder, "password") };
  expect(mailerOf(env)).toMatchObject({ password: "ABCDEFGHIJKLMNOP" });
  expect(problemsOf(() => fromEnv({ ...env, EMAIL_HOST_PASSWORD: "x" }))).toEqual([
    "EMAIL_HOST_PASSWORD_FILE: EMAIL_HOST_PASSWORD is set too; set one of the two.",
  ]);
});

test.each([
  [
    { EMAIL_BACKEND: "pigeon" },
    /^EMAIL_BACKEND: it is "pigeon"; it must be smtp, console, file, memory, dummy, resend/,
  ],
  [{ EMAIL_BACKEND: "toString" }, /^EMAIL_BACKEND: it is "toString"/],
  [{ EMAIL_HOST: "h", EMAIL_PORT: "70000" }, /^EMAIL_PORT: it is "70000"; it must be a port/],
  [{ EMAIL_HOST: "h", EMAIL_PORT: "0" }, /^EMAIL_PORT: it is "0"; it must be a port, 1 to 65535\.$/],
  [{ PORT: "65536" }, /^PORT: it is "65536"; it must be a port, 1 to 65535 \(0 for any free one\)\.$/],
  [{ EMAIL_URL: "file:///a%zz" }, /^EMAIL_URL: it has a % that encodes nothing/],
  [{ EMAIL_URL: "smtp://u%:p@h" }, /^EMAIL_URL: it has a % that encodes nothing/],
  [{ EMAIL_HOST: "h", EMAIL_USE_TLS: "maybe" }, /^EMAIL_USE_TLS: it is "maybe"; it must be true or false/],
  [{ EMAIL_HOST: "h", EMAIL_TIMEOUT: "0" }, /^EMAIL_TIMEOUT: it is "0"; it must be a number of seconds/],
  [{ EMAIL_URL: "smtp://h", EMAIL_HOST: "h" }, /^EMAIL_URL: EMAIL_HOST is set too/],
  [{ EMAIL_URL: "h:25" }, /^EMAIL_URL: it begins with h:\/\//],
  [{ EMAIL_URL: "smtp://u:p/w@h" }, /^EMAIL_URL: it /],
  [{ DEFAULT_FROM_EMAIL: "a@x.cn, b@x.cn" }, /^DEFAULT_FROM_EMAIL: it is "a@x.cn, b@x.cn"; it must be one address/],
  [{ SITE_URL: "shop.example" }, /^SITE_URL: it is "shop.example"; it must be the http or https URL/],
  [
    { WAXSEAL_SITE_NAME: "Shop\r\nBcc: eve@x.cn" },
    /^WAXSEAL_SITE_NAME: it is "Shop\\r\\n.*; it must be one line of text/,
  ],
  [{ WAXSEAL_CONCURRENCY: "1.5" }, /^WAXSEAL_CONCURRENCY: it is "1.5"; it must be a whole number/],
])("the environment %j is refused with the setting, what it got and what is right", (env, message) => {
  const problems = problemsOf(() => fromEnv(env));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(message);
});

test("every problem is told at once, and no secret with it", () => {
  const problems = problemsOf(() =>
    fromEnv({ EMAIL_PORT: "x", EMAIL_USE_TLS: "x", SECRET_KEY: "hunter2", EMAIL_URL: "smtp://u:hunter2" }),
  );
  expect(problems.length).toBeGreaterThanOrEqual(4);
  expect(problems.join("\n")).not.toContain("hunter2");
});

test("a configuration object is checked like the environment, unknown options included", () => {
  const wrong = {
    siteURL: "https://x.cn",
    mailers: {
      default: { backend: "smtp", host: "h", prot: 25 },
      bulk: { backend: "smpt" },
      half: { backend: "smtp", host: "h", user: "u" },
      none: "smtp",
      quiet: { backend: "console", colour: true },
    },
    web: { port: 0 },
    outbox: { retrySeconds: -1 },
  } as unknown as WaxsealConfig;
  expect(problemsOf(() => defineConfig(wrong))).toEqual([
    "siteURL: there is no such option. Did you mean siteUrl?",
    "outbox.retrySeconds: it is -1; it must be a number of seconds over 0, such as 30.",
    "mailers.default.prot: there is no such option. Did you mean port?",
    'mailers.bulk.backend: it is "smpt"; it must be one of smtp, console, file, memory, dummy, outbox, resend, postmark, sendgrid, mailgun, ses, aliyun, tencent, or give an object with a send method.',
    "mailers.half.password: it is missing, and user is there. Set both, or neither.",
    'mailers.none: it is "smtp"; it must be an object.',
    "mailers.quiet.colour: there is no such option. There are: raw.",
  ]);
});

test("a file may leave to the environment what that names, and the start asks for it", () => {
  const half = (mailer: object, dkim?: object): WaxsealConfig => ({
    mailers: { default: mailer as MailerConfig },
    dkim: dkim as WaxsealConfig["dkim"],
  });
  const account = half({ backend: "smtp", user: "mac@163.com" }, { domain: "x.cn" });
  for (const file of [account, half({ backend: "resend" }), half({ backend: "smtp" }), half({ user: "mac@163.com" })])
    expect(defineConfig(file)).toBe(file);
  const missing =
    "mailers.default.password: it is missing, and user is there. Set both, or neither (EMAIL_HOST_PASSWORD in the environment).";
  const { dkim: _dkim, ...unsigned } = account;
  expect(problemsOf(() => resolveConfig(unsigned))).toEqual([missing]);
  expect(problemsOf(() => createMailFromConfig({ ...unsigned, defaultFromEmail: "a@x.cn" } as never))).toEqual([
    missing,
  ]);
  // The environment describes no other mailer.
  const other = { mailers: { bulk: { backend: "smtp", user: "mac@163.com" } } } as WaxsealConfig;
  expect(problemsOf(() => defineConfig(other))).toEqual([
    "mailers.bulk.password: it is missing, and user is there. Set both, or neither.",
  ]);
});

test("a backend of the user's own is taken as it is", () => {
  const backend = consoleBackend();
  expect(defineConfig({ mailers: { default: backend } }).mailers?.["default"]).toBe(backend);
});

test("a value that is undefined, such as a variable that is not set, leaves the default in force", () => {
  const given: WaxsealConfig = {
    secretKey: "0123456789abcdef",
    siteUrl: "https://x.cn",
    siteName: undefined,
    mailers: { default: { backend: "smtp", host: "h", port: undefined, user: undefined, password: undefined } },
    accounts: { mailsPerHour: undefined },
    web: { host: undefined, port: 80 },
  };
  expect(resolveConfig(given)).toMatchObject({
    siteName: "Waxseal",
    accounts: { mailsPerHour: 3, activationMaxAgeSeconds: 3600 },
    web: { host: "127.0.0.1", port: 80 },
  });
});

test("what only a deployment knows is asked for together, and has stand-ins in development", () => {
  const missing = problemsOf(() => resolveConfig({})).map((problem) => problem.split(":")[0]);
  expect(missing).toEqual(["SECRET_KEY", "SITE_URL", "EMAIL_HOST"]);
  const stand = {
    secretKey: "made up for the developer",
    siteUrl: "http://127.0.0.1:8025",
    mailers: { default: { backend: "dummy" as const } },
  };
  expect(resolveConfig({}, stand)).toMatchObject({ siteName: "Waxseal", web: { port: 8025 }, inbox: { port: 1025 } });
  expect(resolveConfig({ siteUrl: "https://x.cn" }, stand).siteUrl).toBe("https://x.cn");
});

test("DKIM, ALWAYS_TO and ALLOW_TO come out of the environment", () => {
  const folder = mkdtempSync(join(tmpdir(), "waxseal-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "key"), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  const env = {
    WAXSEAL_DKIM_DOMAIN: "x.cn",
    WAXSEAL_DKIM_SELECTOR: "mail2026",
    WAXSEAL_DKIM_PRIVATE_KEY_FILE: join(folder, "key"),
    WAXSEAL_ALWAYS_TO: "dev@x.cn",
    WAXSEAL_ALLOW_TO: "x.cn, *.x.cn ,ann@y.cn,",
  };
  expect(fromEnv(env)).toEqual({
    dkim: {
      domain: "x.cn",
      selector: "mail2026",
      privateKey: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    },
    alwaysTo: ["dev@x.cn"],
    allowTo: ["x.cn", "*.x.cn", "ann@y.cn"],
  });
  expect(problemsOf(() => fromEnv({ ...env, WAXSEAL_ALWAYS_TO: "dev", WAXSEAL_ALLOW_TO: "x.cn,a b" }))).toEqual([
    expect.stringMatching(/^WAXSEAL_ALWAYS_TO: it is dev\. alwaysTo\[0\]: "dev" has no @/),
    expect.stringMatching(/^WAXSEAL_ALLOW_TO: it is x\.cn,a b\. allowTo\[1\]: "a b" is neither/),
  ]);
});

test("a DKIM key is checked for what it lacks, each by its place", () => {
  const key = { domain: "x.cn", selector: "s", privateKey: "k" };
  expect(problemsOf(() => requireConfig({ dkim: { domain: "x.cn" } as WaxsealConfig["dkim"] }))).toEqual([
    "dkim.selector: it is missing. Set it, or WAXSEAL_DKIM_SELECTOR in the environment.",
    "dkim.privateKey: it is missing. Set it, or WAXSEAL_DKIM_PRIVATE_KEY_FILE in the environment.",
  ]);
  const wrong = [key, { ...key, privateKeyFile: "f" }, { ...key, selectr: "s" }, { ...key, privateKey: "" }, 3];
  expect(problemsOf(() => defineConfig({ dkim: wrong as unknown as WaxsealConfig["dkim"] }))).toEqual([
    "dkim[1].privateKeyFile: privateKey is set too; set one of the two.",
    "dkim[2].selectr: there is no such option. Did you mean selector?",
    "dkim[3].privateKey: it must be a text that is not empty.",
    "dkim[4]: it is 3; it must be an object.",
  ]);
  expect(problemsOf(() => defineConfig({ dkim: "key" as unknown as WaxsealConfig["dkim"] }))).toEqual([
    expect.stringMatching(/^dkim: it is "key"; it must be \{ domain, selector/),
  ]);
});

test("the settings of messages, by Django's names and Waxseal's own", () => {
  const config = fromEnv({
    SERVER_EMAIL: "Server <root@x.cn>",
    ADMINS: 'Ann <ann@x.cn>, "Doe, Jo" <jo@x.cn>',
    MANAGERS: "bob@x.cn",
    EMAIL_SUBJECT_PREFIX: "[Shop] ",
    EMAIL_USE_LOCALTIME: "True",
    DEFAULT_CHARSET: "iso-8859-1",
    WAXSEAL_ATTACHMENT_ROOT: "/srv/files",
    WAXSEAL_DISABLE_FILE_ACCESS: "yes",
    WAXSEAL_MAX_MESSAGE_BYTES: "25000000",
  });
  expect(config).toEqual({
    serverEmail: "Server <root@x.cn>",
    admins: ["Ann <ann@x.cn>", '"Doe, Jo" <jo@x.cn>'],
    managers: ["bob@x.cn"],
    subjectPrefix: "[Shop] ",
    useLocalTime: true,
    charset: "iso-8859-1",
    attachmentRoot: "/srv/files",
    disableFileAccess: true,
    maxMessageBytes: 25_000_000,
  });
});

test.each([
  [{ ADMINS: "Ann" }, /^ADMINS: it is "Ann"; it must be addresses with commas between them\./],
  [{ MANAGERS: "a@x.cn,,b@x.cn" }, /^MANAGERS: /],
  [{ SERVER_EMAIL: "root" }, /^SERVER_EMAIL: it is "root"\./],
  [{ WAXSEAL_MAX_MESSAGE_BYTES: "25MB" }, /^WAXSEAL_MAX_MESSAGE_BYTES: it is "25MB"; it must be a number of bytes/],
  [{ WAXSEAL_DISABLE_FILE_ACCESS: "maybe" }, /^WAXSEAL_DISABLE_FILE_ACCESS: /],
])("%o is refused by the name that was set", (env, problem) => {
  expect(problemsOf(() => fromEnv(env as Environment)).join("\n")).toMatch(problem);
});

const whole = { secretKey: "a secret of more than sixteen", siteUrl: "https://shop.example" };
const sends = { backend: "memory" } as const;
const queues = (using: string) => ({ backend: "outbox", using }) as const;

test.each([
  [
    { mailers: { default: sends, late: queues("defualt") } },
    'mailers.late.using: it is "defualt", which is no mailer. Did you mean default?',
  ],
  [
    { mailers: { default: queues("default") } },
    /^mailers.default.using: .* leads to the outbox itself\. Configure a mailer that sends/,
  ],
  [
    { mailers: { default: sends, a: queues("b"), b: queues("default") } },
    'mailers.a.using: it is "b", which leads to the outbox itself. There are: default.',
  ],
  [
    { mailers: { default: sends }, bounces: { imap: { host: "imap.163.com", user: "mac@163.com" } } },
    "bounces.imap.password: it is missing. Set it, or WAXSEAL_IMAP_PASSWORD in the environment.",
  ],
  [
    { mailers: { default: sends }, submission: { port: 587, certFile: "cert.pem" } },
    "submission.keyFile: it is missing, and certFile is there. Set both, or neither.",
  ],
])("what only the whole shows is refused before anything is opened: %o", (config, problem) => {
  expect(problemsOf(() => resolveConfig({ ...whole, ...config })).join("\n")).toMatch(problem);
});

test.each([
  [
    { mailers: { late: { backend: "outbox" } } },
    "mailers.late.using: it is missing. Give the name of the mailer that sends",
  ],
  [{ unsubscribe: { mailto: "leave me" } }, 'unsubscribe.mailto: it is "leave me"; it must be an address'],
  [{ databasePoolSize: 0 }, "databasePoolSize: it is 0; it must be a whole number from 1 up."],
  [{ webhooksPublicOnly: "yes" }, 'webhooksPublicOnly: it is "yes"; it must be true or false.'],
])("%o is refused", (config, problem) => {
  expect(problemsOf(() => defineConfig(config as never)).join("\n")).toContain(problem);
});
