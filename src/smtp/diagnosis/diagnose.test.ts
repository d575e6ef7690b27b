import { readFileSync } from "node:fs";
import { assert, constantFrom, integer, oneof, property, string, stringMatching } from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../test/support/property.ts";
import type { SmtpErrorCode } from "../error-code.ts";
import { SmtpError } from "../errors.ts";
import { replyOf } from "../reply.ts";
import type { SmtpStage } from "../stage.ts";
import { codeDiagnoses } from "./code-diagnoses.ts";
import { diagnose } from "./diagnose.ts";
import { replyRules } from "./reply-rules.ts";
import type { SmtpDiagnosis } from "./rule.ts";

function of(stage: SmtpStage, code: number, text: string): SmtpDiagnosis {
  return diagnose({ code: "WX_SMTP_REFUSED", stage, reply: replyOf(code, [text]) });
}

/** What real servers say, and what it is about. */
test.each<[SmtpStage, number, string, string, string]>([
  ["rcpt", 550, "5.1.1 The email account that you tried to reach does not exist.", "recipient-unknown", "recipient"],
  ["rcpt", 550, "No such user here", "recipient-unknown", "recipient"],
  ["rcpt", 550, "Mailbox not found", "recipient-unknown", "recipient"],
  [
    "rcpt",
    550,
    "5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup",
    "recipient-domain",
    "recipient",
  ],
  ["rcpt", 452, "4.2.2 The recipient's inbox is out of storage space", "mailbox-full", "recipient"],
  ["rcpt", 552, "5.2.2 Over quota", "mailbox-full", "recipient"],
  ["rcpt", 550, "5.2.1 The email account is disabled", "mailbox-disabled", "recipient"],
  ["rcpt", 450, "4.2.0 <a@b.cn>: Recipient address rejected: Greylisted", "greylisted", "server"],
  ["rcpt", 452, "4.5.3 Too many recipients", "too-many-recipients", "settings"],
  ["rcpt", 554, "5.7.1 <a@b.cn>: Relay access denied", "relay-denied", "settings"],
  [
    "rcpt",
    554,
    "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    "address-blocked",
    "address",
  ],
  ["rcpt", 550, "something unheard of", "recipient-refused", "recipient"],
  ["mail", 553, "something unheard of", "sender-refused", "account"],
  ["mail", 550, "5.1.1 no such user", "sender-refused", "account"],
  ["mail", 530, "5.7.0 Must issue a STARTTLS command first", "tls-required", "settings"],
  ["mail", 530, "5.7.0 Authentication required", "log-in-missing", "settings"],
  ["mail", 552, "5.3.4 Message size exceeds fixed limit", "too-large", "content"],
  ["mail", 421, "4.7.0 Too many connections from your host", "too-many-connections", "settings"],
  ["auth", 535, "5.7.8 Error: authentication failed", "log-in-refused", "account"],
  ["auth", 454, "4.7.0 Temporary authentication failure", "log-in-not-now", "server"],
  ["auth", 534, "5.7.9 Application-specific password required", "app-password-needed", "account"],
  ["auth", 538, "5.7.11 Encryption required for requested authentication mechanism", "log-in-needs-tls", "settings"],
  ["auth", 421, "Too many failed login attempts", "log-in-lock", "account"],
  ["greeting", 554, "5.7.1 go away", "not-welcome", "address"],
  ["greeting", 421, "service not available", "server-closing", "server"],
  ["ehlo", 501, "invalid domain", "name-refused", "settings"],
  ["final", 554, "5.7.1 This message looks like spam", "content-refused", "content"],
  [
    "final",
    550,
    "5.7.26 This mail has been blocked because the sender is unauthenticated",
    "not-authenticated-mail",
    "settings",
  ],
  ["final", 550, "5.7.25 The IP address does not have a PTR record", "no-reverse-dns", "address"],
  ["final", 421, "4.7.28 unusual rate of unsolicited mail", "unusual-rate", "address"],
  ["final", 550, "Daily sending quota exceeded", "daily-quota", "account"],
  ["final", 554, "something unheard of", "message-refused", "content"],
  ["final", 451, "something unheard of", "not-now", "server"],
  ["data", 599, "something unheard of", "refused", "server"],
])("at %s %i %s is %s, about the %s", (stage, code, text, id, about) => {
  expect(of(stage, code, text)).toMatchObject({ id, about });
});

test("a daily quota may be tried tomorrow, though its code is 5xx", () => {
  const reply = replyOf(550, ["5.4.5 Daily sending quota exceeded"]);
  const error = new SmtpError("WX_SMTP_REFUSED", "text", { stage: "final", server: "a:25", retryable: false, reply });
  expect(error.retryable).toBe(true);
  expect(error.diagnosis.retryAfterSeconds).toBe(86_400);
});

test("a dead recipient may not", () => {
  const reply = replyOf(550, ["5.1.1 no such user"]);
  const error = new SmtpError("WX_SMTP_REFUSED", "text", { stage: "rcpt", server: "a:25", retryable: false, reply });
  expect(error).toMatchObject({ retryable: false, about: "recipient" });
});

test("every code has a diagnosis, in whole sentences of both languages", () => {
  const diagnoses = [...Object.values(codeDiagnoses), ...replyRules.map(({ diagnosis }) => diagnosis)];
  for (const { id, meaning, advice } of diagnoses) {
    for (const { en, zh } of [meaning, advice]) {
      expect(en, id).toMatch(/^[A-Z][^\u4e00-\u9fff]*\.$/);
      expect(zh, id).toMatch(/[\u4e00-\u9fff][^]*。$/);
      expect(zh, id).not.toMatch(/[\u4e00-\u9fff] ?[,;:?!]/);
    }
  }
});

test("the page of diagnoses lists every one, by what it is about", () => {
  const page = readFileSync(new URL("../../../docs/reference/diagnoses.md", import.meta.url), "utf8");
  for (const { id, about } of [...Object.values(codeDiagnoses), ...replyRules.map(({ diagnosis }) => diagnosis)]) {
    expect(page).toContain(`| \`${id}\` | ${about} |`);
  }
});

test.each(Object.keys(codeDiagnoses) as SmtpErrorCode[])("%s explains itself in Chinese, with its details", (code) => {
  const details = { stage: "connect", server: "mail.example:465", retryable: true } as const;
  const error = new SmtpError(code, "What it is in detail. What to do.", details);
  expect(error.explain("en")).toBe("What it is in detail. What to do.");
  expect(error.explain("zh")).toMatch(/^[^a-z]*[\u4e00-\u9fff]/);
  expect(error.explain("zh")).toContain("What it is in detail");
});

test("a refusal in Chinese quotes the server's words, the step, and what to do", () => {
  const reply = replyOf(550, ["5.1.1 no such user"]);
  const error = new SmtpError("WX_SMTP_REFUSED", "text", { stage: "rcpt", server: "a.cn:25", retryable: false, reply });
  expect(error.explain("zh")).toBe(
    "a.cn:25 在收到收件人（RCPT）后答复：“550 5.1.1 no such user”。收件人的邮箱不存在。请检查地址；确认之前不要再向它发送。",
  );
});

test("where the fate is not known, that comes first", () => {
  const error = new SmtpError("WX_SMTP_LOST", "text", {
    stage: "final",
    server: "a:25",
    retryable: true,
    outcome: "unknown",
  });
  expect(error.diagnosis.id).toBe("fate-unknown");
  expect(error.explain("zh")).toContain("可能使收件人收到两封");
});

test("whatever a server says, there is a diagnosis, and one that can be kept as JSON", () => {
  const stages = constantFrom<SmtpStage>("greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "final");
  const words = oneof(string(), string({ unit: "binary" }), stringMatching(/^[45]\.[0-9]{1,3}\.[0-9]{1,3} .*$/));
  assert(
    property(stages, integer({ min: 400, max: 599 }), words, (stage, code, text) => {
      const diagnosis = of(stage, code, text);
      expect(JSON.parse(JSON.stringify(diagnosis))).toEqual(diagnosis);
    }),
    runs(500),
  );
});

test("rules read long words in linear time", () => {
  const words = ["mailbox ", "user ", "ip ", "daily ", "relay ", "a".repeat(10)].map((word) => word.repeat(10_000));
  for (const text of words) expect(of("rcpt", 550, text).id).toMatch(/./);
});
