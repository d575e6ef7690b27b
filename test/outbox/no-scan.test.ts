/** A table of a million rows costs what a small one does: no statement of the outbox reads one from end to end. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/base/index.ts";
import type { Database, Queryable } from "../../src/db/index.ts";
import { type Backend, createMail, createMailers, DeliveryError, memoryBackend } from "../../src/mail/index.ts";
import { createBounces } from "../../src/outbox/bounces/bounces.ts";
import {
  createBulk,
  createBulkRenderer,
  createLimits,
  createMetrics,
  createOutbox,
  createSuppressions,
  createWebhooks,
  createWebhookSecret,
  housekeep,
  type Outbox,
} from "../../src/outbox/index.ts";
import { eachDatabase } from "../support/postgres.ts";
import { bigTables, fillOutbox } from "./million-rows.ts";
import { listenToStatements, scansOf } from "./statements.ts";

const MESSAGES = 1_000_000;
const mail = createMail({ mailers: createMailers({ default: memoryBackend() }), defaultFromEmail: "shop@x.example" });

/** Takes what is for `ok`, refuses what is for `no`, puts off what is for `later`, and loses what is for `lost`. */
const backend: Backend = {
  send: async (envelope) => {
    const [to = ""] = envelope.to;
    if (to.startsWith("ok")) return { server: "mx:25", accepted: [...envelope.to], rejected: [], response: "250 ok" };
    if (to.startsWith("lost")) throw new DeliveryError("lost", { retryable: true, outcome: "unknown" });
    throw new DeliveryError("no", { retryable: to.startsWith("later"), outcome: "not-sent" });
  },
};

const compose = (to: string) => mail.compose({ to: [to], subject: "Hello", text: "World" });
const sink = { announce: () => {} };

/** What applications, people and workers do with an outbox: each function of each store runs at least once. */
async function live(database: Database): Promise<void> {
  const suppression = createSuppressions({ database, events: sink });
  const limits = createLimits({ database, rules: [{ scope: "mailer", windows: [{ count: 1000, seconds: 60 }] }] });
  const webhooks = createWebhooks({
    database,
    endpoints: { crm: { url: "http://127.0.0.1:9/hook", secret: createWebhookSecret() } },
    pollMs: 20,
  });
  const metrics = await createMetrics({ database });
  const renderer = createBulkRenderer({ compose: mail.compose });
  const outbox = createOutbox({
    database,
    mailer: () => backend,
    gate: limits,
    suppression,
    renderer,
    sinks: [webhooks.sink, metrics.sink],
    pollMs: 20,
    concurrency: 2, // so that tenants must share
  });
  onTestFinished(() => outbox.stop());
  onTestFinished(() => webhooks.stop());

  await suppression.add({ address: "never@x.example" });
  webhooks.start();
  const bulk = createBulk({ database, compose: mail.compose });
  await liveQueue(outbox, database);
  await liveBulk(bulk);
  await outbox.flush();
  await liveSuppressions(suppression, database);
  await liveBounces(database);
  await limits.list();
  const waiting = await outbox.list({ state: "deferred", limit: 5 });
  expect(waiting.length).toBeGreaterThan(0);
  for (const { id } of waiting) expect(await limits.forecast(id)).toMatchObject({ kind: "waiting" });
  await limits.pause("mailer:default", Date.now() + 1000);
  await limits.resume("mailer:default");
  await metrics.text();
  await liveHousekeeping(database, limits.sweep);
  await sleep(100); // the courier's next look
}

/** A hundredth of everything is older than 99 days. */
async function liveHousekeeping(database: Database, sweep: (db: Queryable) => Promise<void>): Promise<void> {
  const counts = { taken: 0, queued: 0, repeated: 0, refused: 0, created_at: 0, finished_at: 0 };
  const bulk = { id: "b2", name: "b2", template: "", settings: "", state: "running", list_hash: "", ...counts };
  await database.kysely
    .insertInto("outbox_bulks")
    .values(bulk as never)
    .execute();
  const retention = { sentDays: 99, failedDays: 99, cancelledDays: 99, bodyDays: 98, bounceDays: 97, webhookDays: 99 };
  const report = await housekeep(database, { retention, pauseMs: 0, sweep });
  for (const [what, count] of Object.entries(report)) if (what !== "tookMs") expect(count, what).toBeGreaterThan(0);
}

async function liveQueue(outbox: Outbox, database: Database): Promise<void> {
  const send = async (to: string, options = {}): Promise<string> => outbox.enqueue(await compose(to), options);
  await outbox.enqueueMany([{ message: await compose("ok-many@x.example") }]);
  await database.kysely.transaction().execute((tx) => send("ok-tx@x.example", { tx }));
  const ofTenants = ["t1", "t2"].flatMap((tenant) => Array.from({ length: 8 }, (_, index) => ({ tenant, index })));
  for (const { tenant, index } of ofTenants) await send(`ok-${tenant}-${index}@x.example`, { tenant });
  const ok = await send("ok@x.example", { idempotencyKey: "k", group: "g1", stream: "news", sensitive: true });
  await send("ok@x.example", { idempotencyKey: "k", group: "g1", stream: "news", sensitive: true }).catch(() => "");
  const failed = await send("no@x.example");
  const unknown = await send("lost@x.example", { onUnknown: "hold" });
  await send("later@x.example");
  await send("never@x.example");
  const [held, cancelled] = [
    await send("ok-a@x.example", { sendAt: Date.now() + 60_000 }),
    await send("ok-b@x.example"),
  ];
  await outbox.hold(held);
  await outbox.cancel(cancelled);
  await outbox.flush();
  await outbox.release(held);
  await outbox.redrive(failed);
  await outbox.redrive({ state: "failed", mailer: "default", limit: 1 }).catch(() => 0);
  await outbox.redrive({ state: "suppressed", group: "g1", limit: 1 }).catch(() => 0);
  await outbox.resolve(unknown, "sent");
  await outbox.get(ok);
  await outbox.health();
  const states = [
    "queued",
    "sending",
    "sent",
    "deferred",
    "failed",
    "unknown",
    "held",
    "cancelled",
    "suppressed",
  ] as const;
  for (const state of states) await outbox.list({ state, limit: 5 });
  await outbox.list({ group: "g20", limit: 5 });
  await outbox.list({ recipient: "u7@x.example", limit: 5 });
  await outbox.list({ mailer: "default", limit: 5, before: ok });
  await outbox.list();
}

async function liveBulk(bulk: ReturnType<typeof createBulk>): Promise<void> {
  const entries = [{ to: "ok-1@x.example" }, { to: "ok-1@x.example" }, { to: "ok-2@x.example" }];
  const template = { subject: "Hello", text: "World" };
  for (const name of ["one", "two"]) {
    await bulk.sendMany(template, entries, { name, perMinute: 1 });
    await bulk.pause(name);
    await bulk.progress(name);
    if (name === "one") await bulk.resume(name);
    else await bulk.cancel(name);
  }
  await bulk.list();
}

async function liveSuppressions(
  suppressions: ReturnType<typeof createSuppressions>,
  database: Database,
): Promise<void> {
  await suppressions.find(database.kysely, [{ address: "u8@x.example", stream: "news" }], Date.now());
  const first = await suppressions.list({ limit: 2 });
  for (const filter of [{ prefix: "u9" }, { reason: "bounce" }, { stream: "news" }] as const) {
    const page = await suppressions.list({ ...filter, limit: 2 });
    const after = page.at(-1) ?? first.at(-1);
    await suppressions.list({ ...filter, limit: 2, ...(after !== undefined && { after }) });
  }
  await suppressions.get("u8@x.example");
  await suppressions.unsubscribe({ address: "u10@x.example", stream: "", messageId: "<m00000010@x.example>" });
  await suppressions.resubscribe({ address: "u10@x.example", stream: "" });
  await suppressions.remove("u11@x.example");
}

async function liveBounces(database: Database): Promise<void> {
  const bounces = createBounces({
    database,
    clock: systemClock,
    suppression: createSuppressions({ database }),
    sinks: [],
  });
  const recipient = { address: "u12@x.example", kind: "hard-bounce", status: "5.1.1", detail: "", server: "" } as const;
  const report = {
    format: "dsn",
    id: "r1",
    messageIds: ["<m00000012@x.example>"],
    sentTo: [],
    at: Date.now(),
  } as const;
  await bounces.record({ ...report, recipients: [recipient] }, "test");
  await bounces.list();
  await bounces.list({ messageId: "m00000012" });
}

/** Reads that are as long as what they are about, and not as the table. */
const accepted: readonly { statement: RegExp; because: string }[] = [
  {
    statement: /^select \* from "outbox_messages" where "state" = (?:\?|\$1) order by "id" desc limit (?:\?|\$2)$/,
    because: "asked for what was sent only, which nearly every message was",
  },
];

eachDatabase((open) => {
  test("no statement of the outbox reads a table of a million rows from end to end", { timeout: 300_000 }, async () => {
    const database = await open();
    await fillOutbox(database, MESSAGES, Date.now());
    const heard = listenToStatements(database);
    await live(database);
    const statements = [...heard.values()].filter(({ sql }) => /outbox_/.test(sql));
    expect(statements.length).toBeGreaterThan(60);
    expect(
      statements.filter(({ sql }) => sql.includes("coalesce(m.tenant") || sql.includes("outbox_shares")).length,
    ).toBe(2);

    const faults: string[] = [];
    for (const statement of statements) {
      if (accepted.some(({ statement: pattern }) => pattern.test(statement.sql))) continue;
      for (const scan of await scansOf(database, statement, bigTables)) faults.push(`${scan}\n    ${statement.sql}`);
    }
    expect(faults).toEqual([]);
  });
});
