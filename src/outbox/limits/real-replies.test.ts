/** What providers really say, through a real SMTP backend to a fake provider, and what the limits make of it. */
import { expect, onTestFinished, test } from "vitest";
import { testDatabase } from "../../../test/support/test-database.ts";
import { candidateOf } from "../../../test/support/waiting-messages.ts";
import { type Backend, DeliveryError, smtpBackend, type SmtpBackendOptions } from "../../mail/index.ts";
import { fixedClock } from "../../testing/clock.ts";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "../../testing/index.ts";
import { type AttemptResult, decide, type Decision, defaultRetryPolicy } from "../policy.ts";
import { accountOfSmtp } from "./accounts.ts";
import { type SharedLimits as Limits, sharedLimits } from "./shared-limits.ts";

const MINUTE = 60_000;
const clock = fixedClock();

const passwords = { "163": "ABCDEFGHIJKLMNOP", qq: "abcdefghijklmnop" };
const users = { "163": "mac@163.com", qq: "mac@qq.com" };

interface Rig {
  provider: FakeProvider;
  limits: Limits;
  /** Claims, sends and learns, as a worker does; undefined where the limits hold it up. */
  attempt(id: string, options?: { to?: string[]; mailer?: string }): Promise<Decision | undefined>;
  /** The keys that rest now, with why and for how many minutes. */
  resting(): Promise<[key: string, reason: string | undefined, minutes: number][]>;
  /** The keys that learned how many messages may go at once, and how many. */
  learned(): Promise<[key: string, atOnce: number][]>;
}

async function rig(
  name: "163" | "qq",
  options: Omit<FakeProviderOptions, "profile"> = {},
  given: Partial<SmtpBackendOptions> = {},
): Promise<Rig> {
  const provider = await startFakeProvider({ profile: name, clock, ...options });
  onTestFinished(() => provider.close());
  const auth = { user: users[name], password: passwords[name] };
  const settings = { provider: name, host: provider.host, port: provider.port, auth };
  const backend = smtpBackend({ ...settings, security: "none", allowPlaintextAuth: true, clock, ...given });
  onTestFinished(() => backend.close?.());
  const database = await testDatabase();
  const limits = sharedLimits({ accountOf: () => accountOfSmtp(settings), mailers: ["default", "second"], clock });
  const within = database.kysely.transaction();
  return {
    provider,
    limits,
    attempt: async (id, { to = ["ann@example.com"], mailer = "default" } = {}) => {
      const candidate = candidateOf({ id, mailer, addresses: to });
      const [admission] = await within.execute((tx) => limits.admit(tx, [candidate], clock.now()));
      if (admission?.admitted !== true) return undefined;
      const result = await send(backend, users[name], to);
      await within.execute((tx) => limits.learn(tx, candidate, result, clock.now()));
      const expiresAt = clock.now() + defaultRetryPolicy.lifetimeMs;
      const standing = { attempts: 1, expiresAt, onUnknown: "resend" as const, addresses: to };
      return decide(result, standing, defaultRetryPolicy, clock.now(), () => 0);
    },
    resting: async () =>
      (await limits.list(database.kysely))
        .filter(({ phase }) => phase === "closed")
        .map(({ key, reason, pausedUntil = 0 }) => [key, reason, (pausedUntil - clock.now()) / MINUTE]),
    learned: async () =>
      (await limits.list(database.kysely)).flatMap(({ key, learnedConcurrency }): [string, number][] =>
        learnedConcurrency === undefined ? [] : [[key, learnedConcurrency.limit]],
      ),
  };
}

async function send(backend: Backend, from: string, to: string[]): Promise<AttemptResult> {
  const bytes = Buffer.from(`From: ${from}\r\nTo: ${to.join(", ")}\r\nSubject: Hello\r\n\r\nWorld\r\n`);
  try {
    return { kind: "accepted", receipt: await backend.send({ from, to }, bytes) };
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    const { server, stage, replyCode, enhancedCode, retryable, recipients, retryAfterMs = 0, diagnosis } = error;
    const attempt = { server, stage, code: replyCode, enhancedCode, text: error.message, diagnosis };
    const mayHaveArrived = error.outcome === "unknown";
    return { kind: "failed", retryable, mayHaveArrived, refused: recipients, retryAfterMs, attempt };
  }
}

test("163: the quota of 15 minutes closes the account for that long, and it opens by itself", async () => {
  const { provider, attempt, resting } = await rig("163", { limits: { messagesPerQuarterHour: 2 } });
  for (const id of ["a", "b"]) expect((await attempt(id))?.attempt.outcome).toBe("sent");
  const refused = await attempt("c");
  expect(refused?.attempt.diagnosis?.id).toBe("netease.quarter-hour-quota");
  expect(refused?.nextAttemptAt).toBe(clock.now() + 15 * MINUTE);
  expect(await resting()).toEqual([["account:163:mac@163.com", "quota", 15]]);
  expect(await attempt("d", { mailer: "second" })).toBeUndefined();
  clock.advance(15 * MINUTE + 1);
  for (const id of ["c", "d"]) expect((await attempt(id))?.attempt.outcome).toBe("sent");
  expect([provider.received.length, await resting()]).toEqual([4, []]);
});

test("163: the day's quota is a 554, and yet each message waits until tomorrow", async () => {
  const { attempt, resting } = await rig("163", { limits: { messagesPerDay: 1 } });
  await attempt("a");
  const refused = await attempt("b");
  expect(refused?.attempt).toMatchObject({ outcome: "deferred", code: 554 });
  expect(refused?.nextAttemptAt).toBe(clock.now() + 24 * 60 * MINUTE);
  expect(refused?.suppress).toEqual([]);
  expect(await resting()).toEqual([["account:163:mac@163.com", "quota", 24 * 60]]);
  clock.advance(24 * 60 * MINUTE + 1);
  expect((await attempt("b"))?.attempt.outcome).toBe("sent");
});

test("163: too many recipients in a day close the account, also where only one of two was refused", async () => {
  const { attempt, resting } = await rig("163", { limits: { recipientsPerDay: 1 } });
  const decision = await attempt("a", { to: ["ann@example.com", "bob@example.com"] });
  expect(decision?.recipients.map(({ state }) => state)).toEqual(["sent", "deferred"]);
  expect(await resting()).toEqual([["account:163:mac@163.com", "quota", 24 * 60]]);
});

test("163: a wrong authorization code is tried three times by all workers, then once at the end of each pause", async () => {
  const { provider, attempt, resting } = await rig("163", { accounts: { "mac@163.com": "another" } });
  for (const id of ["a", "b", "c"]) {
    expect((await attempt(id))?.recipients[0]?.state).toBe("deferred");
  }
  expect(await resting()).toEqual([["account:163:mac@163.com", "auth", 5]]);
  expect(await attempt("d")).toBeUndefined();
  expect(provider.counts.refusedLogIns).toBe(3);
  clock.advance(5 * MINUTE);
  // The pool keeps a pause of its own, a quarter of an hour; the account's becomes the longer of both.
  await attempt("e");
  expect(provider.counts.refusedLogIns).toBe(3);
  expect((await resting())[0]?.[2]).toBeGreaterThanOrEqual(10);
});

test("163: a mailbox that is not there is failed and to be suppressed; spam is failed, and nobody suppressed", async () => {
  const { provider, attempt, resting } = await rig("163");
  provider.fail({ at: "rcpt", reply: "550 User not found: ann@example.com", times: 1 });
  const dead = await attempt("a");
  expect(dead?.recipients[0]?.state).toBe("failed");
  expect(dead?.suppress.map(({ address }) => address)).toEqual(["ann@example.com"]);
  provider.fail({ at: "final", reply: "554 DT:SPM 163 smtp", times: 1 });
  const spam = await attempt("b");
  expect([spam?.recipients[0]?.state, spam?.suppress]).toEqual(["failed", []]);
  expect(await resting()).toEqual([]);
});

test("QQ: a 550 for the sender's frequency closes the account for an hour, one for the address the mailer", async () => {
  const { provider, attempt, resting } = await rig("qq", { limits: { messagesPerQuarterHour: 1 } });
  await attempt("a");
  expect((await attempt("b"))?.attempt).toMatchObject({ outcome: "deferred", code: 550 });
  expect(await resting()).toEqual([["account:qq:mac@qq.com", "quota", 60]]);
  clock.advance(60 * MINUTE);
  provider.fail({ at: "mail", reply: "550 IP frequency limited", times: 1 });
  await attempt("c");
  expect(await resting()).toEqual([["mailer:default", "rate", 60]]);
});

test("163: too many connections let the mailer rest for a minute, and deliver fewer at once from then on", async () => {
  const { provider, attempt, resting, learned } = await rig("163");
  provider.fail({ at: "greeting", reply: "421 HL:ICC 163 smtp11", times: 1 });
  expect((await attempt("a"))?.attempt).toMatchObject({ outcome: "deferred", code: 421 });
  expect(await resting()).toEqual([["mailer:default", "rate", 1]]);
  expect(await learned()).toEqual([["mailer:default", 1]]);
  clock.advance(MINUTE);
  expect((await attempt("a"))?.attempt.outcome).toBe("sent");
  expect([await resting(), await learned()]).toEqual([[], [["mailer:default", 1]]]);
});

test("a server that is not there is asked three times, not once for each message that waits", async () => {
  const { provider, attempt, resting } = await rig("163");
  await provider.close();
  for (const id of ["a", "b", "c"]) expect((await attempt(id))?.nextAttemptAt).toBe(clock.now() + 30_000);
  expect(await resting()).toEqual([["mailer:default", "connection", 0.5]]);
  expect(await attempt("d")).toBeUndefined();
  clock.advance(30_000);
  await attempt("d");
  expect(await resting()).toEqual([["mailer:default", "connection", 1]]);
});
