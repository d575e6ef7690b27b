import { expect, test } from "vitest";
import { type Capabilities, noCapabilities } from "../capabilities.ts";
import type { Envelope } from "../envelope.ts";
import { mailCommand, rcptCommand } from "./commands.ts";

const offering = (...keywords: string[]): Capabilities => ({
  ...noCapabilities,
  keywords: new Map(keywords.map((keyword) => [keyword, ""])),
});
const mail = (capabilities: Capabilities, extras: Partial<Envelope> = {}): string =>
  mailCommand(capabilities, { envelope: { from: "mac@example.com", to: [], ...extras }, size: 12, isAscii: true });

test("a parameter goes only to a server that offers it", () => {
  const dsn = { notify: ["success", "failure"], return: "headers", id: "a+b=c" } as const;
  expect(mail(noCapabilities, { dsn })).toBe("MAIL FROM:<mac@example.com>\r\n");
  expect(rcptCommand(noCapabilities, "ann@example.com", dsn)).toBe("RCPT TO:<ann@example.com>\r\n");
  expect(mail(offering("SIZE", "DSN"), { dsn })).toBe(
    "MAIL FROM:<mac@example.com> SIZE=12 RET=HDRS ENVID=a+2Bb+3Dc\r\n",
  );
});

test("reports are asked for per recipient, with the address as it was given (RFC 3461, RFC 6533)", () => {
  const rcpt = (address: string, notify?: "never" | ("success" | "failure" | "delay")[]): string =>
    rcptCommand(offering("DSN"), address, { notify });
  expect(rcpt("ann+x=y@example.com", ["success", "delay"])).toBe(
    "RCPT TO:<ann+x=y@example.com> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;ann+2Bx+3Dy@example.com\r\n",
  );
  expect(rcpt("ann@example.com", "never")).toContain(" NOTIFY=NEVER ");
  expect(rcpt("麦克+x@例子.中国")).toBe("RCPT TO:<麦克+x@例子.中国> ORCPT=utf-8;麦克\\x{2B}x@例子.中国\r\n");
});

test("SMTPUTF8 and REQUIRETLS are said where the envelope asks for them", () => {
  expect(mail(noCapabilities, { smtpUtf8: true, requireTls: true })).toBe(
    "MAIL FROM:<mac@example.com> SMTPUTF8 REQUIRETLS\r\n",
  );
});

test("whatever was forgotten elsewhere, one call is one command", () => {
  expect(() => mail(noCapabilities, { from: "a@b\r\nDATA" })).toThrow("CR, LF or NUL");
  expect(() => rcptCommand(noCapabilities, "a@b\r\nDATA", undefined)).toThrow("CR, LF or NUL");
});
