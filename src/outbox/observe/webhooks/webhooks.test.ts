import { expect, onTestFinished, test } from "vitest";
import { outboxEvent } from "../../../../test/support/outbox-events.ts";
import { eachDatabase } from "../../../../test/support/postgres.ts";
import { testDatabase } from "../../../../test/support/test-database.ts";
import { until } from "../../../../test/support/until.ts";
import { webhookReceiver } from "../../../../test/support/webhook-receiver.ts";
import { type Clock, systemClock } from "../../../base/index.ts";
import type { Database } from "../../../db/index.ts";
import type { OutboxEvent } from "../../events.ts";
import { countWaiting } from "./store.ts";
import { verifyWebhook } from "./verify.ts";
import { createWebhooks, type Webhooks, type WebhooksOptions } from "./webhooks.ts";

const secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
/** A clock whose time goes on, from an hour that a test moves. */
function movableClock(): Clock & { move(ms: number): void } {
  let offset = 0;
  return { now: () => Date.now() + offset, sleep: systemClock.sleep, move: (ms) => (offset += ms) };
}

function webhooksTo(database: Database, url: string, more: Partial<WebhooksOptions> = {}): Webhooks {
  const webhooks = createWebhooks({ database, endpoints: { crm: { url, secret } }, pollMs: 20, ...more });
  onTestFinished(() => webhooks.stop());
  return webhooks;
}

/** As the outbox does: the events are recorded in a transaction, and announced after its commit. */
async function happen({ kysely }: Database, { sink }: Webhooks, ...events: OutboxEvent[]): Promise<void> {
  await kysely.transaction().execute(async (tx) => sink.record?.(tx, events));
  sink.announce?.(events);
}

const callsOf = ({ kysely }: Database) => kysely.selectFrom("outbox_webhook_calls").selectAll().orderBy("id").execute();

eachDatabase((open) => {
  test("an event is told once, signed, as documented", async () => {
    const database = await open();
    const receiver = await webhookReceiver();
    const webhooks = webhooksTo(database, receiver.url);
    webhooks.start();
    await happen(database, webhooks, outboxEvent({ tags: ["welcome"], group: "g" }));
    await until(async () => (await callsOf(database))[0]?.finished_at !== null);
    const [call, ...others] = receiver.calls;
    expect(others).toEqual([]);
    expect(call).toMatchObject({ method: "POST", path: "/hooks", headers: { "content-type": "application/json" } });
    expect(verifyWebhook(secret, call?.headers ?? {}, call?.body ?? "")).toEqual({
      type: "mail.sent",
      version: 1,
      timestamp: "2026-01-02T03:04:05.000Z",
      data: {
        id: "o1",
        messageId: "<1@example.com>",
        mailer: "default",
        recipients: ["user@example.com"],
        priority: "normal",
        group: "g",
        tags: ["welcome"],
        createdAt: "2026-01-02T03:04:00.000Z",
        attempts: 1,
        server: "smtp.example.com:465",
        code: 250,
        enhancedCode: "2.0.0",
        text: "250 2.0.0 OK",
      },
    });
    expect(await callsOf(database)).toMatchObject([{ id: call?.headers["webhook-id"], attempts: 1, detail: "204" }]);
  });

  test("what is rolled back is told to nobody", async () => {
    const database = await open();
    const receiver = await webhookReceiver();
    const webhooks = webhooksTo(database, receiver.url);
    const undone = database.kysely.transaction().execute(async (tx) => {
      await webhooks.sink.record?.(tx, [outboxEvent({ id: "undone" })]);
      throw new Error("no");
    });
    await expect(undone).rejects.toThrow("no");
    webhooks.start();
    await happen(database, webhooks, outboxEvent({ id: "done" }));
    await until(() => receiver.calls.length > 0);
    expect(receiver.calls.map(({ body }) => (JSON.parse(body) as { data: { id: string } }).data.id)).toEqual(["done"]);
  });

  test("several workers share the calls: each is made once", async () => {
    const database = await open();
    const receiver = await webhookReceiver();
    const workers = Array.from({ length: 4 }, () => webhooksTo(database, receiver.url));
    const events = Array.from({ length: 60 }, (_, at) => outboxEvent({ id: `m${at}` }));
    for (const worker of workers) worker.start();
    await happen(database, workers[0] as Webhooks, ...events);
    await until(async () => (await countWaiting(database.kysely, "crm", 100)) === 0);
    expect(receiver.calls.length).toBe(60);
    expect(new Set(receiver.calls.map(({ headers }) => headers["webhook-id"])).size).toBe(60);
  });

  test("a call whose worker died is made again when its lease runs out, with the same id", async () => {
    const database = await open();
    const receiver = await webhookReceiver();
    const clock = movableClock();
    const webhooks = webhooksTo(database, receiver.url, { clock });
    await happen(database, webhooks, outboxEvent());
    const due = clock.now() + 40_000;
    await database.kysely.updateTable("outbox_webhook_calls").set({ lease_owner: "dead", due_at: due }).execute();
    webhooks.start();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(receiver.calls).toEqual([]);
    clock.move(40_000);
    await until(() => receiver.calls.length === 1);
    const [row] = await callsOf(database);
    expect(receiver.calls[0]?.headers["webhook-id"]).toBe(row?.id);
  });

  test("an endpoint that says 410 is told nothing more, until its URL is another", async () => {
    const database = await open();
    const gone = await webhookReceiver((response) => response.writeHead(410).end());
    const lines: unknown[] = [];
    const webhooks = webhooksTo(database, gone.url, { logger: { log: (_level, name) => lines.push(name) } });
    webhooks.start();
    await happen(database, webhooks, outboxEvent({ id: "first" }));
    await until(() => lines.includes("outbox.webhook-gone"));
    await webhooks.stop();
    await happen(database, webhooks, outboxEvent({ id: "second" }));
    const again = webhooksTo(database, gone.url);
    again.start();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(gone.calls.length).toBe(1);

    const elsewhere = await webhookReceiver();
    await again.stop();
    webhooksTo(database, elsewhere.url).start();
    await until(() => elsewhere.calls.length > 0);
    expect(elsewhere.calls[0]?.body).toContain("second");
  });
});

test.each([
  ["a failure", 500, {}],
  ["a redirect, which is not followed", 302, { location: "http://127.0.0.1:1/elsewhere" }],
  ["a page that is not there", 404, {}],
])("%s is tried again later, with the same id and body", async (_what, status, headers) => {
  const database = await testDatabase();
  const receiver = await webhookReceiver((response, count) =>
    response.writeHead(count === 1 ? status : 200, headers).end("sorry"),
  );
  const clock = movableClock();
  const webhooks = webhooksTo(database, receiver.url, { clock });
  webhooks.start();
  await happen(database, webhooks, outboxEvent());
  const deferred = await until(async () => (await callsOf(database)).find(({ attempts }) => attempts === 1));
  expect(deferred.detail).toBe(`${status} sorry`);
  const wait = (deferred.due_at ?? 0) - clock.now();
  expect(wait).toBeGreaterThan(5_000);
  expect(wait).toBeLessThanOrEqual(10_000);
  clock.move(10_000);
  await until(() => receiver.calls.length === 2);
  const [first, second] = receiver.calls;
  expect(second?.body).toBe(first?.body);
  expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
});

test("an endpoint that answers nothing is given up after the time-out, one that says when to come back is obeyed", async () => {
  const database = await testDatabase();
  const silent = await webhookReceiver(() => {});
  const busy = await webhookReceiver((response) => response.writeHead(429, { "retry-after": "3600" }).end());
  const endpoints = { silent: { url: silent.url, secret }, busy: { url: busy.url, secret } };
  const webhooks = webhooksTo(database, "", { endpoints, timeoutMs: 50 });
  webhooks.start();
  await happen(database, webhooks, outboxEvent());
  const rows = await until(async () => {
    const calls = await callsOf(database);
    return calls.every(({ attempts }) => attempts === 1) && calls;
  });
  const of = (name: string) => rows.find(({ endpoint }) => endpoint === name);
  expect(of("silent")?.detail).toBe("no answer within 0.05 s");
  expect((of("busy")?.due_at ?? 0) - Date.now()).toBeGreaterThan(3_500_000);
});

test("an answer without end is not read to its end", async () => {
  const database = await testDatabase();
  let isCut = false;
  const receiver = await webhookReceiver((response) => {
    response.on("close", () => (isCut = true));
    const pour = (): void => {
      while (!response.destroyed && response.write("x".repeat(10_000)));
      if (!response.destroyed) response.once("drain", pour);
    };
    pour();
  });
  const webhooks = webhooksTo(database, receiver.url);
  webhooks.start();
  await happen(database, webhooks, outboxEvent());
  const done = await until(async () => (await callsOf(database)).find(({ finished_at }) => finished_at !== null));
  expect(done.detail).toBe(`200 ${"x".repeat(200)}`);
  await until(() => isCut);
});

test("a kept connection that the endpoint has closed is no failure", async () => {
  const database = await testDatabase();
  let isOld = false;
  const receiver = await webhookReceiver((response, count) => {
    // Hears the second call on the first one's connection, and closes it unanswered, as a server does that was just timing out.
    if (count === 2) {
      isOld = true;
      response.socket?.resetAndDestroy();
    } else response.writeHead(204).end();
  });
  const webhooks = webhooksTo(database, receiver.url);
  webhooks.start();
  await happen(database, webhooks, outboxEvent({ id: "a" }));
  await until(async () => (await callsOf(database))[0]?.finished_at !== null);
  await happen(database, webhooks, outboxEvent({ id: "b" }));
  await until(async () => (await callsOf(database)).every(({ finished_at }) => finished_at !== null));
  expect(isOld).toBe(true);
  expect((await callsOf(database)).map(({ attempts }) => attempts)).toEqual([1, 1]);
});

test("an endpoint that hangs delays no other, and one that fails again and again is left alone", async () => {
  const database = await testDatabase();
  const silent = await webhookReceiver(() => {});
  const failing = await webhookReceiver((response) => response.writeHead(503).end());
  const well = await webhookReceiver();
  const endpoints = {
    failing: { url: failing.url, secret, concurrency: 1 },
    silent: { url: silent.url, secret },
    well: { url: well.url, secret },
  };
  const webhooks = webhooksTo(database, "", { endpoints });
  webhooks.start();
  await happen(database, webhooks, ...Array.from({ length: 20 }, (_, at) => outboxEvent({ id: `m${at}` })));
  await until(() => well.calls.length === 20 && failing.calls.length === 5);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(failing.calls.length).toBe(5);
  expect(silent.calls.length).toBe(4); // no more than may be under way at once
});

test("after its three days a call is given up; so is one that no settings name any more", async () => {
  const database = await testDatabase();
  const receiver = await webhookReceiver((response) => response.writeHead(500).end());
  const clock = movableClock();
  const before = webhooksTo(database, receiver.url, { endpoints: { old: { url: receiver.url, secret } }, clock });
  await happen(database, before, outboxEvent());
  const lines: unknown[] = [];
  const options = { clock, logger: { log: (_level: unknown, name: unknown) => lines.push(name) } };
  const webhooks = webhooksTo(database, receiver.url, options);
  await happen(database, webhooks, outboxEvent());
  clock.move(3 * 24 * 3_600_000 + 1);
  webhooks.start();
  const rows = await until(async () => {
    const calls = await callsOf(database);
    return calls.every(({ finished_at }) => finished_at !== null) && calls;
  });
  expect(rows.map(({ endpoint, attempts }) => `${endpoint} ${attempts}`).toSorted()).toEqual(["crm 1", "old 0"]);
  expect(lines).toEqual(expect.arrayContaining(["outbox.webhook-failed", "outbox.webhooks-given-up"]));
});

test("where only the public internet may be called, this machine is not, by address or by name", async () => {
  const database = await testDatabase();
  const receiver = await webhookReceiver();
  const named = receiver.url.replace("127.0.0.1", "localhost");
  const endpoints = { address: { url: receiver.url, secret }, name: { url: named, secret } };
  const webhooks = webhooksTo(database, "", { endpoints, publicOnly: true });
  webhooks.start();
  await happen(database, webhooks, outboxEvent());
  const rows = await until(async () => {
    const calls = await callsOf(database);
    return calls.every(({ attempts }) => attempts === 1) && calls;
  });
  expect(rows.map(({ detail }) => detail).toSorted()).toEqual([
    "127.0.0.1 is not on the public internet, and calls go nowhere else.",
    "localhost is not on the public internet, and calls go nowhere else.",
  ]);
  expect(receiver.calls).toEqual([]);
});

test("stopping cuts off a call, and gives it back to be made again", async () => {
  const database = await testDatabase();
  const receiver = await webhookReceiver(() => {});
  const webhooks = webhooksTo(database, receiver.url);
  webhooks.start();
  await happen(database, webhooks, outboxEvent());
  await until(() => receiver.calls.length === 1);
  await webhooks.stop();
  const [row] = await callsOf(database);
  expect(row).toMatchObject({ attempts: 0, lease_owner: null, finished_at: null });
  expect(row?.due_at).toBeLessThanOrEqual(Date.now());
});

test("an endpoint is told what it asks for, and by default neither of queueing nor of attempts begun", async () => {
  const database = await testDatabase();
  const url = "https://crm.example/hooks";
  const endpoints = { all: { url, secret }, bounces: { url, secret, events: ["bounced", "sending"] as const } };
  const webhooks = webhooksTo(database, url, { endpoints });
  await happen(
    database,
    webhooks,
    ...(["queued", "sending", "sent", "bounced"] as const).map((type) => outboxEvent({ type })),
  );
  const rows = await callsOf(database);
  const told = rows.map(({ endpoint, payload }) => `${endpoint} ${(JSON.parse(payload) as { type: string }).type}`);
  expect(told.toSorted()).toEqual([
    "all mail.bounced",
    "all mail.sent",
    "bounces mail.bounced",
    "bounces mail.sending",
  ]);
});

test.each([
  [{ url: "http://crm.example/", secret }, "url must be https"],
  [{ url: "ftp://127.0.0.1/", secret }, "url must be https"],
  [{ url: "https://user:pw@crm.example/", secret }, "url must be https and hold no password"],
  [{ url: "https://crm.example/", secret: "abc" }, "createWebhookSecret() makes one"],
  [{ url: "https://crm.example/", secret: [] }, "it has no secret"],
  [{ url: "https://crm.example/", secret, events: ["bounce"] }, "Did you mean bounced?"],
  [{ url: "https://crm.example/", secret, concurrency: 0 }, "concurrency is 0"],
  [{ url: "https://crm.example/", secret, event: ["sent"] }, "Did you mean events?"],
])("%j is refused when it is set", async (endpoint, message) => {
  const database = await testDatabase();
  // As a program without types gives it.
  const endpoints = { crm: endpoint } as unknown as WebhooksOptions["endpoints"];
  expect(() => createWebhooks({ database, endpoints })).toThrow(
    expect.objectContaining({ code: "WX_OBSERVE_OPTION", message: expect.stringContaining(message) }),
  );
});
