import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../test/support/property.ts";
import { type Provider, providers, type Receipt, type SmtpDiagnosis } from "../mail/index.ts";
import { isAccountShut, reachedMail } from "./knowledge.ts";
import { type AttemptResult, decide, defaultRetryPolicy, deriveState, type MessageStanding } from "./policy.ts";

const now = 1_000_000;
const standing = (overrides: Partial<MessageStanding> = {}): MessageStanding => ({
  attempts: 1,
  expiresAt: now + defaultRetryPolicy.lifetimeMs,
  onUnknown: "resend",
  addresses: ["a@x.cn", "b@x.cn"],
  ...overrides,
});
const refusal = (address: string, retryable: boolean) => ({
  address,
  retryable,
  code: retryable ? 450 : 550,
  enhancedCode: "",
  text: "no",
});
const accepted = (rejected: Receipt["rejected"] = []): AttemptResult => ({
  kind: "accepted",
  receipt: { server: "mx:25", accepted: ["a@x.cn"], rejected, response: "250 2.0.0 Ok: queued" },
});
const failed = (overrides: Partial<Extract<AttemptResult, { kind: "failed" }>> = {}): AttemptResult => ({
  kind: "failed",
  retryable: true,
  mayHaveArrived: false,
  refused: [],
  retryAfterMs: 0,
  attempt: { server: "mx:25", stage: "data", code: 451, enhancedCode: "4.3.0", text: "try later" },
  ...overrides,
});
const states = (result: AttemptResult, at = standing()) =>
  decide(result, at, defaultRetryPolicy, now, () => 0).recipients.map(({ state }) => state);

test("what the server took is sent, with its words and code kept", () => {
  const decision = decide(accepted(), standing(), defaultRetryPolicy, now);
  expect(decision.recipients.map(({ state }) => state)).toEqual(["sent", "sent"]);
  expect(decision.nextAttemptAt).toBeNull();
  expect(decision.attempt).toMatchObject({ outcome: "sent", code: 250, enhancedCode: "2.0.0", server: "mx:25" });
});

test("each recipient has an outcome of its own", () => {
  expect(states(accepted([refusal("b@x.cn", false)]))).toEqual(["sent", "failed"]);
  const later = decide(accepted([refusal("b@x.cn", true)]), standing(), defaultRetryPolicy, now, () => 0);
  expect(later.recipients.map(({ state }) => state)).toEqual(["sent", "deferred"]);
  expect(later.nextAttemptAt).toBe(now + 30_000);
});

test("a temporary failure is tried again, later each time, and given up at the last attempt", () => {
  const wait = (attempts: number) =>
    decide(failed(), standing({ attempts }), defaultRetryPolicy, now, () => 0).nextAttemptAt;
  expect([1, 2, 3].map(wait)).toEqual([now + 30_000, now + 60_000, now + 120_000]);
  const last = decide(failed(), standing({ attempts: 12 }), defaultRetryPolicy, now);
  expect(last.recipients[0]).toMatchObject({ state: "failed", detail: "gave up after 12 attempts; try later" });
  expect(last.nextAttemptAt).toBeNull();
});

test("a server that asks to be left alone for longer is", () => {
  const at = (retryAfterMs: number) =>
    decide(failed({ retryAfterMs }), standing(), defaultRetryPolicy, now, () => 0).nextAttemptAt;
  expect(at(1_000)).toBe(now + 30_000);
  expect(at(900_000)).toBe(now + 900_000);
});

test("a recipient of whom nothing is known follows the message's policy, and the others do not", () => {
  const receipt = accepted([{ ...refusal("b@x.cn", false), outcome: "unknown" as const }]);
  expect(states(receipt)).toEqual(["sent", "deferred"]);
  expect(states(receipt, standing({ onUnknown: "hold" }))).toEqual(["sent", "unknown"]);
});

test("nothing is tried after the message's time is over", () => {
  expect(states(failed(), standing({ expiresAt: now + 29_999 }))).toEqual(["failed", "failed"]);
});

test("a permanent failure ends at once", () => {
  expect(states(failed({ retryable: false }))).toEqual(["failed", "failed"]);
});

test("a message that may have arrived is sent again, or waits for a person, as it was enqueued", () => {
  const lost = failed({ mayHaveArrived: true });
  expect(states(lost)).toEqual(["deferred", "deferred"]);
  expect(states(lost, standing({ onUnknown: "hold" }))).toEqual(["unknown", "unknown"]);
  expect(decide(lost, standing(), defaultRetryPolicy, now).attempt.outcome).toBe("unknown");
});

test.each([
  [["sent", "sent"], false, "sent"],
  [["sent", "failed"], false, "failed"],
  [["sent", "deferred", "failed"], false, "deferred"],
  [["queued"], true, "sending"],
  [["sent"], true, "sent"],
] as const)("recipients %j (leased: %s) make the message %s", (recipients, leased, state) => {
  expect(deriveState(recipients, leased)).toBe(state);
});

const DAY = 86_400_000;
const words = (en: string) => ({ en, zh: en });
const diagnosis = (id: string, about: SmtpDiagnosis["about"], more: Partial<SmtpDiagnosis> = {}): SmtpDiagnosis => ({
  id,
  about,
  meaning: words(id),
  advice: words(id),
  ...more,
});
const oneOf = (address: string) => standing({ addresses: [address] });

describe("by what the provider means", () => {
  type Rule = Provider["rules"][number];
  /** A refusal as the SMTP client reports it for a rule, in each class of code in which the rule may be met. */
  const refusals = (rules: readonly Rule[]) =>
    rules.flatMap(({ when, diagnosis: known }) =>
      (when.replies ?? [450, 550]).map((code) => {
        const enhancedCode = when.enhanced?.[0]?.replace(/\.$/, ".1") ?? "";
        const retryable = known.retryable ?? code < 500;
        const stage = when.stages?.[0] ?? "mail";
        const attempt = { server: "mx:25", stage, code, enhancedCode, text: "no", diagnosis: known };
        return { retryable, retryAfterMs: (known.retryAfterSeconds ?? 0) * 1000, attempt };
      }),
    );
  const cases = [...new Set(providers.map(({ rules }) => rules))].flatMap((rules) => refusals(rules));

  test.each(cases.map((given) => [given.attempt.diagnosis.id, given.attempt.code, given] as const))(
    "%s %i: waits as long as it must, or ends at once",
    (_, code, given) => {
      const { about, retryAfterSeconds = 0 } = given.attempt.diagnosis;
      const { recipients, nextAttemptAt, suppress } = decide(
        failed(given),
        oneOf("a@x.cn"),
        defaultRetryPolicy,
        now,
        () => 0,
      );
      const mayPass = given.retryable || !reachedMail(given.attempt) || isAccountShut(given.attempt.diagnosis);
      expect(recipients[0]?.state).toBe(mayPass ? "deferred" : "failed");
      if (mayPass) expect(nextAttemptAt).toBeGreaterThanOrEqual(now + Math.max(30, retryAfterSeconds) * 1000);
      else expect(nextAttemptAt).toBeNull();
      if (about !== "recipient" || mayPass) expect(suppress).toEqual([]);
      if (about === "content" && code >= 500) expect(mayPass).toBe(given.attempt.diagnosis.retryable ?? false);
    },
  );

  test("there are many of them, of every kind", () => {
    expect(cases.length).toBeGreaterThan(60);
    const abouts = new Set(cases.map(({ attempt }) => attempt.diagnosis.about));
    expect([...abouts].toSorted()).toEqual(["account", "address", "content", "recipient", "settings"]);
  });
});

test.each([
  [550, "5.1.1", "User unknown", diagnosis("recipient-unknown", "recipient"), true],
  [550, "", "No such user here", diagnosis("recipient-unknown", "recipient"), true],
  [550, "", "Mailbox not found", diagnosis("qq.mailbox-unavailable", "recipient"), true],
  [556, "5.1.10", "Recipient domain has null MX", diagnosis("recipient-domain", "recipient"), true],
  [550, "", "mailbox unavailable, reject due to policy", diagnosis("recipient-unknown", "recipient"), false],
  [550, "", "mailbox unavailable: sender blocked", diagnosis("recipient-unknown", "recipient"), false],
  [550, "5.7.1", "user unknown", diagnosis("recipient-unknown", "recipient"), false],
  [550, "5.2.2", "mailbox full", diagnosis("mailbox-full", "recipient"), false],
  [550, "", "no", diagnosis("recipient-refused", "recipient"), false],
  [554, "5.7.1", "spam", diagnosis("content-refused", "content"), false],
  [550, "5.1.1", "your address is blocked", diagnosis("address-blocked", "address"), false],
  [550, "5.1.1", "no words that are understood", undefined, false],
] as const)("%i %s %s: to be suppressed", (code, enhancedCode, text, known, isDead) => {
  const refused = { address: "b@x.cn", retryable: false, code, enhancedCode, text, ...(known && { diagnosis: known }) };
  const some = decide(accepted([refused]), standing(), defaultRetryPolicy, now);
  expect(some.suppress).toEqual(isDead ? [{ address: "b@x.cn", detail: text }] : []);
  expect(some.recipients[1]?.state).toBe("failed");

  const attempt = { server: "mx:25", stage: "final", code, enhancedCode, text, diagnosis: known };
  const whole = failed({ retryable: false, attempt });
  expect(decide(whole, oneOf("a@x.cn"), defaultRetryPolicy, now).suppress).toHaveLength(isDead ? 1 : 0);
  // Which of the two is meant, nobody knows.
  expect(decide(whole, standing(), defaultRetryPolicy, now).suppress).toEqual([]);
});

test("552 for a recipient is tried again, and 552 for what the message is, is not", () => {
  const full = { ...refusal("b@x.cn", false), code: 552, text: "too many recipients" };
  expect(states(accepted([full]))).toEqual(["sent", "deferred"]);
  expect(states(accepted([{ ...full, diagnosis: diagnosis("too-large", "content") }]))).toEqual(["sent", "failed"]);
});

test("a barred account costs no message its life", () => {
  const attempt = { server: "smtp.163.com:465", stage: "mail", code: 554, enhancedCode: "", text: "554 MI:SPB" };
  const barred = failed({
    retryable: false,
    attempt: { ...attempt, diagnosis: diagnosis("netease.sender-barred", "account") },
  });
  expect(states(barred)).toEqual(["deferred", "deferred"]);
});

test("attempts that never reached MAIL FROM are not counted, and wait a quarter of an hour at the most", () => {
  const away = failed({ attempt: { server: "mx:25", stage: "connect", code: 0, enhancedCode: "", text: "refused" } });
  const after = (attempts: number, unreached: number) =>
    decide(away, standing({ attempts, unreached }), defaultRetryPolicy, now, () => 0).nextAttemptAt;
  expect([after(1, 0), after(2, 1), after(40, 39)]).toEqual([now + 30_000, now + 60_000, now + 900_000]);
  const reached = (attempts: number, unreached: number) =>
    decide(failed(), standing({ attempts, unreached }), defaultRetryPolicy, now, () => 0).nextAttemptAt;
  expect(reached(40, 39)).toBe(now + 30_000);
  expect(reached(51, 39)).toBeNull();
});

test("a wait beyond the cap is kept, spread by a minute at the most, and what it would outlive fails with the times", () => {
  const after = (retryAfterMs: number, random: number) =>
    decide(failed({ retryAfterMs }), standing(), defaultRetryPolicy, now, () => random);
  expect(after(DAY, 0).nextAttemptAt).toBe(now + DAY);
  expect(after(DAY, 0.5).nextAttemptAt).toBe(now + DAY + 30_000);
  expect(after(100_000, 1).nextAttemptAt).toBe(now + 105_000);
  const late = after(3 * DAY, 0);
  expect(late.nextAttemptAt).toBeNull();
  expect(late.recipients[0]?.detail).toBe(
    "gave up: the server takes it no sooner than 1970-01-04T00:16:40.000Z, and the message's time is over at 1970-01-03T00:16:40.000Z; try later",
  );
});

test("whatever servers say over days, each message ends once, in one final state, before its time is over", () => {
  const step = fc.record({
    stage: fc.constantFrom("connect", "auth", "mail", "rcpt", "final"),
    code: fc.integer({ min: 400, max: 559 }),
    mayHaveArrived: fc.boolean(),
    waitSeconds: fc.constantFrom(0, 0, 60, 900, 86_400),
    random: fc.double({ min: 0, max: 0.999, noNaN: true }),
    ends: fc.integer({ min: 0, max: 20 }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 30 }),
      fc.constantFrom("resend", "hold"),
      (steps, onUnknown) => {
        const expiresAt = now + defaultRetryPolicy.lifetimeMs;
        let at = now;
        let unreached = 0;
        for (let attempts = 1; ; attempts++) {
          const { stage, code, mayHaveArrived, waitSeconds, random, ends } = steps[
            attempts % steps.length
          ] as (typeof steps)[number];
          const text = `${code}`;
          const attempt = { server: "mx:25", stage, code, enhancedCode: "", text };
          const result =
            ends === 0 && stage === "final"
              ? accepted()
              : failed({ retryable: code < 500, mayHaveArrived, retryAfterMs: waitSeconds * 1000, attempt });
          const before = standing({ attempts, unreached, expiresAt, onUnknown });
          const decision = decide(result, before, defaultRetryPolicy, at, () => random);
          const found = new Set(decision.recipients.map(({ state }) => state));
          expect(decision.recipients).toHaveLength(2);
          expect(found.has("deferred")).toBe(decision.nextAttemptAt !== null);
          if (decision.nextAttemptAt === null) break;
          expect(decision.nextAttemptAt).toBeGreaterThan(at);
          expect(decision.nextAttemptAt).toBeLessThanOrEqual(expiresAt);
          if (result.kind === "failed" && !reachedMail(attempt)) unreached += 1;
          expect(attempts - unreached).toBeLessThan(defaultRetryPolicy.maxAttempts);
          at = decision.nextAttemptAt;
        }
      },
    ),
    runs(300),
  );
});
