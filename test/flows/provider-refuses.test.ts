/** A provider's quota is full: the outbox waits as long as it says, and tells why in Chinese. */
import { expect, onTestFinished, test } from "vitest";
import { createMail, createMailers, smtpBackend } from "../../src/mail/index.ts";
import { createOutbox } from "../../src/outbox/index.ts";
import { type FakeProviderOptions, fixedClock, startFakeProvider } from "../../src/testing/index.ts";
import { testDatabase } from "../support/test-database.ts";
import { until } from "../support/until.ts";

const DAY_MS = 24 * 3_600_000;
/** Messages that wait for the same day are spread over its first minute. */
const SPREAD_MS = 60_000;

async function setUp(options: FakeProviderOptions) {
  const clock = fixedClock();
  const provider = await startFakeProvider({ profile: "163", clock, ...options });
  const { host, port } = provider;
  const auth = { user: "mac@163.com", password: "ABCDEFGHIJKLMNOP" };
  const backend = smtpBackend({ provider: "163", host, port, security: "none", allowPlaintextAuth: true, auth });
  const mail = createMail({ mailers: createMailers({ default: backend }), defaultFromEmail: auth.user, clock });
  const outbox = createOutbox({ database: await testDatabase(), mailer: () => backend, clock, pollMs: 20 });
  onTestFinished(async () => {
    await outbox.stop();
    await mail.mailers.close();
    await provider.close();
  });
  const enqueue = async (...to: string[]): Promise<string> =>
    outbox.enqueue(await mail.compose({ to, subject: "Hello", text: "World" }));
  const stateOf = async (id: string): Promise<string | undefined> => (await outbox.get(id))?.state;
  return { clock, provider, outbox, enqueue, stateOf };
}

test("the day's quota defers a message until tomorrow, with the reason in both languages", async () => {
  const { clock, provider, outbox, enqueue, stateOf } = await setUp({ limits: { messagesPerDay: 1 } });
  outbox.start();
  const first = await enqueue("ann@example.com");
  await until(async () => (await stateOf(first)) === "sent");
  const second = await enqueue("bob@example.com");
  await until(async () => (await stateOf(second)) === "deferred");

  const message = await outbox.get(second);
  expect(message?.nextAttemptAt).toBeGreaterThanOrEqual(clock.now() + DAY_MS);
  expect(message?.nextAttemptAt).toBeLessThanOrEqual(clock.now() + DAY_MS + SPREAD_MS);
  expect(message?.history).toMatchObject([{ code: 554, diagnosis: { id: "netease.daily-quota", about: "account" } }]);
  expect(message?.history[0]?.diagnosis?.advice.zh).toContain("请明天再发其余邮件");

  clock.advance(DAY_MS + SPREAD_MS + 1);
  await until(async () => (await stateOf(second)) === "sent");
  expect(provider.received.map(({ to }) => to)).toEqual([["ann@example.com"], ["bob@example.com"]]);
});

test("a recipient who is over the day's number gets it tomorrow, and the others today", async () => {
  const { clock, provider, outbox, enqueue, stateOf } = await setUp({ limits: { recipientsPerDay: 1 } });
  outbox.start();
  const id = await enqueue("ann@example.com", "bob@example.com");
  await until(async () => (await stateOf(id)) === "deferred");
  const message = await outbox.get(id);
  expect(message?.recipients.map(({ state }) => state)).toEqual(["sent", "deferred"]);
  expect(message?.nextAttemptAt).toBeGreaterThanOrEqual(clock.now() + DAY_MS);
  expect(message?.nextAttemptAt).toBeLessThanOrEqual(clock.now() + DAY_MS + SPREAD_MS);
  clock.advance(DAY_MS + SPREAD_MS + 1);
  await until(async () => (await stateOf(id)) === "sent");
  expect(provider.received.map(({ to }) => to)).toEqual([["ann@example.com"], ["bob@example.com"]]);
});
