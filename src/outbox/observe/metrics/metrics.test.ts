import { Counter, Registry } from "prom-client";
import { expect, test } from "vitest";
import { healthyOutbox } from "../../../../test/support/fake-readers.ts";
import { fixedClock } from "../../../../test/support/fixed-clock.ts";
import { outboxEvent } from "../../../../test/support/outbox-events.ts";
import { eachDatabase } from "../../../../test/support/postgres.ts";
import { parsePrometheus, type Sample } from "../../../../test/support/prometheus-text.ts";
import { testDatabase } from "../../../../test/support/test-database.ts";
import type { Database } from "../../../db/index.ts";
import { dummyBackend } from "../../../mail/index.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { metricsHandler } from "./metrics-handler.ts";

const now = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A message row as the queue writes it, to be counted. */
async function insertMessages(
  { kysely }: Database,
  ...rows: { state: string; mailer?: string; priority?: number; due?: number }[]
) {
  for (const [at, { state, mailer = "default", priority = 2, due }] of rows.entries()) {
    await kysely
      .insertInto("outbox_messages")
      .values({
        id: `m${at}`,
        mailer,
        priority,
        state,
        due_at: due ?? null,
        envelope_from: "mac@163.com",
        subject: "",
        message_id: `<${at}@163.com>`,
        size: 1,
        on_unknown: "resend",
        sensitive: 0,
        attempts: 0,
        created_at: now,
        expires_at: now,
        finished_at: due === undefined ? now : null,
      } as never) // columns with a default are left out
      .execute();
  }
}

const scrape = async (metrics: Metrics): Promise<Sample[]> => parsePrometheus(await metrics.text());
const valueOf = (samples: Sample[], name: string, labels: Record<string, string> = {}): number | undefined =>
  samples.find(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )?.value;

test("mail is late or not as the outbox' health says, asked once in ten seconds", async () => {
  const clock = fixedClock(now);
  let [ok, asked] = [false, 0];
  const metrics = await createMetrics({ database: await testDatabase(), clock });
  metrics.watch({ health: async () => healthyOutbox({ ok, due: ++asked }) });
  expect(valueOf(await scrape(metrics), "waxseal_outbox_late")).toBe(1);
  ok = true;
  expect(valueOf(await scrape(metrics), "waxseal_outbox_late")).toBe(1);
  expect(asked).toBe(1);
  clock.advance(10_000);
  expect(valueOf(await scrape(metrics), "waxseal_outbox_late")).toBe(0);
});

eachDatabase((open) => {
  test("depth and age are those of the database, by mailer, priority and state", async () => {
    const database = await open();
    await insertMessages(
      database,
      { state: "queued", due: now - 90_000 },
      { state: "queued", due: now - 30_000 },
      { state: "deferred", due: now + 60_000 },
      { state: "queued", due: now, priority: 0, mailer: "bulk" },
      { state: "failed" },
      { state: "sent" },
    );
    const pause = { until: now + 1, reason: "quota", detail: "", failures: 1, updated_at: now };
    const pauses = ["domain:a.cn", "domain:b.cn", "mailer:default"].map((key) => ({ ...pause, key }));
    await database.kysely
      .insertInto("outbox_pauses")
      .values([...pauses, { ...pause, key: "domain:over.cn", until: now }] as never)
      .execute();
    const metrics = await createMetrics({ database, clock: fixedClock(now) });
    const samples = await scrape(metrics);
    expect(valueOf(samples, "waxseal_outbox_late")).toBeUndefined();
    const messages = (labels: Record<string, string>) => valueOf(samples, "waxseal_outbox_messages", labels);
    expect(messages({ state: "due", mailer: "default", priority: "normal" })).toBe(2);
    expect(messages({ state: "later", mailer: "default", priority: "normal" })).toBe(1);
    expect(messages({ state: "due", mailer: "bulk", priority: "critical" })).toBe(1);
    expect(valueOf(samples, "waxseal_outbox_messages_by_state", { state: "failed" })).toBe(1);
    expect(valueOf(samples, "waxseal_outbox_messages_by_state", { state: "queued" })).toBe(3);
    expect(valueOf(samples, "waxseal_outbox_messages_by_state", { state: "sent" })).toBeUndefined();
    expect(valueOf(samples, "waxseal_outbox_oldest_age_seconds", { mailer: "default" })).toBe(90);
    expect(valueOf(samples, "waxseal_outbox_oldest_age_seconds", { mailer: "bulk" })).toBe(0);
    expect(valueOf(samples, "waxseal_outbox_paused_scopes", { scope: "domain" })).toBe(2);
    expect(valueOf(samples, "waxseal_outbox_paused_scopes", { scope: "mailer" })).toBe(1);
  });
});

test("what attempts come to is counted by cause, and how long acceptance took", async () => {
  const metrics = await createMetrics({ database: await testDatabase() });
  const words = { en: "", zh: "" };
  const diagnosis = { id: "mailbox-full", about: "recipient", meaning: words, advice: words } as const;
  metrics.sink.announce?.([
    outboxEvent({ type: "queued", attempts: 0, server: "" }),
    outboxEvent({ type: "sending", attempts: 0 }),
    outboxEvent({ type: "deferred", diagnosis, recipients: ["a@x.cn", "b@x.cn"] }),
    outboxEvent({ type: "failed" }),
    outboxEvent({ type: "failed", server: "" }), // closed by a person
    outboxEvent({ at: 7_000, createdAt: 4_000 }),
    outboxEvent({ type: "bounced" }),
  ]);
  const samples = await scrape(metrics);
  const attempts = (labels: Record<string, string>) => valueOf(samples, "waxseal_outbox_attempts_total", labels);
  expect(attempts({ outcome: "deferred", cause: "mailbox-full", mailer: "default" })).toBe(1);
  expect(attempts({ outcome: "failed", cause: "unexplained" })).toBe(1);
  expect(attempts({ outcome: "sent", cause: "none" })).toBe(1);
  const recipients = (event: string) => valueOf(samples, "waxseal_outbox_recipients_total", { event });
  expect(["deferred", "failed", "bounced", "queued"].map(recipients)).toEqual([2, 2, 1, 1]);
  expect(valueOf(samples, "waxseal_outbox_acceptance_seconds_sum")).toBe(3);
  expect(valueOf(samples, "waxseal_outbox_acceptance_seconds_bucket", { le: "1" })).toBe(0);
  expect(valueOf(samples, "waxseal_outbox_acceptance_seconds_bucket", { le: "5", priority: "normal" })).toBe(1);
});

test("a backend's sends are timed, also those that fail, and its connections are shown", async () => {
  const metrics = await createMetrics({ database: await testDatabase() });
  const connections = () => ({ open: 3, idle: 1, waiting: 7 });
  const backend = metrics.backend("default", { ...dummyBackend(), connections });
  const failing = metrics.backend("failing", { send: () => Promise.reject(new Error("no")) });
  await backend.send({ from: "a@x.cn", to: ["b@x.cn"] }, new Uint8Array());
  await expect(failing.send({ from: "a@x.cn", to: ["b@x.cn"] }, new Uint8Array())).rejects.toThrow("no");
  const samples = await scrape(metrics);
  for (const mailer of ["default", "failing"]) {
    expect(valueOf(samples, "waxseal_outbox_attempt_seconds_count", { mailer })).toBe(1);
  }
  const of = (state: string) => valueOf(samples, "waxseal_connections", { mailer: "default", state });
  expect(["busy", "idle", "waiting"].map(of)).toEqual([2, 1, 7]);
});

test("no address, id or subject is a label, and whatever comes the series stay few", async () => {
  const metrics = await createMetrics({ database: await testDatabase() });
  const words = { en: "", zh: "" };
  for (let at = 0; at < 1_000; at++) {
    const diagnosis = { id: `cause-${at}`, about: "server", meaning: words, advice: words } as const;
    const parts = { id: `id-${at}`, recipients: [`user${at}@x.cn`], tenant: `t${at}`, group: `g${at}` };
    metrics.sink.announce?.([outboxEvent({ type: "failed", mailer: `mailer-${at % 300}`, diagnosis, ...parts })]);
  }
  const samples = await scrape(metrics);
  const labels = samples.flatMap((sample) => Object.entries(sample.labels));
  expect([...new Set(labels.map(([name]) => name))].toSorted()).toEqual([
    "cause",
    "event",
    "mailer",
    "outcome",
    "state",
  ]);
  expect(labels.filter(([, value]) => /@|id-|^[tg]\d/.test(value))).toEqual([]);
  const count = (name: string) => new Set(labels.filter(([key]) => key === name).map(([, value]) => value)).size;
  expect([count("mailer"), count("cause")]).toEqual([101, 201]);
});

test("the database is asked once in ten seconds; where it fails, what was counted is still told", async () => {
  const database = await testDatabase();
  const clock = fixedClock(now);
  const lines: unknown[] = [];
  const metrics = await createMetrics({ database, clock, logger: { log: (_level, name) => lines.push(name) } });
  const failed = async (): Promise<number | undefined> =>
    valueOf(await scrape(metrics), "waxseal_outbox_messages_by_state", { state: "failed" });
  expect(await failed()).toBe(0);
  await insertMessages(database, { state: "failed" });
  clock.advance(9_000);
  expect(await failed()).toBe(0);
  clock.advance(1_000);
  expect(await failed()).toBe(1);
  metrics.sink.announce?.([outboxEvent()]);
  await database.kysely.schema.dropTable("outbox_pauses").execute();
  clock.advance(10_000);
  const samples = await scrape(metrics);
  expect(valueOf(samples, "waxseal_outbox_messages_by_state", { state: "failed" })).toBeUndefined();
  expect(valueOf(samples, "waxseal_outbox_attempts_total", { outcome: "sent" })).toBe(1);
  expect(lines).toEqual(["outbox.metrics-failed"]);
});

test("they go into the application's registry beside its own", async () => {
  const registry = new Registry();
  new Counter({ name: "orders_total", help: "Orders.", registers: [registry] }).inc();
  const metrics = await createMetrics({ database: await testDatabase(), registry });
  metrics.report({ endpoint: "crm", outcome: "delivered", seconds: 0.1 });
  const samples = await scrape(metrics);
  expect(valueOf(samples, "orders_total")).toBe(1);
  expect(valueOf(samples, "waxseal_webhook_calls_total", { endpoint: "crm", outcome: "delivered" })).toBe(1);
});

test("a scrape needs the token where one is set", async () => {
  const metrics = await createMetrics({ database: await testDatabase() });
  const ask = (authorization?: string, token: string | undefined = "right") =>
    metricsHandler(metrics, { token })(
      new Request("http://localhost/metrics", authorization === undefined ? {} : { headers: { authorization } }),
    );
  for (const wrong of [undefined, "Bearer wrong", "Basic right", "right"]) expect((await ask(wrong)).status).toBe(401);
  const answer = await ask("Bearer right");
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, metrics.contentType]);
  expect(parsePrometheus(await answer.text()).length).toBeGreaterThan(5);
  expect((await metricsHandler(metrics)(new Request("http://localhost/metrics"))).status).toBe(200);
});
