import { describe, expect, test } from "vitest";
import { SmtpError } from "./errors.ts";
import { resolveOptions, type SmtpOptions } from "./options.ts";

function refusal(options: object): SmtpError {
  try {
    resolveOptions({ host: "mail.example", ...options } as SmtpOptions);
  } catch (error) {
    if (error instanceof SmtpError) return error;
  }
  throw new Error("the options were taken");
}

test.each([
  [{}, 587, "starttls"],
  [{ port: 465 }, 465, "tls"],
  [{ port: 587 }, 587, "starttls"],
  [{ port: 25 }, 25, "starttls-if-offered"],
  [{ port: 1025 }, 1025, "starttls-if-offered"],
  [{ security: "tls" }, 465, "tls"],
  [{ security: "starttls" }, 587, "starttls"],
  [{ security: "none" }, 25, "none"],
] as const)("%j means port %i and %s", (options, port, security) => {
  expect(resolveOptions({ host: "mail.example", ...options })).toMatchObject({ port, security });
});

describe("a wrong option is refused by name", () => {
  test.each([
    [{ host: "" }, "host"],
    [{ host: "mail.example\r\nX" }, "host"],
    [{ port: 0 }, "port"],
    [{ port: 70_000 }, "port"],
    [{ security: "ssl" }, "security"],
    [{ port: 465, security: "starttls" }, "465"],
    [{ clientName: "me\r\nMAIL FROM:<x@y>" }, "clientName"],
    [{ clientName: "me too" }, "clientName"],
    [{ auth: { user: "", password: "x" } }, "auth.user"],
    [{ timeouts: { replyMs: -1 } }, "timeouts.replyMs"],
    [{ timeouts: { replayMs: 1 } }, "timeouts.replayMs"],
    [{ tls: { rejectUnauthorized: false } }, "tls.rejectUnauthorized"],
    [{ tls: { ca: "nonsense", cert: "nonsense" } }, "PEM"],
    [{ secure: true }, "secure"],
    [{ maxConnections: 0 }, "maxConnections"],
  ])("%j", (options, name) => {
    const error = refusal(options);
    expect(error.code).toBe("WX_SMTP_OPTIONS");
    expect(error.message).toContain(name);
    expect(error.retryable).toBe(false);
  });

  test("a password is not quoted", () => {
    expect(refusal({ auth: { user: "mac", password: "hush\0hush" } }).message).not.toContain("hush");
  });
});

test("an IPv6 address is written in brackets", () => {
  expect(resolveOptions({ host: "::1", port: 25 }).server).toBe("[::1]:25");
});
