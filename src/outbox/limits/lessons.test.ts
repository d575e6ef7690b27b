import { expect, test } from "vitest";
import { providers, type SmtpDiagnosis } from "../../mail/index.ts";
import { reachedMail } from "../knowledge.ts";
import type { AttemptResult } from "../policy.ts";
import { lessonsOf } from "./lessons.ts";

const scopes = { mailer: "mailer:default", account: "account:a" };
const one = ["ann@gmail.com"];

interface Failure {
  stage: string;
  code?: number;
  retryable?: boolean;
  retryAfterMs?: number;
  diagnosis?: SmtpDiagnosis | undefined;
}

function failed({ stage, code = 0, retryable = true, retryAfterMs = 0, diagnosis }: Failure): AttemptResult {
  const attempt = { server: "mx", stage, code, enhancedCode: "", text: "no", diagnosis };
  return { kind: "failed", retryable, mayHaveArrived: false, refused: [], retryAfterMs, attempt };
}

const about = (id: string, subject: SmtpDiagnosis["about"], more: Partial<SmtpDiagnosis> = {}): SmtpDiagnosis => ({
  id,
  about: subject,
  meaning: { en: "No.", zh: "不。" },
  advice: { en: "No.", zh: "不。" },
  ...more,
});
const shown = (result: AttemptResult, addresses: readonly string[] = one) =>
  lessonsOf(result, addresses, scopes).map(({ key, reason, forMs }) => `${key} ${reason} ${forMs}`);

test.each<[string, Failure, string[]]>([
  ["an API that asks for a minute", { stage: "response", retryAfterMs: 60_000 }, ["account:a rate 60000"]],
  ["an API whose gateway is down", { stage: "response" }, ["mailer:default connection 0"]],
  ["an API that refuses the message", { stage: "response", retryable: false }, []],
  ["an API that refuses the key", { stage: "auth", retryable: false }, ["account:a auth 0"]],
  [
    "a server that cannot check log-ins",
    { stage: "auth", code: 454, diagnosis: about("log-in-not-now", "server") },
    ["mailer:default connection 0"],
  ],
  ["a queue of ours that is full", { stage: "connect", diagnosis: about("pool-busy", "caller") }, []],
  [
    "a certificate that is not to be trusted",
    { stage: "tls", retryable: false, diagnosis: about("certificate", "server") },
    ["mailer:default connection 0"],
  ],
  [
    "421 in the middle",
    { stage: "data", code: 421, diagnosis: about("server-closing", "server") },
    ["mailer:default connection 0"],
  ],
  [
    "a connection that breaks in the content",
    { stage: "content", diagnosis: about("connection-lost", "network") },
    ["mailer:default connection 0"],
  ],
  ["a server that greylists", { stage: "rcpt", code: 450, diagnosis: about("greylisted", "server") }, []],
  ["a server without words", { stage: "final", code: 451 }, []],
  [
    "a From that is not the account's",
    { stage: "mail", code: 553, retryable: false, diagnosis: about("netease.from-not-login", "account") },
    [],
  ],
  [
    "an account that is barred",
    { stage: "mail", code: 554, retryable: false, diagnosis: about("netease.sender-barred", "account") },
    ["account:a barred 0"],
  ],
  [
    "an address of ours that is barred",
    { stage: "mail", code: 554, retryable: false, diagnosis: about("netease.address-hung", "address") },
    ["mailer:default barred 0"],
  ],
  [
    "a quota of a quarter of an hour",
    { stage: "mail", code: 451, retryAfterMs: 900_000, diagnosis: about("netease.quarter-hour-quota", "account") },
    ["account:a quota 900000"],
  ],
  [
    "an account whose mail comes too fast",
    { stage: "data", code: 454, retryAfterMs: 5_000, diagnosis: about("ses.rate", "account") },
    ["account:a rate 5000"],
  ],
  [
    "a domain that throttles",
    { stage: "rcpt", code: 450, retryAfterMs: 60_000, diagnosis: about("unusual-rate", "address") },
    ["domain:gmail.com rate 60000"],
  ],
  [
    "a provider that throttles this machine",
    { stage: "mail", code: 450, retryAfterMs: 60_000, diagnosis: about("netease.address-rate", "address") },
    ["mailer:default rate 60000"],
  ],
])("%s", (_, failure, lessons) => {
  expect(shown(failed(failure))).toEqual(lessons);
});

test("spam that makes Yandex block the account lets the account rest, since each further try makes that longer", () => {
  const diagnosis = providers
    .flatMap(({ rules }) => rules)
    .find((rule) => rule.diagnosis.id === "yandex.spam")?.diagnosis;
  const spam = failed({ stage: "final", code: 554, retryable: false, retryAfterMs: 86_400_000, diagnosis });
  expect(shown(spam)).toEqual(["account:a barred 86400000"]);
});

test("of several refusals each scope learns the longest wait, and each domain its own", () => {
  const refuse = (address: string, diagnosis: SmtpDiagnosis) => ({
    address,
    retryable: true,
    code: 450,
    enhancedCode: "",
    text: "no",
    diagnosis,
  });
  const rejected = [
    refuse("a@gmail.com", about("unusual-rate", "address", { retryAfterSeconds: 60 })),
    refuse("b@GMAIL.com", about("unusual-rate", "address", { retryAfterSeconds: 600 })),
    refuse("c@qq.com", about("unusual-rate", "address", { retryAfterSeconds: 30 })),
    refuse("d@qq.com", about("recipient-unknown", "recipient")),
  ];
  const receipt = { server: "mx", accepted: ["e@x.cn"], rejected, response: "250 ok" };
  expect(shown({ kind: "accepted", receipt })).toEqual(["domain:gmail.com rate 600000", "domain:qq.com rate 30000"]);
});

test("every quota that a provider is known to refuse by closes an account or a mailer, and nothing about one message does", () => {
  let quotas = 0;
  for (const { when, diagnosis } of providers.flatMap(({ rules }) => rules)) {
    const stage = when.stages?.[0] ?? "mail";
    const retryAfterMs = (diagnosis.retryAfterSeconds ?? 0) * 1000;
    const retryable = diagnosis.retryable ?? false;
    const lessons = lessonsOf(failed({ stage, code: 550, retryable, retryAfterMs, diagnosis }), one, scopes);
    if (/quota|-rate$|\.rate$|daily/.test(diagnosis.id) && retryable) {
      quotas += 1;
      expect(lessons, diagnosis.id).toMatchObject([{ forMs: retryAfterMs }]);
    }
    const isAboutMessage = ["content", "recipient"].includes(diagnosis.about) && diagnosis.id !== "yandex.spam";
    if (isAboutMessage && reachedMail({ stage })) expect(lessons, diagnosis.id).toEqual([]);
  }
  expect(quotas).toBeGreaterThan(8);
});
