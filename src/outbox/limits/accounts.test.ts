import { expect, test } from "vitest";
import { findProvider } from "../../mail/index.ts";
import { accountOfSmtp, windowsOf } from "./accounts.ts";

const password = "secret";

test.each([
  [{ auth: { user: "Mac@163.com", password } }, "163:mac@163.com"],
  [{ provider: "163", host: "127.0.0.1", auth: { user: "mac@163.com", password } }, "163:mac@163.com"],
  [{ host: "SMTP.163.com", auth: { user: "mac@163.com", password } }, "163:mac@163.com"],
  [{ provider: "exmail", auth: { user: "shop@example.com", password } }, "exmail:shop@example.com"],
  [{ host: "mail.example.com", auth: { user: "shop", password } }, "mail.example.com:shop"],
  [{ host: "mail.example.com" }, undefined],
])("%j logs in as %s", (options, key) => {
  expect(accountOfSmtp(options)?.key).toBe(key);
});

test("what a provider declares becomes windows, each counted as it counts", () => {
  expect(windowsOf(findProvider("icloud")?.limits ?? { source: "" })).toEqual([
    { count: 1_000, seconds: 86_400, counts: "messages" },
    { count: 1_000, seconds: 86_400, counts: "recipients" },
  ]);
  expect(windowsOf(findProvider("microsoft365")?.limits ?? { source: "" })).toEqual([
    { count: 30, seconds: 60, counts: "messages" },
    { count: 10_000, seconds: 86_400, counts: "recipients" },
  ]);
  expect(windowsOf(findProvider("qq")?.limits ?? { source: "" })).toEqual([]);
});

test("an account is the same however its host and user are written", () => {
  const auth = { user: "Mac@Example.com", password: "p" };
  expect(accountOfSmtp({ host: "Mail.Example.COM", auth })?.key).toBe("mail.example.com:mac@example.com");
});
