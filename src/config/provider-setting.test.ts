import { expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../base/index.ts";
import { MailerError } from "../mail/index.ts";
import { createBackend } from "./backend.ts";
import { requireConfig } from "./define.ts";
import { ConfigError } from "./errors.ts";
import { type Environment, fromEnv } from "./from-env.ts";
import type { MailerConfig } from "./types.ts";

const mailerOf = (env: Environment): unknown => fromEnv(env).mailers?.["default"];

function problemsOf(mailer: object): readonly { setting: string; problem: string }[] {
  try {
    requireConfig({ mailers: { default: mailer as MailerConfig } });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

test("an address of a known provider and its authorization code are a whole mailer", () => {
  const mailer = mailerOf({ EMAIL_HOST_USER: "mac@163.com", EMAIL_HOST_PASSWORD: "ABCDEFGHIJKLMNOP" });
  expect(mailer).toEqual({ backend: "smtp", user: "mac@163.com", password: "ABCDEFGHIJKLMNOP" });
  expect(problemsOf(mailer as object)).toEqual([]);
});

test("a provider by name", () => {
  const env = { EMAIL_PROVIDER: "exmail", EMAIL_HOST_USER: "mac@example.com", EMAIL_HOST_PASSWORD: "secret" };
  expect(mailerOf(env)).toMatchObject({ backend: "smtp", provider: "exmail", user: "mac@example.com" });
});

test("another backend keeps its way, whoever the user is", () => {
  expect(mailerOf({ EMAIL_BACKEND: "console", EMAIL_HOST_USER: "mac@163.com" })).toEqual({ backend: "console" });
});

test("an address of another domain says nothing by itself", () => {
  expect(mailerOf({ EMAIL_HOST_USER: "mac@example.com", EMAIL_HOST_PASSWORD: "x" })).not.toHaveProperty("backend");
});

test.each([
  [
    { backend: "smtp", user: "mac@example.com", password: "x" },
    "host",
    `the provider of "example.com" is not known here`,
  ],
  [{ backend: "smtp" }, "host", "it is missing. Set it, or EMAIL_HOST in the environment"],
  [{ backend: "smtp", provider: "gmial" }, "provider", "Did you mean gmail?"],
  [{ backend: "smtp", provider: "mac@163.com" }, "provider", "is not known here"],
])("%o is refused by naming what to set", (mailer, option, words) => {
  expect(problemsOf(mailer)).toMatchObject([
    { setting: `mailers.default.${option}`, problem: expect.stringContaining(words) },
  ]);
});

test("EMAIL_PROVIDER is refused by its own name, and together with EMAIL_URL", () => {
  expect(() => fromEnv({ EMAIL_PROVIDER: "nobody-knows-it" })).toThrow(/EMAIL_PROVIDER: it is "nobody-knows-it"/);
  expect(() => fromEnv({ EMAIL_PROVIDER: "163", EMAIL_URL: "smtp://h" })).toThrow(/EMAIL_PROVIDER is set too/);
});

test("the backend of a configuration writes headers as the provider reads them", async () => {
  const config: MailerConfig = { backend: "smtp", user: "10001@qq.com", password: "abcdefghijklmnop" };
  const backend = createBackend(config, "mailers.default", silentLogger);
  onTestFinished(async () => backend.close?.());
  expect(backend.headerEncoding).toEqual({ words: "base64", foldFrom: false });
  expect(() => createBackend({ backend: "smtp" }, "mailers.default", silentLogger)).toThrow(MailerError);
});

test("where the address says nothing, the error names its domain and what to set", () => {
  const mailer = mailerOf({ EMAIL_HOST_USER: "mac@corp.example", EMAIL_HOST_PASSWORD: "x" });
  expect(problemsOf(mailer as object)).toEqual([
    {
      setting: "mailers.default.backend",
      problem: expect.stringMatching(
        /^it is missing\. The provider of "corp\.example" is not known here: set EMAIL_HOST /,
      ) as string,
    },
  ]);
  expect(problemsOf({ user: "mac" })[0]?.problem).toContain("Set it to one of smtp, console");
});
