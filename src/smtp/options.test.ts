import { inspect } from "node:util";
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
  [{ protocol: "lmtp" }, 24, "starttls-if-offered"],
  [{ socketPath: "/run/lmtp.sock" }, 24, "starttls-if-offered"],
  [{ socketPath: "/run/lmtp.sock", security: "none" }, 24, "none"],
] as const)("%j means port %i and %s", (options, port, security) => {
  expect(resolveOptions({ host: "mail.example", ...options })).toMatchObject({ port, security });
});

describe("a wrong option is refused by name", () => {
  test.each([
    [{ host: "" }, "host"],
    [{ host: "mail.example\r\nX" }, "host"],
    [{ host: "mail.example:465" }, "without a port, which has its own option"],
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
    [{ secure: true }, "secure. Did you mean security?"],
    [{ maxConnections: 0 }, "maxConnections"],
    [{ auth: { user: "mac\r\nx", password: "x" } }, "auth.user"],
    [{ auth: { user: "mac" } }, "one of password, accessToken and oauth2"],
    [{ auth: { user: "mac", password: undefined } }, "auth.password is undefined. It must be the account's password"],
    [{ auth: { user: "mac", password: "x", accessToken: "y" } }, "password and accessToken"],
    [{ auth: { user: "mac", accessToken: "two words" } }, "auth.accessToken"],
    [{ auth: { user: "mac", pass: "x" } }, "auth.pass. Did you mean password?"],
    [{ auth: "mac:x" }, "auth must be an object with some of: user, password"],
    [{ auth: { user: "mac", password: "x", method: "XOAUTH2" } }, "auth.method"],
    [{ auth: { user: "mac", accessToken: "x", method: "PLAIN" } }, "OAUTHBEARER, XOAUTH2"],
    [{ protocol: "esmtp" }, "protocol"],
    [{ socketPath: "" }, "socketPath"],
    [{ socketPath: "/run/x", socket: async () => {} }, "left out where socket is given"],
    [{ localAddress: "localhost" }, "localAddress"],
    [{ lookup: "dns" }, "lookup"],
    [{ socket: "socks5://proxy" }, "socket"],
    [{ tls: { fingerprint: "AB:CD" } }, "tls.fingerprint"],
  ])("%j", (options, name) => {
    const error = refusal(options);
    expect(error.code).toBe("WX_SMTP_OPTIONS");
    expect(error.message).toContain(name);
    expect(error.retryable).toBe(false);
  });

  test.each(["mail.example", undefined, null])("%j in place of them all", (options) => {
    expect(() => resolveOptions(options as unknown as SmtpOptions)).toThrow(/The SMTP options must be an object/);
  });

  test("a password is not quoted", () => {
    expect(refusal({ auth: { user: "mac", password: "hush\0hush" } }).message).not.toContain("hush");
  });
});

test("an IPv6 address is written in brackets", () => {
  expect(resolveOptions({ host: "::1", port: 25 }).server).toBe("[::1]:25");
});

test("a unix socket is named by its path", () => {
  expect(resolveOptions({ host: "mail.example", socketPath: "/run/lmtp.sock" }).server).toBe("/run/lmtp.sock");
});

test("no secret can be read off the settings", () => {
  for (const secret of [{ password: "hush" }, { accessToken: "hush" }]) {
    const settings = resolveOptions({ host: "mail.example", auth: { user: "mac", ...secret } });
    expect(inspect(settings, { depth: 9 }) + JSON.stringify(settings)).not.toContain("hush");
  }
});
