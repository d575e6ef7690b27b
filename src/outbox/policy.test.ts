import { expect, test } from "vitest";
import type { Receipt } from "../mail/index.ts";
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
